import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen } from '../../../infra/local/ports.ts';
import { generateApiKey as validate, revokeApiKey as validateKey } from '../../../lib/contract/generated/validators.js';
import * as routes from '../../../lib/contract/routes.ts';
import { errorTable } from '../../../lib/domain/errors.ts';
import { requestId } from '../../../lib/domain/idempotency.ts';
import {
  type Call,
  endpoint,
  type GatewayHandler,
  type KeyCall,
  keyEndpoint,
  publicEndpoint,
} from '../../../lib/service/http/endpoint.ts';
import type { Reply } from '../../../lib/service/http/exchange.ts';
import { handle } from '../../support/apps.ts';
import { type CapturedLog, captureLog } from '../../support/captured-log.ts';
import { environmentOf, startProcess } from '../../support/environment.ts';
import { lambdaContext, type OperationId, restEvent, type TestRequest } from '../../support/events.ts';
import { startIssuer, type TestIssuer } from '../../support/issuer.ts';
import { type SettingsParts, settingsFolder, testIssuer, testSettings } from '../../support/settings.ts';

type Operation = routes.Route & { readonly id: OperationId };

const counting = { status: 200, body: '{}' };
const answerOf = (status: number, name: string) => ({ status, body: `{"__type":"com.amazonaws.dynamodb#${name}"}` });
const refusing = answerOf(400, 'ConditionalCheckFailedException');

/** What the database answers, and how often it was asked. */
let answer = counting;
let asked = 0;
const database = createServer((_request, response) => {
  asked += 1;
  response.writeHead(answer.status, { 'Content-Type': 'application/x-amz-json-1.0' }).end(answer.body);
});

let issuer: TestIssuer;
let bearer: string;
let log: CapturedLog;
/** what has passed a pipeline */
let passed: Call<unknown>[];

beforeAll(async () => {
  issuer = await startIssuer('https://issuer.test', ['myrealm']);
  bearer = `Bearer ${await issuer.sign()}`;
  const environment = environmentOf({
    endpoint: `http://127.0.0.1:${await listen(database)}`,
    tableName: 'table',
    kms: { endpoint: 'http://127.0.0.1:1' },
    issuers: [],
  });
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});

afterAll(() => {
  vi.unstubAllEnvs();
  issuer.stop();
  database.closeAllConnections();
  database.close();
});

beforeEach(() => {
  log = captureLog();
  [answer, asked, passed] = [counting, 0, []];
  useSettings({});
});

/** Endpoints that are served from now on have these settings, and the usual ones. */
function useSettings(parts: SettingsParts): void {
  const issuers = [testIssuer({ issuer: issuer.issuer, jwksUri: issuer.jwksUri, realms: ['myrealm'] })];
  vi.stubEnv('LAMBDA_TASK_ROOT', settingsFolder(testSettings({ tableName: 'table', issuers, ...parts })));
}

function calling(operation: Operation, handler: GatewayHandler) {
  return async ({ headers, remainingMs, ...request }: TestRequest = {}) => {
    const usual = { Authorization: bearer, 'Content-Type': 'application/json' };
    const event = restEvent(operation.id, { ...request, headers: { ...usual, ...headers } });
    const { body, ...reply } = await handler(event, lambdaContext(remainingMs));
    return { ...reply, body: body && JSON.parse(body) };
  };
}

/** @returns how to call an endpoint that answers 200, or as `run` does, to what has passed */
function serve(operation: Operation, validator?: typeof validate, run = async (): Promise<Reply> => ({ status: 200 })) {
  const noting = (call: Call<unknown>) => {
    passed.push(call);
    return run();
  };
  startProcess();
  return calling(operation, endpoint(operation, noting as never, validator));
}

const hrn = 'hrn:here:account::myrealm:app/a1';
const keyHrn = `hrn:here:account::myrealm:apikey/${handle('k')}`;
const app = encodeURIComponent(hrn);
const apiKey = encodeURIComponent(keyHrn);
const answering = (next: typeof answer) => {
  answer = next;
};
const recordOf = (event: string) => log.records().find((record) => record.event === event);

