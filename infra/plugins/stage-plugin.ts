import { createHash } from 'node:crypto';
import { dependOn, idsOf, type Resource, type Template, whenComplete } from '../deployment/template.ts';

interface Serverless {
  readonly service: { readonly provider: { readonly compiledCloudFormationTemplate: Template } };
}

/**
 * Lets infra/templates/stage.yml define the stage. The framework makes one as a side effect of the deployment, and changes its
 * settings by calls after it, where no review sees them.
 */
export default class StagePlugin {
  readonly hooks;

  constructor({ service }: Serverless) {
    this.hooks = {
      [whenComplete]: () => {
        const { Resources } = service.provider.compiledCloudFormationTemplate;
        linkStage(Resources);
        removeSharedRole(Resources);
      },
    };
  }
}

/** The framework gives the deployment another ID each time. Its content names it here, so that no change is none. */
function linkStage(resources: Record<string, Resource>): void {
  const [givenId] = idsOf(resources, 'AWS::ApiGateway::Deployment');
  const deployment = givenId && resources[givenId];
  const stage = resources.Stage;
  if (!deployment || !stage) throw new Error('The template has no API Gateway deployment or no stage.');
  delete deployment.Properties.StageName;
  // A deployment is a snapshot: what is not there when it is taken is not served.
  dependOn(deployment, idsOf(resources, 'AWS::ApiGateway::GatewayResponse'));
  delete resources[givenId];
  const deploymentId = `ApiGatewayDeployment${hashOfApi(resources)}`;
  resources[deploymentId] = deployment;
  stage.Properties.DeploymentId = { Ref: deploymentId };
}

/** Of all that a deployment takes its snapshot of. */
function hashOfApi(resources: Record<string, Resource>): string {
  const served = Object.entries(resources)
    .filter(([, { Type }]) => /^AWS::ApiGateway::(?!Stage$|Account$|DomainName|BasePath)/.test(Type))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(served)).digest('hex').slice(0, 16);
}

/** Every function has its own role, so nothing may fall back to the one that the framework makes for all. */
function removeSharedRole(resources: Record<string, Resource>): void {
  delete resources.IamRoleLambdaExecution;
}
