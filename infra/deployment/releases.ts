import { createHash } from 'node:crypto';
import type { Resource } from './template.ts';

/** The alias under which callers reach a function that has versions. */
const aliasName = 'live';

export interface VersionedFunction {
  readonly versionFunction?: boolean;
  /** what the framework calls a version that it has packaged */
  readonly versionLogicalId?: string;
  /** the framework lets events invoke it */
  targetAlias?: { readonly name: string; readonly logicalId: string };
}

/** Lets routes and permissions name the alias of a function that has versions. */
export function useAlias(name: string, found: VersionedFunction): void {
  if (found.versionFunction) found.targetAlias = { name: aliasName, logicalId: `${capitalized(name)}Alias` };
}

/** Adds the alias of each function that has versions; CodeDeploy moves it, unless it is moved at once. */
export function addReleases(
  resources: Record<string, Resource>,
  functions: Readonly<Record<string, VersionedFunction>>,
  isCanary: boolean,
): void {
  for (const [name, { targetAlias }] of Object.entries(functions)) {
    if (!targetAlias) continue;
    const id = capitalized(name);
    resources[targetAlias.logicalId] = {
      Type: 'AWS::Lambda::Alias',
      ...(isCanary && { UpdatePolicy: movedBy(`${id}Releases`) }),
      Properties: {
        FunctionName: { Ref: `${id}LambdaFunction` },
        Name: aliasName,
      },
    };
    resources[`${id}Releases`] = deploymentGroup();
  }
}

/** These belong to the function, and not to a version of it. */
const ofNoVersion = ['Code', 'ReservedConcurrentExecutions', 'Tags'];

/**
 * Names each version by its code and the properties of its function, so that there is a new one as soon as something differs.
 * The framework knows nothing of what is changed after it, by the adopter's own file.
 */
export function nameVersions(
  resources: Record<string, Resource>,
  functions: Readonly<Record<string, VersionedFunction>>,
): void {
  for (const [name, { targetAlias, versionLogicalId = '' }] of Object.entries(functions)) {
    const [alias, version] = [targetAlias && resources[targetAlias.logicalId], resources[versionLogicalId]];
    if (!alias || !version) continue;
    const id = capitalized(name);
    const { Properties = {} } = resources[`${id}LambdaFunction`] ?? {};
    const configured = Object.entries(Properties).filter(([property]) => !ofNoVersion.includes(property));
    const hash = createHash('sha256')
      .update(JSON.stringify([version.Properties, configured]))
      .digest('hex');
    const versionId = `${id}LambdaVersion${hash.slice(0, 16)}`;
    delete resources[versionLogicalId];
    resources[versionId] = version;
    alias.Properties.FunctionVersion = { 'Fn::GetAtt': [versionId, 'Version'] };
  }
}

function movedBy(group: string): object {
  return {
    CodeDeployLambdaAliasUpdate: {
      ApplicationName: { Ref: 'ReleaseApplication' },
      DeploymentGroupName: { Ref: group },
    },
  };
}

function deploymentGroup(): Resource {
  return {
    Type: 'AWS::CodeDeploy::DeploymentGroup',
    Properties: {
      ApplicationName: { Ref: 'ReleaseApplication' },
      ServiceRoleArn: { 'Fn::GetAtt': ['ReleaseRole', 'Arn'] },
      DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
      DeploymentStyle: { DeploymentOption: 'WITH_TRAFFIC_CONTROL', DeploymentType: 'BLUE_GREEN' },
      AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: 'VerificationsUnavailableAlarm' } }] },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
    },
  };
}

function capitalized(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
