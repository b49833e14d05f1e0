import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type BuildOptions, build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes as definedRoutes } from '../../infra/local/rest-event.ts';
import { pages } from '../../infra/scripts/pages.ts';
import { settingsIn as settingsInText } from '../../infra/settings/deployed.ts';
import { type Operation, operations } from '../../lib/contract/operations.ts';
import { errorReply } from '../../lib/contract/schemas.ts';
import { type ErrorCode, errorTable } from '../../lib/domain/errors.ts';
import { noticeEvents } from '../../lib/domain/notices.ts';
import { defaultClaims } from '../../lib/service/http/token-claims.ts';
import { type Settings, settingsOf } from '../../lib/service/settings.ts';
import { decisive } from '../../lib/store/app-item.ts';
import { copyService, dataTemplateIn, packageService, type Resource, type Template } from '../support/package.ts';
import { defaultSettings } from '../support/settings.ts';

const timeoutMs = 170_000;
/** Settings as a deployer gives them. */
const trusted = {
  issuer: 'https://issuer.example',
  audience: 'appkeys',
  jwksUri: 'https://issuer.example/jwks',
  algorithms: ['ES256'],
  realms: ['myrealm'],
};
const deployed = { issuers: [trusted] };
const { folder, remove } = copyService();
let template: Template;
/** of the stack that outlives the service */
let data: Template;

beforeAll(async () => {
  template = await packageService(folder, deployed);
  data = dataTemplateIn(folder);
}, timeoutMs);
afterAll(remove);

const tableArn = `arn:\${AWS::Partition}:dynamodb:\${AWS::Region}:\${AWS::AccountId}:table/appkeys-dev`;
const table = { 'Fn::Sub': tableArn };
const allow = (Action: readonly string[], Resource: unknown, Condition?: object) => {
  return { Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) };
};
/** ForAllValues is true where there is nothing to compare: Null demands that there is something. */
const ofItems = (pk: string) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': pk },
  Null: { 'dynamodb:LeadingKeys': 'false' },
});
const trace = allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*');
const getItem = allow(['dynamodb:GetItem'], table);
const updateItem = allow(['dynamodb:UpdateItem'], table);
const countRequests = allow(['dynamodb:UpdateItem'], table, ofItems('rate#*'));
const removeMembers = allow(['dynamodb:DeleteItem'], table, ofItems('member#*'));
const readKeys = allow(['dynamodb:GetItem'], table, {
  'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...decisive] },
  StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
  Null: { 'dynamodb:Attributes': 'false' },
});
const noteUses = allow(['dynamodb:UpdateItem'], table, {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'used#*' },
  'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'at', 'ttl'] },
  Null: { 'dynamodb:LeadingKeys': 'false', 'dynamodb:Attributes': 'false' },
});
const findDue = allow(['dynamodb:Query'], { 'Fn::Sub': `${tableArn}/index/byDue` });
const readUses = allow(['dynamodb:BatchGetItem'], table, ofItems('used#*'));
const makeSecrets = allow(['kms:GenerateMac'], { 'Fn::ImportValue': 'appkeys-dev-data-service-key' });
const byRealm = { 'Fn::Sub': `${tableArn}/index/byRealm` };
const listItems = allow(['dynamodb:Query', 'dynamodb:BatchGetItem'], [table, byRealm]);

const createItems = allow(['dynamodb:PutItem'], table);
const rotateSecrets = allow(
  [
    'secretsmanager:DescribeSecret',
    'secretsmanager:GetSecretValue',
    'secretsmanager:PutSecretValue',
    'secretsmanager:UpdateSecretVersionStage',
  ] as const,
  { 'Fn::Sub': `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:*` },
  {
    StringEquals: {
      'secretsmanager:resource/AllowRotationLambdaArn': {
        'Fn::Sub': `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:appkeys-dev-rotateSecret`,
      },
    },
  },
);

const make = [trace, getItem, updateItem, makeSecrets];
const verify = [trace, readKeys, noteUses];

