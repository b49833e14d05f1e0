import type { DeploymentSettings } from '../../lib/service/settings.ts';
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

/** @throws SettingsError when a resource that is named would have to be in the Region of the stage, and is not */
export function requireRegion(settings: DeploymentSettings, region: string): void {
  const named = {
    alarmTopicArn: settings.alarmTopicArn,
    webAclArn: settings.webAclArn,
    'logs.kmsKeyArn': settings.logs.kmsKeyArn,
    'table.kmsKeyArn': settings.table.kmsKeyArn,
    'table.streamArn': settings.table.streamArn,
  };
  for (const [name, arn] of Object.entries(named))
    if (arn !== undefined && arn.split(':')[3] !== region)
      throw new SettingsError(`deployment.${name}`, `must be of the Region ${region}, which the stage is in.`);
}
