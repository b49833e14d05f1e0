import { createHash } from 'node:crypto';
import { dependOn, idsOf, type Resource, type Template, whenComplete } from '../deployment/template.ts';

interface Serverless {
  readonly service: { readonly provider: { readonly compiledCloudFormationTemplate: Template } };
}

/**
 * Lets infra/templates/stage.yml define the stage. Otherwise, the framework creates a stage as a side effect of the
 * deployment. It changes the settings of that stage by later calls, which no review sees.
 */
export default class StagePlugin {
  readonly hooks;

  constructor({ service }: Serverless) {
    this.hooks = {
      [whenComplete]: () => {
        const { Resources } = service.provider.compiledCloudFormationTemplate;
        removeEmptyPolicy(Resources);
        linkStage(Resources);
        removeSharedRole(Resources);
      },
    };
  }
}

/**
 * Derives the ID of the deployment from its content. The framework uses a new ID each time, which is a change even if
 * the content is the same.
 */
function linkStage(resources: Record<string, Resource>): void {
  const [givenId] = idsOf(resources, 'AWS::ApiGateway::Deployment');
  const deployment = givenId && resources[givenId];
  const stage = resources.Stage;
  if (!deployment || !stage) throw new Error('The template has no API Gateway deployment or no stage.');
  delete deployment.Properties.StageName;
  // A deployment is a snapshot, so it needs these resources first.
  dependOn(deployment, idsOf(resources, 'AWS::ApiGateway::GatewayResponse'));
  delete resources[givenId];
  const deploymentId = `ApiGatewayDeployment${hashOfApi(resources)}`;
  resources[deploymentId] = deployment;
  stage.Properties.DeploymentId = { Ref: deploymentId };
}

/** The framework gives the API a policy that is an empty text, which the CDK does not take. */
function removeEmptyPolicy(resources: Record<string, Resource>): void {
  for (const id of idsOf(resources, 'AWS::ApiGateway::RestApi'))
    if (resources[id]?.Properties.Policy === '') delete resources[id].Properties.Policy;
}

/** @returns the hash of all resources in the snapshot of a deployment */
function hashOfApi(resources: Record<string, Resource>): string {
  const served = Object.entries(resources)
    .filter(([, { Type }]) => /^AWS::ApiGateway::(?!Stage$|Account$|DomainName|BasePath)/.test(Type))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(served)).digest('hex').slice(0, 16);
}

/** Every function has its own role, so no function may fall back to the shared role of the framework. */
function removeSharedRole(resources: Record<string, Resource>): void {
  delete resources.IamRoleLambdaExecution;
}
