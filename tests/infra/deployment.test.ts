import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';
import { everySetting } from '../support/deployment.ts';
import {
  copyService,
  dataTemplateIn,
  packageService,
  type Resource,
  serverless,
  type Template,
  writeStage,
} from '../support/package.ts';

const timeout = 170_000;
const { folder, remove } = copyService();
const { deployment: settings } = everySetting;
let plain: Template;
let full: Template;
let fullData: Template;

beforeAll(async () => {
  plain = await packageService(folder);
  full = await packageService(folder, everySetting, 'full');
  fullData = dataTemplateIn(folder);
}, timeout);
afterAll(remove);

const ofType = ({ Resources }: Template, type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
const idsOf = ({ Resources }: Template, type: string) =>
  Object.keys(Resources).filter((id) => Resources[id]?.Type === type);
const propertiesOf = (found: Resource | undefined) => (found?.Properties ?? {}) as unknown as Record<string, unknown>;
const aliases = ['AuthorizeApiKeyAlias', 'VerifyApiKeyAlias', 'VerifyApiKeyDirectAlias'];
const sub = (text: string) => ({ 'Fn::Sub': text });

describe('the data stack', () => {
  it('creates the table last: nothing that fails later has to delete a protected table', () => {
    const others = Object.keys(fullData.Resources).filter((id) => id !== 'Table');
    expect([fullData.Resources.Table?.DependsOn].flat().sort()).toEqual(others.sort());
    expect(others.length).toBeGreaterThan(10);
  });

  it('is small enough to be sent as it is', () => {
    expect(JSON.stringify(fullData, null, 2).length).toBeLessThan(51_200);
  });
});

describe('packaging the same again', () => {
  it('gives the same template, but for where its zips are uploaded to', { timeout }, async () => {
    const again = await packageService(folder, everySetting, 'full');
    const sorted = ({ Resources }: Template) =>
      Object.entries(Resources)
        .map((entry) => JSON.stringify(entry).replace(/"S3Key":"[^"]+"/, ''))
        .sort();
    expect(sorted(again)).toEqual(sorted(full));
    expect(dataTemplateIn(folder)).toEqual(fullData);
  });

  it('gives a deployment of the API another ID only if what it serves changes', { timeout }, async () => {
    const [id] = idsOf(plain, 'AWS::ApiGateway::Deployment');
    const others = await packageService(folder, { deployment: { pages: { rateLimit: 1 } }, keys: { maxPerApp: 3 } });
    expect(idsOf(others, 'AWS::ApiGateway::Deployment')).toEqual([id]);
    const fewer = await packageService(folder, { deployment: { pages: { enabled: false } } });
    expect(idsOf(fewer, 'AWS::ApiGateway::Deployment')).not.toEqual([id]);
    expect(
      ofType(fewer, 'AWS::ApiGateway::Resource')
        .map(({ Properties }) => Properties.PathPart)
        .sort(),
    ).not.toEqual(expect.arrayContaining(['console']));
    expect(Object.keys(fewer.Resources).filter((id) => /^Pages/.test(id))).toEqual([]);
    expect(dataTemplateIn(folder).Resources.PagesLogGroup).toBeDefined();
  });
});

describe('what the stack retains', () => {
  it('is retained only once it has served', () => {
    const kept = Object.values(full.Resources).filter(({ DeletionPolicy }) => DeletionPolicy);
    expect(kept.length).toBeGreaterThan(4);
    for (const each of kept)
      expect(each).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  });
});

describe('the log role of the account', () => {
  it('is set after there is an API, which an account without one demands', () => {
    expect(plain.Resources.AccessLogAccount).toMatchObject({
      DependsOn: expect.arrayContaining(['ApiGatewayRestApi']),
    });
    expect(plain.Resources.Stage?.DependsOn).toContain('AccessLogAccount');
  });

  it('is left alone where the setting says so', { timeout }, async () => {
    const template = await packageService(folder, { deployment: { accountLogRole: false } });
    expect(JSON.stringify(template)).not.toMatch(/AccessLogAccount|AccessLogRole|ApiGateway::Account/);
  });
});

describe('releases', () => {
  it('have an alias of the authorizer and the verify functions, which CodeDeploy moves', () => {
    expect(idsOf(plain, 'AWS::Lambda::Alias').sort()).toEqual(aliases);
    for (const id of aliases) {
      const name = id.replace('Alias', '');
      const { UpdatePolicy, Properties } = plain.Resources[id] ?? expect.fail();
      expect(UpdatePolicy).toEqual({
        CodeDeployLambdaAliasUpdate: {
          ApplicationName: { Ref: 'ReleaseApplication' },
          DeploymentGroupName: { Ref: `${name}Releases` },
        },
      });
      expect(Properties).toEqual({
        FunctionName: { Ref: `${name}LambdaFunction` },
        FunctionVersion: { 'Fn::GetAtt': [expect.stringMatching(`^${name}LambdaVersion\\w{16}$`), 'Version'] },
        Name: 'live',
      });
    }
  });

  it('are taken back when verifications cannot be made, and not when the authorizer rejects keys', () => {
    const groups = ofType(plain, 'AWS::CodeDeploy::DeploymentGroup').map(propertiesOf);
    expect(groups).toHaveLength(3);
    for (const group of groups)
      expect(group).toMatchObject({
        AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: 'VerificationsUnavailableAlarm' } }] },
        AutoRollbackConfiguration: { Enabled: true, Events: expect.arrayContaining(['DEPLOYMENT_STOP_ON_ALARM']) },
      });
    expect(propertiesOf(plain.Resources.VerificationsUnavailableAlarm)).toMatchObject({
      Namespace: 'appkeys-dev',
      MetricName: 'Verifications',
      Dimensions: [{ Name: 'result', Value: 'unavailable' }],
    });
    expect(JSON.stringify(ofType(full, 'AWS::CloudWatch::Alarm'))).not.toMatch(/"MetricName":"Errors"/);
  });

  it('let the exported ARN of the authorizer be the one that the permission allows', () => {
    const exported = (plain.Outputs.AuthorizeApiKeyFunctionArn as { Value: unknown }).Value;
    expect(exported).toEqual({ Ref: 'AuthorizeApiKeyAlias' });
    expect(propertiesOf(plain.Resources.AuthorizerPermission).FunctionName).toEqual(exported);
  });

  it('let the route of verifications and its permission name the alias', () => {
    const alias = { 'Fn::Join': [':', [{ 'Fn::GetAtt': ['VerifyApiKeyLambdaFunction', 'Arn'] }, 'live']] };
    expect(propertiesOf(plain.Resources.VerifyApiKeyLambdaPermissionApiGateway).FunctionName).toEqual(alias);
    expect(JSON.stringify(propertiesOf(plain.Resources.ApiGatewayMethodApikeysVerifyPost))).toContain('"live"');
  });

  it('let CodeDeploy move these aliases and look at alarms, and nothing else', () => {
    const [policy] = propertiesOf(plain.Resources.ReleaseRole).Policies as [
      { PolicyDocument: { Statement: object[] } },
    ];
    const functions = ['authorizeApiKey', 'verifyApiKey', 'verifyApiKeyDirect'].flatMap((name) =>
      ['', ':*'].map((end) =>
        sub(`arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:appkeys-dev-${name}${end}`),
      ),
    );
    expect(policy.PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
        Resource: functions,
      },
      { Effect: 'Allow', Action: 'cloudwatch:DescribeAlarms', Resource: '*' },
    ]);
  });

  it('go to all at once where the setting says so', { timeout }, async () => {
    const template = await packageService(folder, { deployment: { canary: false } });
    for (const id of aliases) expect(template.Resources[id]).not.toHaveProperty('UpdatePolicy');
  });
});