/** What each function may do beside writing its log: every statement of its role, and no other. */
const rights: Readonly<Record<string, readonly ReturnType<typeof allow>[]>> = {
  read: [trace, getItem, listItems, countRequests],
  change: [trace, getItem, updateItem],
  make,
  generateApiKeyDirect: make,
  rotateSecret: [...make, rotateSecrets],
  applications: [trace, getItem, updateItem, createItems, removeMembers],
  verifyApiKey: verify,
  verifyApiKeyDirect: verify,
  authorizeApiKey: verify,
  pages: [trace],
  sweep: [trace, getItem, updateItem, findDue, readUses],
};

/** Every answer that API Gateway can give by itself, and the contract's error that it is given as. */
const gatewayErrors = {
  ACCESS_DENIED: '403403',
  API_CONFIGURATION_ERROR: '500000',
  AUTHORIZER_CONFIGURATION_ERROR: '500000',
  AUTHORIZER_FAILURE: '500000',
  BAD_REQUEST_BODY: '400200',
  BAD_REQUEST_PARAMETERS: '400200',
  DEFAULT_4XX: '404404',
  DEFAULT_5XX: '500000',
  EXPIRED_TOKEN: '404404',
  INTEGRATION_FAILURE: '503000',
  INTEGRATION_TIMEOUT: '503000',
  INVALID_API_KEY: '403403',
  INVALID_SIGNATURE: '404404',
  MISSING_AUTHENTICATION_TOKEN: '404404',
  QUOTA_EXCEEDED: '429003',
  REQUEST_TOO_LARGE: '413000',
  RESOURCE_NOT_FOUND: '404404',
  THROTTLED: '429003',
  UNAUTHORIZED: '401300',
  UNSUPPORTED_MEDIA_TYPE: '400004',
  WAF_FILTERED: '403403',
} as const;

const headersOfAll = {
  'gatewayresponse.header.Cache-Control': "'no-store'",
  'gatewayresponse.header.Strict-Transport-Security': expect.stringMatching(/^'max-age=\d{8,}'$/),
  'gatewayresponse.header.X-Content-Type-Options': "'nosniff'",
  'gatewayresponse.header.X-Correlation-ID': 'context.extendedRequestId',
  'gatewayresponse.header.X-Request-ID': 'context.extendedRequestId',
};
const retryAfter = { 'gatewayresponse.header.Retry-After': expect.stringMatching(/^'[1-9]\d*'$/) };
const headersOf: Partial<Record<ErrorCode, Record<string, unknown>>> = {
  '401300': { 'gatewayresponse.header.WWW-Authenticate': `'Bearer error="invalid_token"'` },
  '403403': { 'gatewayresponse.header.WWW-Authenticate': `'Bearer error="insufficient_scope"'` },
  '429003': retryAfter,
  '503000': retryAfter,
};

describe('functions', () => {
  it('run on Node.js 24 and arm64, within the time that the gateway waits', () => {
    const common = {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
      MemorySize: 512,
    };
    for (const [name, { Properties }] of Object.entries(functions())) {
      expect(Properties).toMatchObject(common);
      expect(Properties.Timeout).toBeLessThan(name === 'sweep' ? 901 : 29);
    }
  });

  it('find the table under its name', () => {
    const tableName = kept('Table').Properties.TableName;
    for (const name of Object.keys(functions())) expect(settingsIn(name).tableName).toBe(tableName);
  });

  it('have no environment variables: their settings are in their zips, and the same in the template', () => {
    for (const [name, { Properties }] of Object.entries(functions())) {
      expect(Properties).not.toHaveProperty('Environment');
      expect(settingsIn(name)).toEqual(settingsOf('dev', settingsInText(JSON.stringify(template))));
    }
    expect(settingsInText(JSON.stringify(template))).toEqual({
      ...defaultSettings,
      issuers: [{ ...trusted, audience: ['appkeys'], claims: defaultClaims }],
    });
  });

  it('are packaged as one ESM bundle each, beside their settings', () => {
    for (const name of Object.keys(functions())) {
      const files = filesOf(name).filter((file) => file.isFile());
      const names = files.map((file) => file.name).filter((file) => file !== 'settings.json');
      expect([files.length, names]).toEqual([2, [expect.stringMatching(/\.mjs$/)]]);
    }
  });

  it('carry no page for people but where they serve it', () => {
    const carrying = (text: string) => Object.keys(functions()).filter((name) => bundleText(name).includes(text));
    expect(carrying('<!doctype html>')).toEqual(['pages']);
    expect(carrying('SwaggerUIBundle')).toEqual(['pages']);
  });

  it('load outside the project, with nothing but what is in the bundle', async () => {
    const load = 'for (const path of process.argv.slice(1)) console.log(typeof (await import(path)).handler)';
    const env = { AWS_REGION: 'us-east-1', LAMBDA_TASK_ROOT: join(folder, 'bundles/make') };
    const bundles = Object.keys(functions()).map((name) => `./bundles/${name}/${handlerFile(name)}`);
    const args = ['--input-type=module', '--eval', load, ...bundles];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
    expect(stdout.trim().split('\n')).toEqual(bundles.map(() => 'function'));
  });
});

