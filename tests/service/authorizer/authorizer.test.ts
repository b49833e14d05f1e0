import { beforeAll, describe, expect, it } from 'vitest';
import { formatApiKeyId } from '../../../lib/domain/api-key-id.ts';
import { type AuthorizerRequest, http1Request, http2Request, restRequest } from '../../support/authorizer-events.ts';
import type { OperationId } from '../../support/events.ts';
import { hrnOf, startService, type TestService } from '../../support/service.ts';
import { type SettingsParts, settingsFolder, testSettings } from '../../support/settings.ts';

let service: TestService;
/** started last: the log is its */
let latest: TestService;
let apiKeyId: string;
let keyHrn: string;
let appHrn: string;

beforeAll(async () => {
  service = await start({ keys: { maxPerApp: 50 } });
  ({ apiKeyId, keyHrn, appHrn } = await makeKey(service));
});

async function start(settings: SettingsParts, env: Record<string, string> = {}): Promise<TestService> {
  latest = await startService(settings, env);
  return latest;
}

async function makeKey(of: TestService, body = {}) {
  const app = await of.seed();
  const reply = await of.generate(app, { name: 'a key', ...body });
  const made = reply.body;
  return {
    apiKeyId: made.apiKeyId as string,
    keyHrn: made.apiKey as string,
    appHrn: made.identity as string,
    path: { app: hrnOf(app), apiKey: encodeURIComponent(made.apiKey) },
  };
}

const kinds = {
  'a REST API': restRequest,
  'an HTTP API, payload 1.0': http1Request,
  'an HTTP API, payload 2.0': http2Request,
};
const kindNames = Object.keys(kinds) as (keyof typeof kinds)[];
const stage = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*';

/** The line that the authorizer wrote last. */
const lastRecord = () =>
  latest.log
    .records()
    .filter(({ event }) => event === 'verification')
    .at(-1) ?? expect.fail();

async function expectRefused(event: unknown, result: string, of = service): Promise<void> {
  await expect(of.authorize(event)).rejects.toEqual(new Error('Unauthorized'));
  expect(lastRecord()).toMatchObject({ result, level: 'INFO' });
}

describe('a good key', () => {
  it.each(kindNames)('is logged under the ID that the gateway gave the request: %s', async (kind) => {
    const event = kinds[kind]({ headers: { 'x-api-key': apiKeyId } });
    await service.authorize(event);
    const { gatewayRequestId } = lastRecord();
    expect(Object.values(event.requestContext)).toContain(gatewayRequestId);
    expect(gatewayRequestId).toMatch(/^[\w-]{36}$/);
  });

  it('opens every route of the stage of a REST API, or of an HTTP API with payload 1.0', async () => {
    for (const toEvent of [restRequest, http1Request]) {
      const headers = { 'X-Api-Key': apiKeyId, 'X-Correlation-ID': 'from-caller' };
      expect(await service.authorize(toEvent({ headers }))).toEqual({
        principalId: appHrn,
        policyDocument: {
          Version: '2012-10-17',
          Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: stage }],
        },
        context: { appHrn, realm: 'myrealm', keyHrn, scopes: '', correlationId: 'from-caller' },
      });
    }
  });

  it('opens an HTTP API with payload 2.0', async () => {
    expect(await service.authorize(http2Request({ headers: { 'x-api-key': apiKeyId } }))).toEqual({
      isAuthorized: true,
      context: {
        appHrn,
        realm: 'myrealm',
        keyHrn,
        scopes: '',
        correlationId: expect.stringMatching(/^[\w-]{36}$/),
      },
    });
  });

  it.each([
    'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/',
    'arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:a1b2c3d4e5/test-invoke-stage/DELETE/a/b/*',
  ])('of %s opens its stage', async (methodArn) => {
    const answer = await service.authorize(restRequest({ headers: { 'x-api-key': apiKeyId }, methodArn }));
    const [api, name] = methodArn.split('/');
    expect(answer).toMatchObject({ policyDocument: { Statement: [{ Resource: `${api}/${name}/*` }] } });
  });

  it('tells the function behind it texts only, which API Gateway takes', async () => {
    const { context } = await service.authorize(restRequest({ headers: { 'x-api-key': apiKeyId } }));
    expect(Object.values(context).every((value) => typeof value === 'string')).toBe(true);
  });

  it('with a correlation id that is none gets a new one', async () => {
    const headers = { 'x-api-key': apiKeyId, 'x-correlation-id': 'a b' };
    const { context } = await service.authorize(restRequest({ headers }));
    expect(context.correlationId).toMatch(/^[\w-]{36}$/);
    expect(lastRecord()).toMatchObject({ correlation_id: context.correlationId, result: 'valid', keyHrn, app: appHrn });
  });

  it('and its request id is in the log: its own, or a new one', async () => {
    const headers = { 'x-api-key': apiKeyId, 'x-request-id': 'from-caller' };
    await service.authorize(restRequest({ headers }));
    expect(lastRecord()).toMatchObject({ requestId: 'from-caller' });
    await service.authorize(restRequest({ headers: { 'x-api-key': apiKeyId } }));
    expect(lastRecord()).toMatchObject({ requestId: expect.stringMatching(/^[\w-]{36}$/) });
  });
});

