import type { DeploymentSettings, StageSettings } from '../../lib/service/settings.ts';
import { SettingsError } from '../../lib/verification/settings-rules.ts';
import { idsOf, type Resource, type Statement, statementsOf } from './template.ts';

type Resources = Record<string, Resource>;

/** Gives the resources of the service what an organisation demands by its settings. */
export function applySettings(resources: Resources, settings: DeploymentSettings): void {
  const { permissionsBoundaryArn, alarmTopicArn, accountLogRole, webAclArn, table } = settings;
  if (permissionsBoundaryArn)
    for (const role of all(resources, 'AWS::IAM::Role')) role.Properties.PermissionsBoundary = permissionsBoundaryArn;
  if (alarmTopicArn)
    for (const alarm of all(resources, 'AWS::CloudWatch::Alarm'))
      Object.assign(alarm.Properties, { AlarmActions: [alarmTopicArn], OKActions: [alarmTopicArn] });
  if (table.kmsKeyArn) allowTableKey(resources, table.kmsKeyArn);
  if (webAclArn) resources.WebAclAssociation = webAcl(webAclArn);
  if (!accountLogRole) leaveAccountAlone(resources);
  if (!settings.dashboard) delete resources.Dashboard;
  if (!settings.contributorInsights) delete resources.VerificationsByApplication;
  for (const account of settings.authorizerAccounts) resources[`AuthorizerPermission${account}`] = permission(account);
}

function all(resources: Resources, type: string): Resource[] {
  return idsOf(resources, type).map((id) => resources[id] as Resource);
}

/**
 * DynamoDB uses the table's key on behalf of the caller.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
function allowTableKey(resources: Resources, Resource: string): void {
  const useKey: Statement = {
    Effect: 'Allow',
    Action: [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
    Resource,
    Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Sub': `dynamodb.\${AWS::Region}.amazonaws.com` } } },
  };
  for (const role of all(resources, 'AWS::IAM::Role')) {
    const statements = statementsOf(role);
    const usesTable = statements.some(({ Action }) => [Action].flat().some((one) => one.startsWith('dynamodb:')));
    const [policy] = (role.Properties.Policies ?? []) as { PolicyDocument: { Statement: Statement[] } }[];
    if (usesTable) policy?.PolicyDocument.Statement.push(useKey);
  }
}

function webAcl(WebACLArn: string): Resource {
  return {
    Type: 'AWS::WAFv2::WebACLAssociation',
    Properties: {
      ResourceArn: {
        'Fn::Sub': `arn:\${AWS::Partition}:apigateway:\${AWS::Region}::/restapis/\${ApiGatewayRestApi}/stages/\${Stage}`,
      },
      WebACLArn,
    },
  };
}

/** The account has a log role, which belongs to somebody else. */
function leaveAccountAlone(resources: Resources): void {
  delete resources.AccessLogAccount;
  delete resources.AccessLogRole;
  delete resources.Stage?.DependsOn;
}

/** Nothing shows that API Gateway tells a function of whose account an authorizer is, but by its ARN. */
function permission(account: string): Resource {
  return {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: { Ref: 'AuthorizeApiKeyAlias' },
      Principal: 'apigateway.amazonaws.com',
      SourceArn: {
        'Fn::Sub': `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:${account}:*/authorizers/*`,
      },
    },
  };
}

/** The log groups are in the data stack. A function that may make its own would bring it back without retention and key. */
export function leaveLogGroups(resources: Resources): void {
  const groups = idsOf(resources, 'AWS::Logs::LogGroup');
  for (const id of groups) delete resources[id];
  for (const resource of Object.values(resources))
    if (resource.DependsOn) resource.DependsOn = [resource.DependsOn].flat().filter((id) => !groups.includes(id));
  for (const role of all(resources, 'AWS::IAM::Role'))
    for (const statement of statementsOf(role))
      if (Array.isArray(statement.Action))
        statement.Action = statement.Action.filter((action) => action !== 'logs:CreateLogGroup');
}

/** What is kept is kept from when it first served, so that a first deployment that failed leaves nothing behind. */
export function keepOnlyWhatServed(resources: Resources): void {
  for (const resource of Object.values(resources))
    if (resource.DeletionPolicy === 'Retain') {
      resource.DeletionPolicy = 'RetainExceptOnCreate';
      resource.UpdateReplacePolicy = 'Retain';
    }
}