describe('alarms', () => {
  it('are there without a setting, and with eventBus two more', () => {
    expect(ofType(plain, 'AWS::CloudWatch::Alarm')).toHaveLength(10);
    expect(ofType(full, 'AWS::CloudWatch::Alarm')).toHaveLength(12);
    for (const found of ofType(plain, 'AWS::CloudWatch::Alarm')) {
      expect(found.Properties).not.toHaveProperty('AlarmActions');
      expect(found.Properties).toMatchObject({
        TreatMissingData: 'notBreaching',
        AlarmDescription: expect.stringMatching(/\.$/),
      });
    }
  });

  it('notify the topic of the setting', () => {
    for (const { Properties } of ofType(full, 'AWS::CloudWatch::Alarm'))
      expect(Properties).toMatchObject({ AlarmActions: [settings.alarmTopicArn], OKActions: [settings.alarmTopicArn] });
  });

  it('look at as many metrics as docs/deploying.md gives the costs of', () => {
    const metrics = (template: Template) =>
      ofType(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => {
        const { Metrics } = Properties as { Metrics?: readonly { MetricStat?: unknown }[] };
        return Metrics?.filter(({ MetricStat }) => MetricStat).length ?? 1;
      });
    const sum = (counts: readonly number[]) => counts.reduce((one, other) => one + other);
    expect([sum(metrics(plain)), sum(metrics(full))]).toEqual([30, 33]);
  });

  it('look at functions, routes and queues that are there, ten metrics at most', () => {
    const text = (template: Template) => JSON.stringify(ofType(template, 'AWS::CloudWatch::Alarm'));
    const functions = ofType(full, 'AWS::Lambda::Function').map(({ Properties }) => Properties.FunctionName);
    const named = [...text(full).matchAll(/"FunctionName","Value":"([^"]+)"/g)].map(([, name]) => name);
    expect(functions).toEqual(expect.arrayContaining(named));
    for (const { Properties } of ofType(full, 'AWS::CloudWatch::Alarm')) {
      const { Metrics = [] } = Properties as { Metrics?: readonly { MetricStat?: unknown }[] };
      expect(Metrics.filter(({ MetricStat }) => MetricStat).length).toBeLessThanOrEqual(10);
    }
    const indexes = (propertiesOf(fullData.Resources.Table).GlobalSecondaryIndexes ?? []) as { IndexName: string }[];
    for (const { IndexName } of indexes)
      expect(text(full)).toContain(`"GlobalSecondaryIndexName","Value":"${IndexName}"`);
  });
});