it('the checks come in the order of the contract', async () => {
  useSettings({ rateLimit: '1,1' });
  answering(refusing);
  const call = serve(routes.generateApiKey, validate);
  const scoped = `Bearer ${await issuer.sign({ scope: 'hrn:here:authorization::r:project/p' })}`;
  let request: TestRequest = {
    path: { app: 'x' },
    query: { name: 'x' },
    headers: { Authorization: [], 'Idempotency-Key': '', 'Content-Type': [] },
    body: '{',
  };
  const mend = (parts: TestRequest) => {
    request = { ...request, ...parts, headers: { ...request.headers, ...parts.headers } };
  };
  const steps: [string, () => void][] = [
    ['401200', () => mend({ headers: { Authorization: scoped } })],
    ['429003', () => answering(counting)],
    ['403403', () => mend({ headers: { Authorization: bearer } })],
    ['400288', () => mend({ path: { app } })],
    ['400200', () => mend({ query: {} })],
    ['400200', () => mend({ headers: { 'Idempotency-Key': 'a' } })],
    ['400003', () => mend({ headers: { 'Content-Type': 'application/json' } })],
    ['400002', () => mend({ body: {} })],
    ['400201', () => mend({ body: { name: 'x' } })],
  ];
  for (const [code, mended] of steps) {
    expect((await call(request)).body.code).toBe(code);
    mended();
  }
  expect(passed).toEqual([]);
  expect((await call(request)).statusCode).toBe(200);
  expect(passed).toHaveLength(1);
});

describe('a call that needs only a key', () => {
  /** @returns how to call it, and what has passed */
  function serveKey(parts: SettingsParts = {}) {
    useSettings(parts);
    const calls: KeyCall<unknown>[] = [];
    const run = async (call: KeyCall<unknown>): Promise<Reply> => {
      calls.push(call);
      await call.countReport({ issuer: '', principal: call.source }, call.deadline);
      return { status: 202, logged: { keyHrn } };
    };
    startProcess();
    const operation = routes.revokeApiKey as Operation;
    const call = calling(operation, keyEndpoint(operation, run as never, validateKey));
    return { calls, call: (request: TestRequest = {}) => call({ body: { apiKeyId: 'x' }, ...request }) };
  }

  it('needs no token, and comes from the address that the gateway tells', async () => {
    const { calls, call } = serveKey();
    const headers = { Authorization: [], 'X-Forwarded-For': '9.9.9.9' };
    expect((await call({ headers, source: '2001:db8::1' })).statusCode).toBe(202);
    expect(calls).toMatchObject([{ source: '2001:db8::', body: { apiKeyId: 'x' } }]);
    expect(recordOf('access')).toMatchObject({ source: '2001:db8::', status: 202 });
    expect(recordOf('audit')).toMatchObject({ source: '2001:db8::', keyHrn, result: 'done' });
  });

  it('is checked for its query, then its body', async () => {
    const { calls, call } = serveKey();
    expect((await call({ query: { x: '1' }, body: '{' })).body.code).toBe('400200');
    expect((await call({ body: '{' })).body.code).toBe('400002');
    expect((await call({ body: {} })).body.code).toBe('400201');
    expect([calls, asked]).toEqual([[], 0]);
    expect(recordOf('audit')).toBeUndefined();
  });

  it('429003 with a cause of its own, and how long to wait', async () => {
    answering(refusing);
    const { body, headers } = await serveKey().call();
    const cause = 'Too many API keys were reported from the same IP address.';
    expect(body).toMatchObject({ code: '429003', cause });
    expect(Number(headers['Retry-After'])).toBeGreaterThanOrEqual(360);
  });

  it('404404 where it is switched off, 503000 where the settings are wrong', async () => {
    expect((await serveKey({ revoke: { enabled: false } }).call()).body.code).toBe('404404');
    expect((await serveKey({ issuers: [] }).call()).body.code).toBe('503000');
  });
});