interface LambdaFunction {
  reservedConcurrency?: number;
}

/** @throws SettingsError when there is no such function */
export function reserveConcurrency(
  functions: Record<string, LambdaFunction>,
  reserved: DeploymentSettings['reservedConcurrency'],
): void {
  for (const [name, count] of Object.entries(reserved)) {
    const found = functions[name];
    if (!found)
      throw new SettingsError(
        `deployment.reservedConcurrency.${name}`,
        `is not a function. There are: ${Object.keys(functions).join(', ')}.`,
      );
    found.reservedConcurrency = count;
  }
}

/** @throws SettingsError when two tags are one for IAM, which ignores the letters' case */
export function requireTags({ tags }: DeploymentSettings): void {
  const names = Object.keys(tags);
  const seen = names.map((name) => name.toLowerCase());
  const twice = names.find((_, index) => seen.indexOf(seen[index] ?? '') !== index);
  if (twice !== undefined)
    throw new SettingsError(`deployment.tags.${twice}`, 'is there twice, in other letters. Keep one of the two.');
}

/** What the checks of named resources look at. */
interface Place {
  readonly deployment: DeploymentSettings;
  readonly notices: Pick<StageSettings['notices'], 'topic'>;
  readonly stage: string;
  readonly region: string;
}

/** @throws SettingsError when a resource that is named is not where AWS demands it, or is one of another stage */
export function requirePlace({ deployment, notices, stage, region }: Place): void {
  const { permissionsBoundaryArn, webAclArn, table } = deployment;
  const regional = {
    'deployment.alarmTopicArn': deployment.alarmTopicArn,
    'deployment.webAclArn': webAclArn,
    'deployment.logs.kmsKeyArn': deployment.logs.kmsKeyArn,
    'deployment.table.kmsKeyArn': table.kmsKeyArn,
    'deployment.table.streamArn': table.streamArn,
    'notices.topic': notices.topic,
  };
  for (const [name, arn] of Object.entries(regional))
    if (arn !== undefined && partOf(arn, 'region') !== region)
      throw new SettingsError(name, `must be of the Region ${region}, which the stage is in.`);
  for (const [name, arn] of Object.entries({
    ...regional,
    'deployment.permissionsBoundaryArn': permissionsBoundaryArn,
  }))
    if (arn !== undefined && partOf(arn, 'partition') !== partitionOf(region))
      throw new SettingsError(name, `must begin with "arn:${partitionOf(region)}:", as all ARNs of ${region}.`);
  requireOneAccount({
    'deployment.permissionsBoundaryArn': permissionsBoundaryArn,
    'deployment.webAclArn': webAclArn,
    'deployment.table.streamArn': table.streamArn,
  });
  if (table.streamArn !== undefined && !table.streamArn.includes(`:table/appkeys-${stage}/`))
    throw new SettingsError('deployment.table.streamArn', `must be of the table appkeys-${stage}.`);
}

/** Of these AWS takes only those of the account that is deployed to. */
function requireOneAccount(named: Readonly<Record<string, string | undefined>>): void {
  const accounts = Object.entries(named).flatMap(([name, arn]) => {
    const account = arn === undefined ? 'aws' : partOf(arn, 'account');
    return account === 'aws' ? [] : [{ name, account }];
  });
  const [first] = accounts;
  const other = accounts.find(({ account }) => account !== first?.account);
  if (first && other)
    throw new SettingsError(other.name, `must be of the account ${first.account}, as ${first.name} is.`);
}

const parts = { partition: 1, region: 3, account: 4 };

function partOf(arn: string, part: keyof typeof parts): string {
  return arn.split(':')[parts[part]] ?? '';
}

/** How the Regions of each partition begin, but for those of `aws`. */
const partitions = {
  'cn-': 'aws-cn',
  'us-gov-': 'aws-us-gov',
  'us-iso-': 'aws-iso',
  'us-isob-': 'aws-iso-b',
  'us-isof-': 'aws-iso-f',
  'eu-isoe-': 'aws-iso-e',
  'eusc-': 'aws-eusc',
};

/** @see https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
function partitionOf(region: string): string {
  return Object.entries(partitions).find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
}