describe('roles', () => {
  it('security 23: the table of rights names every function', () => {
    expect(Object.keys(functions()).sort()).toEqual(Object.keys(rights).sort());
  });

  it.each(Object.entries(rights))('security 23: %s has exactly its own rights', (name, statements) => {
    expect(roleOf(template, name)).toEqual(roleWith(name, statements));
  });

  it('security 23: each function has a role of its own; the others are for the access log and for moving aliases', () => {
    const roles = Object.values(functions()).map(({ Properties }) => Properties.Role['Fn::GetAtt'][0]);
    expect(new Set(roles).size).toBe(roles.length);
    expect(idsOf('AWS::IAM::Role').sort()).toEqual([...roles, 'AccessLogRole', 'ReleaseRole'].sort());
    expect(resource('AccessLogRole').Properties).toEqual({
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'apigateway.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      ManagedPolicyArns: [
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own
        { 'Fn::Sub': 'arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs' },
      ],
    });
  });

  it('security 23: no other resource gives a role rights', () => {
    const types = Object.values(template.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => /^AWS::IAM::|ResourcePolicy$/.test(type) && type !== 'AWS::IAM::Role')).toEqual([]);
    const invokers = idsOf('AWS::Lambda::Permission').map((id) => resource(id).Properties);
    expect(new Set(invokers.map(({ Principal }) => Principal))).toEqual(
      new Set(['apigateway.amazonaws.com', 'events.amazonaws.com', 'secretsmanager.amazonaws.com']),
    );
  });

  it('security 23: no action has a wildcard, and none scans', () => {
    const actions = Object.values(rights).flatMap((statements) => statements.flatMap(({ Action }) => Action));
    expect(actions.filter((action) => /\*|Scan|Batch(?!Get)/.test(action))).toEqual([]);
  });
});

describe('the authorizer', () => {
  it('may be invoked by the authorizers of this account and Region, and nothing else of API Gateway', () => {
    expect(resource('AuthorizerPermission').Properties).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: { Ref: 'AuthorizeApiKeyAlias' },
      Principal: 'apigateway.amazonaws.com',
      SourceArn: {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own
        'Fn::Sub': 'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:*/authorizers/*',
      },
    });
  });

  it('answers within the time that the gateway waits for it', () => {
    expect(propertiesOf('authorizeApiKey').Timeout).toBeLessThanOrEqual(10);
  });
});

describe('the rotation function', () => {
  it('security 32: may be invoked by Secrets Manager for secrets of this account, and by no other service', () => {
    const found = idsOf('AWS::Lambda::Permission').map((id) => resource(id).Properties);
    const arn = { 'Fn::GetAtt': ['RotateSecretLambdaFunction', 'Arn'] };
    expect(found.filter(({ FunctionName }) => JSON.stringify(FunctionName).includes('RotateSecret'))).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: arn,
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: { Ref: 'AWS::AccountId' },
      },
    ]);
    expect(propertiesOf('rotateSecret').FunctionName).toBe('appkeys-dev-rotateSecret');
    expect(template.Outputs).toMatchObject({
      RotateSecretFunctionArn: { Value: arn, Export: { Name: 'appkeys-dev-rotate-secret' } },
    });
  });
});