describe('a query', () => {
  const managing = Object.values<routes.Route>(routes).filter(
    ({ access }) => access !== 'public' && access !== 'invoke',
  );
  const path = { app, apiKey, principal: 'p', issuer: 'i' };

  it.each(managing)('400200 at $id for a parameter that it does not take, before its body is read', async (route) => {
    const { body } = await serve(route as Operation, validate)({ path, query: { x: '1' }, body: '{' });
    expect(body).toMatchObject({ code: '400200', details: [{ source: '$.x' }] });
    expect(passed).toEqual([]);
  });

  it.each(managing.filter(({ query }) => query))('$id takes $query', async ({ query = [], ...route }) => {
    const asked = Object.fromEntries(query.map((name) => [name, 'x']));
    expect((await serve({ ...route, query } as Operation)({ path, query: asked })).statusCode).toBe(200);
  });

  it('is ignored by what anybody may call', async () => {
    const call = calling(
      routes.getOpenapi,
      publicEndpoint(routes.getOpenapi, async () => ({ status: 200 })),
    );
    expect((await call({ query: { x: '1' } })).statusCode).toBe(200);
  });
});

describe('what has passed', () => {
  it('has the caller, the application, the body, the operation and the service', async () => {
    await serve(routes.generateApiKey, validate)({ path: { app }, body: { name: 'x' } });
    expect(passed).toMatchObject([
      {
        caller: { issuer: 'https://issuer.test', principal: 'demo', realm: 'myrealm', hasProjectScope: false },
        app: { realm: 'myrealm', appId: 'a1' },
        body: { name: 'x' },
        operation: routes.generateApiKey,
        settings: { partition: 'here', tableName: 'table' },
      },
    ]);
    expect(passed[0]?.request).toBeUndefined();
  });

  it('needs no application where the operation has no path, or none of one', async () => {
    const { path: _, ...pathless } = routes.createApp;
    for (const operation of [routes.createApp, pathless]) await serve(operation)();
    expect(passed.map((call) => call.app)).toEqual([undefined, undefined]);
  });

  it('is in the access and audit records', async () => {
    await serve(routes.rotateApiKey)({ path: { app, apiKey } });
    const told = { operation: 'rotateApiKey', principal: 'demo', realm: 'myrealm', app: hrn, keyHrn };
    expect(recordOf('access')).toMatchObject({ ...told, status: 200, level: 'INFO' });
    expect(recordOf('audit')).toMatchObject({ ...told, result: 'done' });
  });

  it.each([{ app }, { app, apiKey: 'x' }])('names no key in the records where the path is %j', async (path) => {
    await serve(routes.getApiKey)({ path });
    expect(recordOf('access')).toMatchObject({ app: hrn, status: 200 });
    expect(recordOf('access')).not.toHaveProperty('keyHrn');
  });
});

it('400288 where the gateway hands over no path parameters', async () => {
  expect((await serve(routes.getApp)()).body.code).toBe('400288');
});

it('403403 for a token with a project scope says what to do', async () => {
  const token = await issuer.sign({ scope: 'a hrn:here:authorization::r:project/p' });
  const { body } = await serve(routes.getApp)({ headers: { Authorization: `Bearer ${token}` } });
  expect(body).toMatchObject({
    code: '403403',
    cause: 'The access token has a project scope.',
    action: 'Use an access token without a project scope.',
  });
  expect(recordOf('access')).toMatchObject({ why: 'the token has a project scope', principal: 'demo' });
});

it('401200 for an event that is nothing', async () => {
  const { statusCode } = await endpoint(routes.getApp, () => expect.fail())(null as never, lambdaContext());
  expect(statusCode).toBe(401);
  expect(recordOf('access')).toMatchObject({ operation: 'getApp', code: '401200' });
});

it('what the operation throws is answered', async () => {
  const failing = async () => Promise.reject(new Error('inside'));
  expect((await serve(routes.getApp, undefined, failing)({ path: { app } })).statusCode).toBe(500);
  expect(recordOf('failure')).toMatchObject({ operation: 'getApp' });
});