describe('a setting of deployment', () => {
  it('dashboard and contributorInsights make what is left out without them', () => {
    for (const type of ['AWS::CloudWatch::Dashboard', 'AWS::CloudWatch::InsightRule']) {
      expect(ofType(plain, type)).toEqual([]);
      expect(ofType(full, type)).toHaveLength(1);
    }
    const body = propertiesOf(full.Resources.Dashboard).DashboardBody as { 'Fn::Sub': string };
    expect(JSON.parse(body['Fn::Sub']).widgets).toHaveLength(6);
    expect(body['Fn::Sub']).toContain(`SEARCH('{\\"appkeys-full\\",result} MetricName=\\"Verifications\\"'`);
    const rule = JSON.parse(String(propertiesOf(full.Resources.VerificationsByApplication).RuleBody));
    const groups = Object.values(fullData.Resources).map(({ Properties }) => Properties.LogGroupName);
    expect(groups).toEqual(expect.arrayContaining(rule.LogGroupNames));
  });

  it('memorySize, reservedConcurrency and pages reach functions and stage', () => {
    for (const { Properties } of ofType(full, 'AWS::Lambda::Function'))
      expect(Properties).toMatchObject({ MemorySize: 1024 });
    expect(propertiesOf(full.Resources.AuthorizeApiKeyLambdaFunction).ReservedConcurrentExecutions).toBe(50);
    expect(JSON.stringify(plain)).not.toContain('ReservedConcurrentExecutions');
    expect(full.Resources.Stage?.Properties.MethodSettings).toContainEqual({
      HttpMethod: 'GET',
      ResourcePath: '/~1docs',
      ThrottlingRateLimit: 5,
      ThrottlingBurstLimit: 6,
    });
  });

  it('permissionsBoundaryArn bounds every role', () => {
    const roles = ofType(full, 'AWS::IAM::Role');
    expect(roles.length).toBeGreaterThan(10);
    for (const role of roles) expect(propertiesOf(role).PermissionsBoundary).toBe(settings.permissionsBoundaryArn);
  });

  it('webAclArn is for the stage of the API', () => {
    expect(propertiesOf(full.Resources.WebAclAssociation)).toEqual({
      ResourceArn: sub(
        `arn:\${AWS::Partition}:apigateway:\${AWS::Region}::/restapis/\${ApiGatewayRestApi}/stages/\${Stage}`,
      ),
      WebACLArn: settings.webAclArn,
    });
  });

  it('logs and table name their keys, and the roles of functions may use that of the table through DynamoDB', () => {
    const { Table, ReadLogGroup } = fullData.Resources;
    expect(propertiesOf(Table).SSESpecification).toEqual({
      SSEEnabled: true,
      SSEType: 'KMS',
      KMSMasterKeyId: settings.table.kmsKeyArn,
    });
    expect(propertiesOf(ReadLogGroup)).toMatchObject({ RetentionInDays: 400, KmsKeyId: settings.logs.kmsKeyArn });
    const mayUse = ofType(full, 'AWS::IAM::Role').filter((role) => JSON.stringify(role).includes('kms:ViaService'));
    const usesTable = ofType(full, 'AWS::IAM::Role').filter((role) => JSON.stringify(role).includes('"dynamodb:'));
    expect(mayUse).toEqual(usesTable);
    expect(mayUse.length).toBeGreaterThan(8);
    expect(JSON.stringify(plain)).not.toContain('kms:ViaService');
  });

  it('authorizerAccounts gives each account one permission, for its own authorizers', () => {
    const found = ofType(full, 'AWS::Lambda::Permission').filter((each) =>
      JSON.stringify(each).includes('210987654321'),
    );
    expect(found.map(propertiesOf)).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: { Ref: 'AuthorizeApiKeyAlias' },
        Principal: 'apigateway.amazonaws.com',
        SourceArn: sub(`arn:\${AWS::Partition}:execute-api:\${AWS::Region}:210987654321:*/authorizers/*`),
      },
    ]);
  });

  it('table.streamArn is where changes come from after the table was restored', { timeout }, async () => {
    const streamArn = 'arn:aws:dynamodb:us-east-1:123456789012:table/appkeys-dev/stream/2026-11-27T04:00:00.000';
    const template = await packageService(folder, { eventBus: 'audit', deployment: { table: { streamArn } } });
    const [mapping] = ofType(template, 'AWS::Lambda::EventSourceMapping');
    expect(propertiesOf(mapping).EventSourceArn).toBe(streamArn);
    expect(JSON.stringify(template.Resources.PublishChangesIamRoleLambdaExecution)).toContain(streamArn);
    expect(JSON.stringify(template)).not.toContain('appkeys-dev-data-stream');
  });
});