describe('the table', () => {
  it('is kept, protected, encrypted, paid by request, recoverable to any second, and forgets by ttl', () => {
    expect(kept('Table')).toMatchObject({
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: 'appkeys-dev',
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
          { AttributeName: 'realm', AttributeType: 'S' },
          { AttributeName: 'listKey', AttributeType: 'S' },
          { AttributeName: 'dueShard', AttributeType: 'S' },
          { AttributeName: 'dueAt', AttributeType: 'N' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'byRealm',
            KeySchema: [
              { AttributeName: 'realm', KeyType: 'HASH' },
              { AttributeName: 'listKey', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
          {
            IndexName: 'byDue',
            KeySchema: [
              { AttributeName: 'dueShard', KeyType: 'HASH' },
              { AttributeName: 'dueAt', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      },
    });
  });
});

describe('the service key', () => {
  it('is a key for MACs that never leaves KMS and stays when the stack goes; one alias names it', () => {
    expect(kept('ServiceKey')).toMatchObject({
      Type: 'AWS::KMS::Key',
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    });
    const { serviceKeyId: alias } = settingsIn('make');
    expect(kept('ServiceKeyAlias').Properties).toMatchObject({
      AliasName: alias,
      TargetKeyId: { Ref: 'ServiceKey' },
    });
  });
});

describe('with the setting eventBus', () => {
  const bus = copyService();
  afterAll(bus.remove);

  it('a function puts the changes of applications, and nothing else of the stream, on that bus', {
    timeout: timeoutMs,
  }, async () => {
    const packaged = await packageService(bus.folder, { eventBus: 'audit' });
    const mapping = Object.values(packaged.Resources).find(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping');
    expect(mapping?.Properties).toMatchObject({
      EventSourceArn: { 'Fn::ImportValue': 'appkeys-dev-data-stream' },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      // Less than the 24 hours that the stream keeps its records.
      MaximumRecordAgeInSeconds: 43_200,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['UnpublishedChanges', 'Arn'] } } },
    });
    expect(packaged.Resources.UnpublishedChanges).toMatchObject({
      Type: 'AWS::SQS::Queue',
      Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 },
    });
    const { Filters } = mapping?.Properties.FilterCriteria ?? expect.fail();
    expect(Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
      {
        eventName: ['INSERT', 'MODIFY'],
        dynamodb: { NewImage: { sk: { S: ['app'] } } },
      },
    ]);
    const readStream = allow(
      ['dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:DescribeStream', 'dynamodb:ListStreams'],
      [{ 'Fn::ImportValue': 'appkeys-dev-data-stream' }],
    );
    const publish = allow(['events:PutEvents'], {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own
      'Fn::Sub': 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/audit',
    });
    const toQueue = allow(['sqs:SendMessage'], { 'Fn::GetAtt': ['UnpublishedChanges', 'Arn'] });
    expect(roleOf(packaged, 'publishChanges')).toEqual(
      roleWith('publishChanges', [readStream, trace, publish, toQueue]),
    );
    expect(roleOf(packaged, 'sweep')).toEqual(roleWith('sweep', [...(rights.sweep ?? []), publish]));
    expect(packaged.Resources).not.toHaveProperty('NoticeRule');
  });

  it('and notices.topic, a rule forwards the notices and nothing else to that topic', {
    timeout: timeoutMs,
  }, async () => {
    const topic = 'arn:aws:sns:us-east-1:123456789012:key-notices';
    const packaged = await packageService(bus.folder, { eventBus: 'audit', notices: { topic } });
    expect(packaged.Resources.NoticeRule?.Properties).toEqual({
      Name: 'appkeys-dev-notices',
      Description: 'Forwards the notices of API keys to an SNS topic',
      EventBusName: 'audit',
      EventPattern: { source: ['appkeys'], 'detail-type': [...new Set(Object.values(noticeEvents))] },
      Targets: [{ Id: 'topic', Arn: topic }],
    });
  });

  it('without it there is no such function, and no queue', () => {
    expect(Object.keys(functions())).not.toContain('publishChanges');
    expect(JSON.stringify(template).match(/UnpublishedChanges|NoticeRule|PutEvents/)).toBeNull();
  });
});

describe('logs', () => {
  const names = () => [...Object.keys(functions()), 'publishChanges'].map((name) => `/aws/lambda/appkeys-dev-${name}`);

  it('are kept for 30 days and outlive the service: those of the stage and of every function, deployed or not', () => {
    const groups = Object.values(data.Resources).filter(({ Type }) => Type === 'AWS::Logs::LogGroup');
    expect(groups.map(({ Properties }) => Properties.LogGroupName).sort()).toEqual(
      ['/aws/apigateway/appkeys-dev', ...names()].sort(),
    );
    for (const group of groups)
      expect(group).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', Properties: { RetentionInDays: 30 } });
    expect(idsOf('AWS::Logs::LogGroup')).toEqual([]);
  });

  it('cannot be made by a function, which would keep them for ever', () => {
    expect(JSON.stringify(template)).not.toContain('CreateLogGroup');
  });
});

describe('the stage', () => {
  it('is defined in the template, traced, throttled, and made from the one deployment', () => {
    const [deployment = ''] = idsOf('AWS::ApiGateway::Deployment');
    expect(resource(deployment).Properties).not.toHaveProperty('StageName');
    const { Properties } = resource('Stage');
    expect(Properties).toMatchObject({ StageName: 'dev', TracingEnabled: true, DeploymentId: { Ref: deployment } });
    const throttling = { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 };
    const withoutToken = { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 };
    const ofPage = { HttpMethod: 'GET', ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 };
    const pages = ['/', '/~1openapi.json', '/~1docs', '/~1docs~1{file}', '/~1console', '/~1console~1{file}'];
    expect(Properties.MethodSettings).toEqual([
      { HttpMethod: '*', ResourcePath: '/*', ...throttling },
      { HttpMethod: 'POST', ResourcePath: '/~1apiKeys~1revoke', ...withoutToken },
      ...pages.map((ResourcePath) => ({ ...ofPage, ResourcePath })),
    ]);
  });

  it('serves the gateway responses: they are there before its deployment is made', () => {
    const [deployment = ''] = idsOf('AWS::ApiGateway::Deployment');
    expect(resource(deployment).DependsOn).toEqual(expect.arrayContaining(idsOf('AWS::ApiGateway::GatewayResponse')));
  });

  it('security 7: logs one line of JSON for each request, without its path, query or headers', () => {
    const { DestinationArn, Format } = resource('Stage').Properties.AccessLogSetting;
    expect(DestinationArn).toEqual({
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own
      'Fn::Sub': 'arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/apigateway/appkeys-dev',
    });
    expect(Format).not.toContain('\n');
    expect(Object.values(JSON.parse(Format)).sort()).toEqual([
      '$context.error.responseType',
      '$context.extendedRequestId',
      '$context.httpMethod',
      '$context.identity.sourceIp',
      '$context.integration.error',
      '$context.integration.latency',
      '$context.integration.status',
      '$context.requestTime',
      '$context.resourcePath',
      '$context.responseLatency',
      '$context.status',
      '$context.xrayTraceId',
    ]);
  });
});

describe('the gateway', () => {
  it('compresses what is long, so that the pages are sent small', () => {
    const [api = ''] = idsOf('AWS::ApiGateway::RestApi');
    expect(resource(api).Properties).toMatchObject({ MinimumCompressionSize: 1024 });
    expect(resource(api).Properties).not.toHaveProperty('BinaryMediaTypes');
  });
});

describe('routes', () => {
  it('security 25: are those of the operations table, each with the function that tests/functions/groups.test.ts asks', () => {
    const ofTable = Object.values<Operation>(operations).flatMap(({ method = '', path, isPage }) => {
      const paths = path === undefined ? [] : [path, ...(isPage ? [`${path}/{file}`] : [])];
      return paths.map((each) => `${method.toUpperCase()} ${each}`);
    });
    const routes = idsOf('AWS::ApiGateway::Method').map((id) => formatRoute(resource(id)));
    const isLocal = (route: string) => / (whoami|demo)$/.test(route);
    const asked = definedRoutes.map(({ method, resource, functionName }) => `${method} ${resource} ${functionName}`);
    expect(routes.sort()).toEqual(asked.filter((route) => !isLocal(route)).sort());
    expect(routes.map((route) => route.replace(/ \w+$/, '')).sort()).toEqual(ofTable.sort());
  });

  it('leave the authorization to the functions', () => {
    const methods = idsOf('AWS::ApiGateway::Method').map((id) => resource(id).Properties);
    expect(methods.map(({ AuthorizationType }) => AuthorizationType)).toEqual(methods.map(() => 'NONE'));
  });
});

describe('answers of the gateway itself', () => {
  it('are all defined, each once', () => {
    const types = gatewayResponses().map(({ ResponseType }) => ResponseType);
    expect(types.sort()).toEqual(Object.keys(gatewayErrors).sort());
  });

  it.each(Object.entries(gatewayErrors))('security 21: %s has the body of %s', (type, code) => {
    const { StatusCode, ResponseTemplates } = gatewayResponse(type);
    const { status, title } = errorTable[code];
    expect(Object.keys(ResponseTemplates)).toEqual(['application/json']);
    expect(StatusCode).toBe(String(status));
    expect(JSON.parse(ResponseTemplates['application/json'] ?? '')).toEqual({
      title,
      status,
      code,
      cause: expect.stringMatching(/^[A-Z].*\.$/),
      action: expect.stringMatching(/^[A-Z].*\.$/),
      correlationId: '$context.extendedRequestId',
      errorId: 'ERROR-$context.extendedRequestId',
    });
  });

  it('have the form of every other error, under an ID that no client can choose', () => {
    expect(JSON.stringify(gatewayResponses()) + JSON.stringify(resource('Stage'))).not.toContain('context.requestId');
    const validate = new Ajv2020({ formats: { int32: true } }).compile(errorReply);
    for (const { ResponseTemplates } of gatewayResponses()) {
      const body = ResponseTemplates['application/json']?.replaceAll('$context.extendedRequestId', 'JJbxmEPHCYcFXIw=');
      expect(validate(JSON.parse(body ?? '')), JSON.stringify(validate.errors)).toBe(true);
    }
  });

  it.each(Object.entries(gatewayErrors))('security 22: %s has the headers of %s', (type, code) => {
    expect(gatewayResponse(type).ResponseParameters).toEqual({ ...headersOfAll, ...headersOf[code] });
  });
});

describe('what is for running locally', () => {
  const localNames = /IS_OFFLINE|whoami|noSuchRoute|no-such-route|infra\/local|dynalite|urn:appkeys:local/;

  it('security 24: is not in the template', () => {
    const text = JSON.stringify(template);
    expect(text).not.toMatch(localNames);
    expect(text).not.toMatch(/localhost|127\.0\.0\.1|\[::1\]|AWS_ENDPOINT|proxy\+/);
  });

  it('security 24: is not in the text of any bundle', () => {
    for (const name of Object.keys(functions())) expect(bundleText(name)).not.toMatch(localNames);
  });

  it('security 24: is not among the files that any bundle is made of', async () => {
    const entryPoints = Object.keys(functions()).map((name) => handlerFile(name).replace(/\.mjs$/, '.ts'));
    const options = {
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      outdir: 'out',
      metafile: true,
      plugins: [pages],
    } as const satisfies BuildOptions;
    const { metafile } = await build({ ...options, entryPoints, absWorkingDir: folder });
    const own = Object.keys(metafile.inputs).filter((path) => !path.includes('node_modules/'));
    expect(own).toEqual(expect.arrayContaining(entryPoints));
    expect(own.filter((path) => !/^(functions\/|lib\/|pages:page:)/.test(path))).toEqual([]);
  });
});

describe('outputs', () => {
  it('name the address, the functions for other Lambdas, and the authorizer', () => {
    expect(template.Outputs).toMatchObject({
      ServiceEndpoint: { Value: expect.anything() },
      GenerateApiKeyDirectFunctionName: { Value: { Ref: 'GenerateApiKeyDirectLambdaFunction' } },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own
      VerifyApiKeyDirectFunctionName: { Value: { 'Fn::Sub': '${VerifyApiKeyDirectLambdaFunction}:live' } },
      AuthorizeApiKeyFunctionArn: {
        Value: { Ref: 'AuthorizeApiKeyAlias' },
        Export: { Name: 'appkeys-dev-authorizer' },
      },
    });
  });

  it('of the data stack name the table, its stream, and the service key', () => {
    expect(data.Outputs).toMatchObject({
      TableName: { Value: { Ref: 'Table' } },
      TableStreamArn: { Value: { 'Fn::GetAtt': ['Table', 'StreamArn'] }, Export: { Name: 'appkeys-dev-data-stream' } },
      ServiceKeyArn: {
        Value: { 'Fn::GetAtt': ['ServiceKey', 'Arn'] },
        Export: { Name: 'appkeys-dev-data-service-key' },
      },
    });
  });
});

/** A resource of the data stack. */
function kept(id: string): Resource {
  return data.Resources[id] ?? expect.fail(`The data stack has no ${id}.`);
}

function resource(id: string): Resource {
  const found = template.Resources[id];
  if (!found) throw new Error(`The template has no ${id}.`);
  return found;
}

function idsOf(type: string): string[] {
  return Object.keys(template.Resources).filter((id) => resource(id).Type === type);
}

/** The functions by the names that they have in serverless.yml. */
function functions(): Record<string, Resource> {
  const all = idsOf('AWS::Lambda::Function').map(resource);
  return Object.fromEntries(all.map((found) => [found.Properties.FunctionName.replace('appkeys-dev-', ''), found]));
}

function propertiesOf(name: string): Resource['Properties'] {
  const found = functions()[name];
  if (!found) throw new Error(`The template has no function ${name}.`);
  return found.Properties;
}

/** The role of a function, as the template has it. */
function roleOf({ Resources }: Template, name: string): unknown {
  const found = Object.values(Resources).find(({ Properties }) => Properties?.FunctionName === `appkeys-dev-${name}`);
  return Resources[found?.Properties.Role['Fn::GetAtt'][0] ?? '']?.Properties;
}

/** The role of a function that may write its own log, and do what the statements say. */
function roleWith(name: string, statements: readonly object[]): object {
  const logGroup = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/appkeys-dev-${name}`;
  const logActions = ['logs:CreateLogStream', 'logs:PutLogEvents'];
  const writeLog = allow(logActions, [{ 'Fn::Sub': `${logGroup}:*:*` }]);
  const assume = { Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com'] }, Action: ['sts:AssumeRole'] };
  return {
    AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [assume] },
    Policies: [
      {
        PolicyName: expect.anything(),
        PolicyDocument: { Version: '2012-10-17', Statement: [writeLog, ...statements] },
      },
    ],
    ManagedPolicyArns: [],
    Path: '/',
    RoleName: expect.anything(),
  };
}

function formatRoute({ Properties }: Resource): string {
  const target = JSON.stringify(Properties.Integration.Uri);
  const id = idsOf('AWS::Lambda::Function').find((each) => target.includes(`"${each}"`)) ?? '';
  const name = resource(id).Properties.FunctionName.replace('appkeys-dev-', '');
  return `${Properties.HttpMethod} ${pathOf(Properties.ResourceId.Ref) || '/'} ${name}`;
}

function pathOf(id: string | undefined): string {
  if (id === undefined) return '';
  const { ParentId, PathPart } = resource(id).Properties;
  return `${pathOf(ParentId.Ref)}/${PathPart}`;
}

function gatewayResponses() {
  return idsOf('AWS::ApiGateway::GatewayResponse').map((id) => resource(id).Properties);
}

function gatewayResponse(type: string) {
  const found = gatewayResponses().find(({ ResponseType }) => ResponseType === type);
  if (!found) throw new Error(`The template has no gateway response ${type}.`);
  return found;
}

/** The `settings.json` in the zip of a function. */
function settingsIn(name: string): Settings {
  return JSON.parse(readFileSync(join(folder, 'bundles', name, 'settings.json'), 'utf8'));
}

function filesOf(name: string) {
  return readdirSync(join(folder, 'bundles', name), { recursive: true, withFileTypes: true });
}

/** The bundle of a function, as its Handler names it. */
function handlerFile(name: string): string {
  return propertiesOf(name).Handler.replace(/\.handler$/, '.mjs');
}

function bundleText(name: string): string {
  return readFileSync(join(folder, 'bundles', name, handlerFile(name)), 'utf8');
}