describe('the rate of a caller', () => {
  const limited = (operation: Operation) => {
    useSettings({ rateLimit: '0.5,1' });
    return serve(operation);
  };

  it('is counted once a request', async () => {
    expect((await limited(routes.createApp)()).statusCode).toBe(200);
    expect(asked).toBe(1);
  });

  it('is not counted for verifications, or where the limit is off', async () => {
    expect((await limited(routes.verifyApiKey)()).statusCode).toBe(200);
    useSettings({ rateLimit: 'off' });
    expect((await serve(routes.createApp)()).statusCode).toBe(200);
    expect(asked).toBe(0);
  });

  it('429003 once it is too high', async () => {
    answering(refusing);
    const { statusCode, headers } = await limited(routes.createApp)();
    expect([statusCode, headers['Retry-After']]).toEqual([429, '2']);
    expect(passed).toEqual([]);
  });

  it('503 that changed nothing when it is not known whether the request was counted', async () => {
    answering(answerOf(500, 'InternalServerError'));
    vi.spyOn(Math, 'random').mockReturnValue(1_000);
    const { statusCode, headers, body } = await limited(routes.createApp)();
    expect([statusCode, headers['Retry-After'], body.cause]).toEqual([503, '1', errorTable['503000'].cause]);
    expect(recordOf('access')?.why).toContain('InternalServerError');
    expect(passed).toEqual([]);
    vi.mocked(Math.random).mockRestore();
  });

  it('500 when the database does not let it be counted', async () => {
    answering(answerOf(400, 'AccessDeniedException'));
    expect((await limited(routes.createApp)()).statusCode).toBe(500);
    expect(recordOf('failure')?.stack).toContain('AccessDeniedException');
  });
});

describe('an Idempotency-Key', () => {
  const sending = (...keys: string[]) => ({ headers: { 'Idempotency-Key': keys } });

  it.each([['!'], ['~'], ['a'.repeat(255)]])('may be %j', async (key) => {
    expect((await serve(routes.createApp)(sending(key))).statusCode).toBe(200);
  });

  it.each([[['']], [['a b']], [[' a']], [['a\n']], [['\u007f']], [['é']], [['a'.repeat(256)]], [['a', 'a']]])(
    '400200 for %j',
    async (keys) => {
      const message = 'must be one header of 1 to 255 visible ASCII characters, and no API key';
      const { body } = await serve(routes.createApp)(sending(...keys));
      expect(body).toMatchObject({ code: '400200', details: [{ source: 'Idempotency-Key', message }] });
    },
  );

  it('is not looked at where the operation takes none', async () => {
    expect((await serve(routes.getApp)({ path: { app }, ...sending('', '') })).statusCode).toBe(200);
    expect(passed[0]?.request).toBeUndefined();
  });

  const demo = ['https://issuer.test', 'demo', 'myrealm'];
  it.each<[string, Operation, TestRequest, string[]]>([
    ['operation', routes.createApp, {}, ['createApp', 'k']],
    ['application', routes.generateApiKey, { path: { app } }, ['generateApiKey', hrn, '', 'k']],
    ['key', routes.rotateApiKey, { path: { app, apiKey } }, ['rotateApiKey', hrn, keyHrn, 'k']],
    ['key, decoded', routes.rotateApiKey, { path: { app, apiKey: keyHrn } }, ['rotateApiKey', hrn, keyHrn, 'k']],
  ])('makes a request of a caller known by its %s', async (_, operation, request, parts) => {
    await serve(operation)({ ...request, ...sending('k') });
    expect(passed[0]?.request).toEqual(requestId([...demo, ...parts]));
  });
});