describe.each(kindNames)('security 19: where a key stands in a request to %s', (kind) => {
  const toEvent = kinds[kind];

  it.each([
    ['?apiKey=', () => ({ query: { apiKey: apiKeyId } })],
    ['x-api-key', () => ({ headers: { 'x-api-key': apiKeyId } })],
    ['X-API-KEY', () => ({ headers: { 'X-API-KEY': apiKeyId } })],
    ['x-api-key, white space around it', () => ({ headers: { 'x-api-key': ` ${apiKeyId} ` } })],
    ['Authorization: Bearer', () => ({ headers: { Authorization: `Bearer ${apiKeyId}` } })],
    ['authorization: bearer', () => ({ headers: { authorization: `bearer  ${apiKeyId}` } })],
    ['Authorization: ApiKey', () => ({ headers: { AUTHORIZATION: `ApiKey ${apiKeyId}` } })],
    [
      'all of them, the same',
      () => ({ query: { apiKey: apiKeyId }, headers: { 'x-api-key': apiKeyId, authorization: `ApiKey ${apiKeyId}` } }),
    ],
  ] as [string, () => AuthorizerRequest][])('taken: %s', async (_, request) => {
    expect(await service.authorize(toEvent(request()))).toMatchObject({ context: { keyHrn } });
  });

  it.each([
    ['nowhere', () => ({}), 'missing'],
    ['another parameter', () => ({ query: { apikey: apiKeyId, key: apiKeyId } }), 'missing'],
    [
      'a forwarded header',
      () => ({ headers: { 'X-Forwarded-For': '127.0.0.1', 'X-Forwarded-Api-Key': apiKeyId } }),
      'missing',
    ],
    ['a cookie', () => ({ headers: { Cookie: `apiKey=${apiKeyId}` } }), 'missing'],
    ['Authorization: Basic', () => ({ headers: { Authorization: `Basic ${apiKeyId}` } }), 'malformed'],
    ['Authorization: Token', () => ({ headers: { Authorization: `Token ${apiKeyId}` } }), 'malformed'],
    ['Authorization without a scheme', () => ({ headers: { Authorization: apiKeyId } }), 'malformed'],
    [
      'beside another in another place',
      () => ({ query: { apiKey: apiKeyId }, headers: { 'x-api-key': 'junk' } }),
      'ambiguous',
    ],
    [
      'beside a token',
      () => ({ query: { apiKey: apiKeyId }, headers: { Authorization: 'Bearer a.b.c' } }),
      'ambiguous',
    ],
    ['empty', () => ({ headers: { 'x-api-key': '' } }), 'malformed'],
  ] as [string, () => AuthorizerRequest, string][])('refused: %s', (_, request, result) =>
    expectRefused(toEvent(request()), result),
  );

  it('refused: two different ones in one location', () =>
    expectRefused(
      toEvent({ headers: { 'x-api-key': ['junk', apiKeyId] } }),
      kind === 'a REST API' ? 'ambiguous' : 'malformed',
    ));
});