describe('extraResources', () => {
  const write = (text: string) => writeFileSync(join(folder, 'infra/site.yml'), text);
  const withSite = { deployment: { extraResources: 'infra/site.yml' } };

  it('adds resources, changes those of both templates, and keeps the rest of them', { timeout }, async () => {
    write(`
Conditions:
  Always: !Equals [a, a]
Resources:
  Alarms: { Type: AWS::SNS::Topic, Properties: { TopicName: !Sub "\${AWS::StackName}-alarms" } }
  LatencyAlarm: { Properties: { Threshold: 500, AlarmActions: [!Ref Alarms] } }
  MakeLambdaFunction: { Properties: { VpcConfig: { SubnetIds: [subnet-1], SecurityGroupIds: [sg-1] } } }
  Table: { Properties: { ContributorInsightsSpecification: { Enabled: true } } }
Outputs:
  Topic: { Value: !GetAtt Alarms.TopicArn }
`);
    const template = await packageService(folder, withSite);
    const { LatencyAlarm, Alarms, MakeLambdaFunction } = template.Resources;
    expect(propertiesOf(Alarms)).toEqual({ TopicName: sub(`\${AWS::StackName}-alarms`) });
    expect(LatencyAlarm?.Properties).toEqual({
      ...plain.Resources.LatencyAlarm?.Properties,
      Threshold: 500,
      AlarmActions: [{ Ref: 'Alarms' }],
    });
    expect(propertiesOf(MakeLambdaFunction)).toMatchObject({ VpcConfig: { SubnetIds: ['subnet-1'] }, MemorySize: 512 });
    expect(template.Outputs).toMatchObject({ Topic: { Value: { 'Fn::GetAtt': ['Alarms', 'TopicArn'] } } });
    expect(template).toMatchObject({ Conditions: { Always: { 'Fn::Equals': ['a', 'a'] } } });
    expect(propertiesOf(dataTemplateIn(folder).Resources.Table)).toMatchObject({
      ContributorInsightsSpecification: { Enabled: true },
      TableName: 'appkeys-dev',
    });
    expect(template.Resources).not.toHaveProperty('Table');
  });

  it('publishes a new version of a function that it changes, and of no other', { timeout }, async () => {
    const versions = ({ Resources }: Template) =>
      aliases.map((id) => propertiesOf(Resources[id]).FunctionVersion as { 'Fn::GetAtt': [string, 'Version'] });
    const changed = (file: string, id: string) => {
      write(`Resources: { ${id}: { Properties: ${file} } }`);
      return packageService(folder, withSite);
    };
    const inVpc = await changed('{ VpcConfig: { SubnetIds: [subnet-1] } }', 'AuthorizeApiKeyLambdaFunction');
    const [before, after] = [versions(plain), versions(inVpc)];
    expect(after.filter((one) => JSON.stringify(before).includes(one['Fn::GetAtt'][0]))).toHaveLength(2);
    for (const {
      'Fn::GetAtt': [id],
    } of after)
      expect(inVpc.Resources[id]?.Type).toBe('AWS::Lambda::Version');
    expect(ofType(inVpc, 'AWS::Lambda::Version')).toHaveLength(3);
    const reserved = await changed('{ ReservedConcurrentExecutions: 5 }', 'AuthorizeApiKeyLambdaFunction');
    expect(versions(reserved)).toEqual(before);
  });

  it('gives the API a domain of its own, as docs/examples/site-domain.yml does', { timeout }, async () => {
    cpSync(join(projectFolder, 'docs/examples/site-domain.yml'), join(folder, 'infra/site.yml'));
    const template = await packageService(folder, withSite);
    const { DomainMapping, DomainRecord, ApiGatewayRestApi } = template.Resources;
    expect(propertiesOf(DomainMapping)).toEqual({
      DomainName: { Ref: 'Domain' },
      RestApiId: { Ref: 'ApiGatewayRestApi' },
      Stage: { Ref: 'Stage' },
    });
    expect(propertiesOf(DomainRecord).AliasTarget).toEqual({
      DNSName: { 'Fn::GetAtt': ['Domain', 'RegionalDomainName'] },
      HostedZoneId: { 'Fn::GetAtt': ['Domain', 'RegionalHostedZoneId'] },
    });
    expect(propertiesOf(ApiGatewayRestApi)).toEqual({
      ...propertiesOf(plain.Resources.ApiGatewayRestApi),
      DisableExecuteApiEndpoint: true,
    });
    expect(template.Outputs).toMatchObject({ Address: { Value: sub(`https://\${Domain}`) } });
  });

  it.each([
    ['infra/site.yml', ' infra/site.yml is not valid YAML:'],
    ['infra/other.yml', ' names infra/other.yml, which cannot be read.'],
  ])('of which %s is wrong stops the packaging with one line', { timeout }, async (extraResources, error) => {
    write('Resources: [');
    writeStage(folder, { deployment: { extraResources } });
    expect(await oneLine()).toContain(`Error: infra/settings/dev.yml: deployment.extraResources${error}`);
  });
});

describe('a wrong setting of deployment stops the packaging with one line', () => {
  const elsewhere = 'arn:aws:sns:eu-west-1:123456789012:notices';
  const outside = 'notices.topic must be of the Region us-east-1, which the stage is in.';
  it.each([
    [{ deployment: { tags: { team: 'a', Team: 'b' } } }, 'deployment.tags.Team is there twice, in other letters.'],
    [{ deployment: { reservedConcurrency: { reed: 5 } } }, 'deployment.reservedConcurrency.reed is not a function.'],
    [{ eventBus: 'audit', notices: { topic: elsewhere } }, outside],
  ])('%j', { timeout }, async (settings, error) => {
    writeStage(folder, settings);
    expect(await oneLine()).toContain(`Error: infra/settings/dev.yml: ${error}`);
  });
});

/** @returns what packaging says, which must be one error and one line */
async function oneLine(): Promise<string> {
  const { status, output } = await serverless(folder, ['package']);
  expect(status).toBe(1);
  const error = output.slice(output.indexOf('Error:'));
  expect(error.trim().split('\n')).toHaveLength(1);
  return error;
}
