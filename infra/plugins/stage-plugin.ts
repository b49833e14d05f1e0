interface Resource {
  readonly Type: string;
  DependsOn?: string[];
  readonly Properties: Record<string, unknown>;
}

interface Serverless {
  readonly service: {
    readonly provider: { readonly compiledCloudFormationTemplate: { readonly Resources: Record<string, Resource> } };
  };
}

/**
 * Lets infra/templates/stage.yml define the stage. The framework makes one as a side effect of the deployment, and changes its
 * settings by calls after it, where no review sees them.
 */
export default class StagePlugin {
  readonly hooks;

  constructor({ service }: Serverless) {
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { Resources } = service.provider.compiledCloudFormationTemplate;
        linkStage(Resources);
        removeSharedRole(Resources);
      },
    };
  }
}

function linkStage(resources: Record<string, Resource>): void {
  const [deploymentId] = idsOf(resources, 'AWS::ApiGateway::Deployment');
  const deployment = deploymentId && resources[deploymentId];
  const stage = resources.Stage;
  if (!deployment || !stage) throw new Error('The template has no API Gateway deployment or no stage.');
  stage.Properties.DeploymentId = { Ref: deploymentId };
  delete deployment.Properties.StageName;
  // A deployment is a snapshot: what is not there when it is taken is not served.
  deployment.DependsOn = [...(deployment.DependsOn ?? []), ...idsOf(resources, 'AWS::ApiGateway::GatewayResponse')];
}

/** Every function has its own role, so nothing may fall back to the one that the framework makes for all. */
function removeSharedRole(resources: Record<string, Resource>): void {
  delete resources.IamRoleLambdaExecution;
}

function idsOf(resources: Record<string, Resource>, type: string): string[] {
  return Object.keys(resources).filter((id) => resources[id]?.Type === type);
}