describe('where the gateway may remember answers by one location', () => {
  let key: string;
  const stageVariables = { appkeys_locations: 'x-api-key' };

  beforeAll(() => {
    key = apiKeyId;
  });

  it('a key in that place is taken, also beside a token of another kind', async () => {
    const headers = { 'x-api-key': key, Authorization: 'Bearer eyJhbGciOiJFUzI1NiJ9.e30.c2ln' };
    expect(await service.authorize(restRequest({ headers, stageVariables }))).toMatchObject({
      context: { realm: 'myrealm' },
    });
  });

  it.each([
    ['?apiKey=', () => ({ query: { apiKey: key } })],
    ['Authorization', () => ({ headers: { Authorization: `Bearer ${key}` } })],
    [
      'Authorization without a scheme, beside the right place',
      () => ({ headers: { 'x-api-key': key, Authorization: key } }),
    ],
    ['?apiKey=, beside the right place', () => ({ headers: { 'x-api-key': key }, query: { apiKey: key } })],
    [
      'Authorization, beside junk in the right place',
      () => ({ headers: { 'x-api-key': 'junk', Authorization: `ApiKey ${key}` } }),
    ],
  ] as [string, () => AuthorizerRequest][])('a key in another is refused: %s', (_, request) =>
    expectRefused(restRequest({ ...request(), stageVariables }), 'misplaced'),
  );

  it('an HTTP API that has identity sources: the key must be one of them', async () => {
    const headers = { 'x-api-key': key, 'x-other': 'junk' };
    expect(await service.authorize(http2Request({ headers, stageVariables, identitySource: [key] }))).toMatchObject({
      isAuthorized: true,
    });
    await expectRefused(http2Request({ headers, stageVariables, identitySource: ['junk'] }), 'misplaced');
    const first = { ...http1Request({ headers, stageVariables }), identitySource: `junk,${key}` };
    expect(await service.authorize(first)).toMatchObject({ principalId: expect.any(String) });
    await expectRefused({ ...first, identitySource: 'junk' }, 'misplaced');
    await expectRefused({ ...first, identitySource: `junk${key}` }, 'misplaced');
  });

  it('one of several locations that hold the key is enough', async () => {
    const request = { query: { apiKey: apiKeyId }, headers: { Authorization: `Bearer ${apiKeyId}` } };
    const event = http2Request({ ...request, identitySource: [`Bearer ${apiKeyId}`] });
    expect(await service.authorize(event)).toMatchObject({ isAuthorized: true });
  });
});

describe('security 8: outside every refusal is the same', () => {
  const ends: Record<string, [OperationId, object?]> = {
    disabled: ['disableApiKey'],
    deleted: ['deleteApiKey'],
    deactivated: ['updateApp', { status: 'deactivated' }],
  };

  it.each(Object.keys(ends))('%s', async (result) => {
    const made = await makeKey(service);
    const [id, body] = ends[result] ?? expect.fail();
    await service.call(id, { path: made.path, ...(body && { body }) });
    await expectRefused(restRequest({ headers: { 'x-api-key': made.apiKeyId } }), result);
    expect(lastRecord()).toMatchObject({ appId: made.appHrn.split('/').at(-1), handle: made.keyHrn.split('/').at(-1) });
  });

  it('unknown and malformed', async () => {
    const unknown = formatApiKeyId('ak', 'nobody', new Uint8Array(32));
    await expectRefused(restRequest({ headers: { 'x-api-key': unknown } }), 'unknown');
    await expectRefused(restRequest({ headers: { 'x-api-key': `${apiKeyId.slice(0, -1)}!` } }), 'malformed');
    expect(service.log.lines().join('\n')).not.toContain(unknown);
  });

  it('no stack goes into the log with it', async () => {
    const refusal = await service.authorize(restRequest({})).catch((error: Error) => error);
    expect(refusal).toMatchObject({ stack: 'Error: Unauthorized' });
  });
});