describe('a body', () => {
  const generate = (request: TestRequest) => serve(routes.generateApiKey, validate)({ path: { app }, ...request });
  const anything: typeof validate = Object.assign(() => true, { errors: null });
  const rotate = (request: TestRequest) => serve(routes.rotateApiKey, anything)({ path: { app }, ...request });

  it('is decoded from base64', async () => {
    await generate({ body: Buffer.from('{"name":"ö"}').toString('base64'), isBase64Encoded: true });
    expect(passed[0]?.body).toEqual({ name: 'ö' });
  });

  it('that is optional is as good as {} where there is none, of whatever type', async () => {
    for (const body of [null, '']) await rotate({ body, headers: { 'Content-Type': 'text/plain' } });
    expect(passed.map((call) => call.body)).toEqual([{}, {}]);
  });

  it('that is optional is read and checked where there is one', async () => {
    await rotate({ body: { enabled: false } });
    expect(passed[0]?.body).toEqual({ enabled: false });
    expect((await rotate({ body: '{}', headers: { 'Content-Type': [] } })).body.code).toBe('400003');
  });

  it.each([
    ['none', null, '400002'],
    ['one that repeats a field', '{"name":"a","name":"b"}', '400200'],
    ['one that reaches a prototype', '{"name":"a","__proto__":1}', '400200'],
    ['one that does not fit the schema', { name: 1 }, '400200'],
    ['one without a field that it needs', {}, '400201'],
  ])('%s is refused', async (_, body, code) => {
    expect((await generate({ body })).body.code).toBe(code);
    expect(passed).toEqual([]);
  });

  it('that nests too deep is refused before it is parsed', async () => {
    const { body } = await generate({ body: '['.repeat(9) });
    expect(body).toMatchObject({ code: '400200', details: [{ source: '$', message: 'nests deeper than 8' }] });
  });

  it('that cannot be parsed is quoted neither in the answer nor in the log', async () => {
    const { body } = await generate({ body: '{"name": secret' });
    expect(body).toMatchObject({ code: '400002', cause: errorTable['400002'].cause });
    expect(recordOf('access')).toMatchObject({ code: '400002', why: 'the body cannot be parsed' });
    expect(log.lines().join('')).not.toContain('secret');
  });
});

it.each<[string, string, () => void]>([
  ['there are no settings', 'settings.json cannot be read', () => vi.stubEnv('LAMBDA_TASK_ROOT', '/nowhere')],
  ['no issuer is trusted', 'issuers is empty', () => useSettings({ issuers: [] })],
])('security 24: 503 for every request while %s', async (_, why, spoil) => {
  spoil();
  const call = serve(routes.verifyApiKey);
  useSettings({});
  expect(recordOf('start')).toMatchObject({ level: 'ERROR', why: expect.stringContaining(why) });
  const { statusCode, headers } = await call({ headers: { Authorization: [] } });
  expect([statusCode, headers['Retry-After']]).toEqual([503, '60']);
  expect(recordOf('access')).toMatchObject({ why: 'the function is not configured', result: 'unavailable' });
  expect(passed).toEqual([]);
});

describe('a call that anybody may make', () => {
  const open = (run: () => Promise<Reply>) =>
    calling(routes.getOpenapi, publicEndpoint(routes.getOpenapi, run))({ headers: { Authorization: [] } });

  it('is answered without a token', async () => {
    expect(await open(async () => ({ status: 200, body: { a: 1 } }))).toMatchObject({
      statusCode: 200,
      body: { a: 1 },
    });
    expect(recordOf('access')).toMatchObject({ operation: 'getOpenapi', status: 200 });
  });

  it('is refused with what it throws', async () => {
    expect((await open(() => Promise.reject(new Error('inside')))).statusCode).toBe(500);
  });
});

it('half a second before Lambda ends it, a request that hangs is answered with 503', async () => {
  const hanging = () => sleep(200, { status: 200 });
  const remainingMs = 500;
  const replies = [
    serve(routes.getApp, undefined, hanging)({ path: { app }, remainingMs }),
    calling(routes.getOpenapi, publicEndpoint(routes.getOpenapi, hanging))({ remainingMs }),
  ];
  expect((await Promise.all(replies)).map(({ statusCode }) => statusCode)).toEqual([503, 503]);
});