describe('what is not as it should be lets nobody in', () => {
  it.each([
    [
      'an authorizer of type TOKEN',
      { type: 'TOKEN', authorizationToken: 'x', methodArn: 'arn/prod/GET/' },
      'the authorizer must be of type REQUEST',
    ],
    ['an event of nothing', {}, 'the authorizer must be of type REQUEST'],
    ['null', null, 'the authorizer must be of type REQUEST'],
    ['nothing', undefined, 'the authorizer must be of type REQUEST'],
    ['a text', 'REQUEST', 'the authorizer must be of type REQUEST'],
    ['a list', [null], 'the authorizer must be of type REQUEST'],
    ['identity sources of another kind', { ...restRequest({ query: { apiKey: 'x' } }), identitySource: 5 }, 'sources'],
  ])('%s', async (_, event, why) => {
    await expect(service.authorize(event)).rejects.toEqual(new Error('Unavailable'));
    expect(lastRecord()).toMatchObject({ level: 'ERROR', result: 'unavailable', why: expect.stringContaining(why) });
  });

  it.each([
    undefined,
    null,
    5,
    {},
    '',
    'arn',
    'arn:aws:execute-api/prod',
    'arn:aws:execute-api/*/GET/',
    'arn:*/prod/GET/',
  ])('a good key, where the gateway does not say of which stage: %j', async (methodArn) => {
    const event = { ...restRequest({ headers: { 'x-api-key': apiKeyId } }), methodArn };
    await expect(service.authorize(event)).rejects.toEqual(new Error('Unavailable'));
    const why = 'Error: the event has no method ARN';
    expect(lastRecord()).toMatchObject({ level: 'ERROR', result: 'unavailable', why });
  });

  it('an event without headers and query', () =>
    expectRefused(
      {
        ...restRequest({}),
        headers: null,
        multiValueHeaders: null,
        queryStringParameters: null,
        multiValueQueryStringParameters: null,
      },
      'missing',
    ));

  it('the database: down', async () => {
    const down = await start({}, { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' });
    await expect(down.authorize(restRequest({ headers: { 'x-api-key': apiKeyId } }))).rejects.toEqual(
      new Error('Unavailable'),
    );
    expect(lastRecord()).toMatchObject({
      level: 'ERROR',
      result: 'unavailable',
      Verifications: 1,
      CacheHits: 0,
      why: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it.each<[string, () => string]>([
    ['missing', () => '/nowhere'],
    ['of another version', () => settingsFolder({ ...testSettings(), version: '0.0.0' })],
    ['of no version', () => settingsFolder({ ...testSettings(), version: undefined })],
    ['no object', () => settingsFolder(null)],
  ])('security 24: the settings are %s, with one clear line at start', async (_, folder) => {
    const wrong = await start({}, { LAMBDA_TASK_ROOT: folder() });
    await expect(wrong.authorize(restRequest({ headers: { 'x-api-key': apiKeyId } }))).rejects.toEqual(
      new Error('Unavailable'),
    );
    expect(lastRecord()).toMatchObject({ result: 'unavailable', why: 'Error: the function is not configured' });
    const starts = wrong.log.records().filter(({ event }) => event === 'start');
    expect(starts[0]).toMatchObject({ level: 'ERROR', why: expect.stringMatching(/^SettingsError: settings\.json /) });
  });
});

it('needs neither a service key nor token issuers', async () => {
  const lean = await start({ serviceKeyId: '', issuers: [] });
  await expect(lean.authorize(restRequest({}))).rejects.toEqual(new Error('Unauthorized'));
});

it('metrics: CloudWatch finds each figure and dimension in the line, and no dimension tells a key', async () => {
  await service.authorize(restRequest({ headers: { 'x-api-key': apiKeyId } }));
  const startedAt = performance.now();
  await service.authorize(restRequest({ headers: { 'x-api-key': apiKeyId } }));
  const record = lastRecord();
  expect(record).toMatchObject({ Verifications: 1, CacheHits: 1, result: 'valid' });
  expect(record.VerificationLatency).toBeLessThanOrEqual(performance.now() - startedAt);
  const { Timestamp, CloudWatchMetrics } = record._aws as {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  expect(Math.abs(Timestamp - Date.now())).toBeLessThan(60_000);
  expect(CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name))).toEqual([
    'Verifications',
    'CacheHits',
    'VerificationLatency',
  ]);
  for (const { Namespace, Dimensions, Metrics } of CloudWatchMetrics) {
    expect(Namespace).toBe('appkeys-test');
    for (const { Name } of Metrics) expect(record[Name]).toEqual(expect.any(Number));
    for (const dimension of Dimensions.flat()) expect(['valid']).toContain(record[dimension]);
  }
});
