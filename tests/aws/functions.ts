import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operation, operations } from '../../lib/contract/operations.ts';
import { handleOf } from '../../lib/domain/api-key-id.ts';
import { stepNames } from '../../lib/service/use-cases/rotate-secret.ts';
import { aKey, anApp, aRecord, handle } from '../support/apps.ts';
import type { OperationId } from '../support/events.ts';
import { allows, rightsOf, withKeys } from './rights.ts';
import { startRuntime } from './runtime.ts';
import * as samples from './samples.ts';
import { openWorld, realm, tableName, type World } from './world.ts';

let world: World;
/** The application that the calls are about, and its HRN as it stands in a path. */
let app: string;
let path: { app: string };
/** The secret of an API key that is accepted. */
let apiKeyId: string;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  printFigures();
  await world.stop();
});

interface RestCall {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const called = new Set<string>();
const ajv = new Ajv2020({ formats: { int32: true, int64: true } });

/** The documented event of a REST API, with a call of the contract in it. */
async function restEvent(id: OperationId, { path, query, headers, body }: RestCall) {
  called.add(id);
  const { method = 'get', path: resource = '' } = operations[id] as Operation;
  const token = await world.sign({ permissions: ['account:createApp', 'account:verify'] });
  const all: Record<string, string> = {
    ...samples.restProxy.headers,
    Authorization: `Bearer ${token}`,
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...headers,
  };
  const listed = (values: object) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]));
  return {
    ...samples.restProxy,
    resource,
    path: resource.replace(/\{(\w+)\}/g, (parameter, name) => path?.[name] ?? parameter),
    httpMethod: method.toUpperCase(),
    headers: all,
    multiValueHeaders: listed(all),
    queryStringParameters: query ?? null,
    multiValueQueryStringParameters: query ? listed(query) : null,
    pathParameters: path ?? null,
    body: body === undefined ? null : JSON.stringify(body),
  };
}

/** What an integration answers a gateway. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function responseOf(name: string, event: unknown): Promise<unknown> {
  const outcome = await world.invoke(name, event);
  return 'response' in outcome ? outcome.response : expect.fail(JSON.stringify(outcome.error));
}

/** Calls an operation, and holds its answer against the contract. @returns the parsed body */
async function call(name: string, id: OperationId, request: RestCall = {}): Promise<Record<string, unknown>> {
  const answer = (await responseOf(name, await restEvent(id, request))) as Answer;
  const { reply } = operations[id] as Operation;
  expect([id, answer.statusCode, answer.statusCode === reply.status ? '' : answer.body]).toEqual([
    id,
    reply.status,
    '',
  ]);
  if (!reply.schema) return {};
  const body = JSON.parse(answer.body);
  const isRight = ajv.validate(reply.schema, body);
  expect(isRight, `${id}: ${JSON.stringify(ajv.errors)}`).toBe(true);
  return body;
}

/** The application and an API key, as a path names them. */
const keyPath = (secret: string) => ({
  ...path,
  apiKey: encodeURIComponent(`hrn:here:account::${realm}:apikey/${handleOf(secret as never)}`),
});

async function newKey(body: object = { name: 'ci' }, headers = {}): Promise<string> {
  const { apiKeyId: made } = await call('make', 'generateApiKey', { path, body, headers });
  return String(made);
}

describe('the packaged functions answer events of a REST API', () => {
  it('applications: creates one', async () => {
    const made = await call('applications', 'createApp', { body: { name: 'shop' } });
    expect(made).toMatchObject({ name: 'shop', realm: expect.stringContaining(realm), createdBy: 'demo' });
    app = String(made.hrn);
    path = { app: encodeURIComponent(app) };
  });

  it('make: generates a key, the same again for the same Idempotency-Key, and rotates one', async () => {
    apiKeyId = await newKey();
    expect(apiKeyId).toMatch(/^ak/);
    const repeated = { 'Idempotency-Key': randomUUID() };
    const second = await newKey({ name: 'cd' }, repeated);
    expect(await newKey({ name: 'cd' }, repeated)).toBe(second);
    const successor = await call('make', 'rotateApiKey', { path: keyPath(second), body: { overlapSeconds: 0 } });
    expect(String(successor.apiKeyId)).toMatch(/^ak/);
    await call('change', 'deleteApiKey', { path: keyPath(String(successor.apiKeyId)) });
  });

  it('applications: gives and takes a grant', async () => {
    const grant = { ...path, principal: 'other' };
    const given = await call('applications', 'putGrant', { path: grant, body: { actions: ['read'] } });
    expect(given).toMatchObject({ principal: 'other', actions: ['read'] });
    expect(await call('read', 'listGrants', { path })).toMatchObject({ items: { length: 2 } });
    await call('applications', 'deleteGrant', { path: grant });
    expect(await call('read', 'listGrants', { path })).toMatchObject({ items: { length: 1 } });
  });

  it('read: shows the application, its key and its issuers, and lists the applications of a caller and of a realm', async () => {
    expect(await call('read', 'getApp', { path })).toMatchObject({ hrn: app, name: 'shop' });
    expect(await call('read', 'listApiKeys', { path })).toMatchObject({ items: [{ name: 'ci', enabled: true }] });
    expect(await call('read', 'getApiKey', { path: keyPath(apiKeyId) })).toMatchObject({ name: 'ci' });
    expect(await call('read', 'listIssuers', { path })).toMatchObject({ items: [] });
    expect(await call('read', 'listApps')).toMatchObject({ items: [{ hrn: app }] });
    const token = await world.sign({ sub: 'auditor', permissions: [`account:read:hrn:here:account::${realm}:*`] });
    const headers = { Authorization: `Bearer ${token}` };
    expect(await call('read', 'listApps', { headers })).toMatchObject({ items: [{ hrn: app }] });
  });

  it('verifyApiKey: says that the key is valid', async () => {
    const told = await call('verifyApiKey', 'verifyApiKey', { body: { apiKeyId } });
    expect(told).toMatchObject({ valid: true, identity: app });
  });

  it('change: changes the application and its keys, and revokes a key', async () => {
    expect(await call('change', 'updateApp', { path, body: { name: 'store' } })).toMatchObject({ name: 'store' });
    const key = { path: keyPath(await newKey({ name: 'cd' })) };
    expect(await call('change', 'updateApiKey', { ...key, body: { name: 'deploy' } })).toMatchObject({
      name: 'deploy',
    });
    for (const [id, enabled] of [
      ['disableApiKey', false],
      ['enableApiKey', true],
    ] as const) {
      await call('change', id, key);
      expect(await call('read', 'getApiKey', key)).toMatchObject({ enabled });
    }
    await call('change', 'deleteApiKey', key);
    const leaked = await newKey({ name: 'leaked' });
    await call('change', 'revokeApiKey', { body: { apiKeyId: leaked } });
    expect(await call('read', 'getApiKey', { path: keyPath(leaked) })).toMatchObject({ enabled: false });
    await call('change', 'deleteApiKey', { path: keyPath(leaked) });
  });

  it('pages: serves the description, the reference page and the console', async () => {
    const document = await call('pages', 'getOpenapi');
    expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\./), paths: { '/apps': {} } });
    for (const id of ['getDocs', 'getConsole'] as const) {
      const page = (await responseOf('pages', await restEvent(id, {}))) as Answer;
      expect(page).toMatchObject({ statusCode: 200, body: expect.stringContaining('<!doctype html>') });
    }
    const root = (await responseOf('pages', await restEvent('getRoot', {}))) as Answer;
    expect(root).toMatchObject({ statusCode: 302, headers: { Location: expect.stringMatching(/console|docs/) } });
  });

  it('a wrong token is 401 and an unknown application 404, in the form of the contract', async () => {
    const headers = { Authorization: 'Bearer x' };
    const refused = (await responseOf('read', await restEvent('getApp', { path, headers }))) as Answer;
    expect([refused.statusCode, JSON.parse(refused.body).code]).toEqual([401, expect.stringMatching(/^401/)]);
    const nowhere = { app: encodeURIComponent(`${app}x`) };
    const missing = (await responseOf('read', await restEvent('getApp', { path: nowhere }))) as Answer;
    expect([missing.statusCode, JSON.parse(missing.body).code]).toEqual([404, expect.stringMatching(/^404/)]);
  });
});

it.each(['read', 'change', 'make', 'applications', 'pages'])(
  '%s: has no route for the event of an HTTP API in payload 2.0, which the service is not deployed behind',
  async (name) => {
    const { statusCode, body } = (await responseOf(name, samples.httpProxy)) as Answer;
    expect([statusCode, JSON.parse(body).code]).toEqual([404, '404404']);
  },
);

describe('the authorizer', () => {
  const withKey = (event: object, key: string) => {
    const { headers } = event as { headers: object };
    return { ...event, headers: { ...headers, 'x-api-key': key } };
  };
  const context = () => ({ appHrn: app, realm, keyHrn: expect.stringContaining(handleOf(apiKeyId as never)) });

  it('of a REST API, type REQUEST: allows the stage to a valid key', async () => {
    expect(await responseOf('authorizeApiKey', withKey(samples.restAuthorizer, apiKeyId))).toMatchObject({
      principalId: app,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Action: 'execute-api:Invoke',
            Effect: 'Allow',
            Resource: 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/*',
          },
        ],
      },
      context: context(),
    });
  });

  it('of an HTTP API, payload 2.0: answers in its simple form', async () => {
    const event = { ...withKey(samples.httpAuthorizer, apiKeyId), identitySource: [apiKeyId] };
    expect(await responseOf('authorizeApiKey', event)).toMatchObject({ isAuthorized: true, context: context() });
  });

  it.each([
    ['REST', samples.restAuthorizer],
    ['HTTP', samples.httpAuthorizer],
  ])('of a %s API: fails with what the gateway makes 401 of, without a key or with a wrong one', async (_, event) => {
    const unauthorized = { error: { errorType: 'Error', errorMessage: 'Unauthorized' } };
    expect(await world.invoke('authorizeApiKey', event)).toMatchObject(unauthorized);
    expect(await world.invoke('authorizeApiKey', withKey(event, 'wrong'))).toMatchObject(unauthorized);
  });

  it('of type TOKEN, which says too little of a request: fails with what the gateway makes 500 of', async () => {
    const event = { ...samples.tokenAuthorizer, authorizationToken: apiKeyId };
    const outcome = await world.invoke('authorizeApiKey', event);
    expect(outcome).toMatchObject({ error: { errorMessage: expect.not.stringContaining('Unauthorized') } });
  });
});

describe('functions for other functions', () => {
  it('generateApiKeyDirect: generates a key, the same again for the same idempotencyKey', async () => {
    const payload = { app, name: 'direct', createdBy: 'billing', idempotencyKey: randomUUID() };
    const made = await responseOf('generateApiKeyDirect', payload);
    expect(made).toMatchObject({ ok: true, apiKey: { apiKeyId: expect.stringMatching(/^ak/) } });
    expect(await responseOf('generateApiKeyDirect', payload)).toMatchObject({
      apiKey: (made as { apiKey: object }).apiKey,
    });
    const { apiKeyId: secret } = (made as { apiKey: { apiKeyId: string } }).apiKey;
    await call('change', 'deleteApiKey', { path: keyPath(secret) });
  });

  it('verifyApiKeyDirect: says that a key is valid, and that another one is not', async () => {
    expect(await responseOf('verifyApiKeyDirect', { apiKeyId })).toMatchObject({
      ok: true,
      verification: { valid: true, identity: app },
    });
    expect(await responseOf('verifyApiKeyDirect', { apiKeyId: 'wrong' })).toMatchObject({
      ok: true,
      verification: { valid: false },
    });
  });
});

it('rotateSecret: carries out the four steps of Secrets Manager, after which the secret holds a new valid key', async () => {
  const { secrets } = world;
  const SecretString = JSON.stringify({ app, apiKeyId });
  const { ARN: SecretId } = secrets.run('CreateSecret', { Name: 'shop', SecretString }) as { ARN: string };
  const ClientRequestToken = randomUUID();
  secrets.run('RotateSecret', { SecretId, ClientRequestToken });
  for (const Step of stepNames) {
    const event = { ...samples.rotation, Step, SecretId, ClientRequestToken };
    expect(await responseOf('rotateSecret', event)).toBe(null);
  }
  const { SecretString: now } = secrets.run('GetSecretValue', { SecretId }) as { SecretString: string };
  const rotated = JSON.parse(now).apiKeyId;
  expect(rotated).not.toBe(apiKeyId);
  expect(await responseOf('verifyApiKeyDirect', { apiKeyId: rotated })).toMatchObject({
    verification: { valid: true },
  });
});

it('publishChanges: puts the change that a record of the stream shows on the bus, and passes over other records', async () => {
  const { appId: pk, ...attributes } = anApp({ appId: 'streamed' });
  const image = marshall({ pk, sk: 'app', ...attributes });
  const Keys = marshall({ pk, sk: 'app' });
  const record = { ...samples.streamRecord, dynamodb: { ...samples.streamRecord.dynamodb, Keys, NewImage: image } };
  const event = { Records: [samples.streamRecord, record] };
  expect(await responseOf('publishChanges', event)).toEqual({ batchItemFailures: [] });
  expect(world.published.map(({ EventBusName, DetailType }) => [EventBusName, DetailType])).toEqual([
    ['audit', attributes.lastChange.action],
  ]);
  expect(JSON.parse(world.published[0]?.Detail ?? '')).toMatchObject({
    app: `hrn:here:account::${realm}:app/streamed`,
  });
});

it('sweep: announces an idle key on the bus and drops an old record, for the event of a schedule', async () => {
  const day = 86_400_000;
  const created = Date.now() - 3 * day;
  const key = aKey({ createdTime: created });
  const requests = { old: aRecord({ at: created, handle: handle('b') }) };
  const { appId: pk, ...attributes } = anApp({ appId: 'idle', keys: { [handle('a')]: key }, requests });
  const Item = { pk, sk: 'app', ...attributes, dueShard: 'due#0', dueAt: created };
  await world.database.send(new PutCommand({ TableName: tableName, Item }));
  const before = world.published.length;
  expect(await responseOf('sweep', samples.schedule)).toBe(null);
  expect(world.published.slice(before)).toMatchObject([
    { EventBusName: 'audit', DetailType: expect.stringMatching(/idle/i) },
  ]);
  const { Item: after } = await world.database.send(new GetCommand({ TableName: tableName, Key: { pk, sk: 'app' } }));
  expect(after?.requests).toEqual({});
});

it('change and applications: delete all keys, trust an issuer and no longer, and delete the application', async () => {
  await call('change', 'deleteApiKeys', { path });
  expect(await call('read', 'listApiKeys', { path })).toMatchObject({ items: [] });
  const issuer = { path: { ...path, issuer: encodeURIComponent('https://login.example') } };
  await call('change', 'putIssuer', issuer);
  expect(await call('read', 'listIssuers', { path })).toMatchObject({ items: { length: 1 } });
  await call('change', 'deleteIssuer', issuer);
  await call('applications', 'deleteApp', { path });
  expect(await call('read', 'listApps')).toMatchObject({ items: [] });
});

it('every operation was called, and every packaged function has answered', () => {
  const ofGateway = Object.values<Operation>(operations).filter(({ path: route }) => route !== undefined);
  expect([...called].sort()).toEqual(ofGateway.map(({ id }) => id).sort());
  expect([...world.figures().keys()].sort()).toEqual([...world.functions.keys()].sort());
});

/** Rights that no call of a function uses, because something else does. */
const usedByOthers: readonly (readonly [right: RegExp, why: string])[] = [
  [/^logs:/, 'Lambda writes what a function prints'],
  [/^xray:/, 'Lambda sends the traces'],
  [/^kms:(?!GenerateMac)/, "DynamoDB uses the table's key for the function"],
  [/^dynamodb:(GetRecords|GetShardIterator|DescribeStream|ListStreams) /, 'Lambda reads the stream'],
  [/^sqs:SendMessage /, 'Lambda sends what could not be published'],
  [/^dynamodb:BatchGetItem .*\/index\//, 'no such request exists: the statement names the table and the index'],
];

describe('the roles', () => {
  const names = () => [...world.functions.keys()];
  const rights = (name: string) =>
    rightsOf(world.functions.get(name)?.logicalId ?? expect.fail(name), world.service, world.data);
  const calls = (name: string) => world.callsOf(name).map((made) => withKeys(made, world.data));
  const denied = (made: string, role: string) =>
    calls(made).filter((each) => !rights(role).some((right) => allows(right, each)));
  const unused = (made: string, role: string) =>
    rights(role)
      .filter((right) => !calls(made).some((each) => allows(right, each)))
      .map(({ action, resource }) => `${action} ${resource}`)
      .filter((right) => !usedByOthers.some(([pattern]) => pattern.test(right)));

  it('allow every call that the functions have made', () => {
    for (const name of names()) expect([name, denied(name, name)]).toEqual([name, []]);
  });

  it('allow nothing that no call has used, but for what something else uses', () => {
    for (const name of names()) expect([name, unused(name, name)]).toEqual([name, []]);
  });

  it('are not exchangeable: a function needs more than the role of another one, or less', () => {
    expect(denied('make', 'change').map(({ action }) => action)).toContain('kms:GenerateMac');
    expect(denied('read', 'verifyApiKey').map(({ action }) => action)).toContain('dynamodb:GetItem');
    expect(denied('sweep', 'read').map(({ action }) => action)).toContain('dynamodb:UpdateItem');
    expect(unused('change', 'make')).toEqual([expect.stringContaining('kms:GenerateMac ')]);
  });
});

describe('the Runtime API', () => {
  it('is told of a bundle that cannot be loaded', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'appkeys-broken-'));
    const found = world.functions.get('read') ?? expect.fail();
    cpSync(found.folder, folder, { recursive: true });
    writeFileSync(join(folder, `${found.handler.replace('.handler', '')}.mjs`), "import 'nowhere';");
    await expect(startRuntime({ ...found, folder }, {})).rejects.toThrow(/Cannot find package 'nowhere'/);
    rmSync(folder, { recursive: true });
  });
});

function printFigures(): void {
  const rows = [...world.figures()].map(([name, { initMs, peakBytes }]) => [
    name,
    `${Math.round(initMs)}`,
    `${Math.round(peakBytes / 1_000_000)}`,
  ]);
  for (const [name = '', init = '', peak = ''] of [['function', 'init, ms', 'peak, MB'], ...rows])
    console.log(`${name.padEnd(22)}${init.padStart(10)}${peak.padStart(12)}`);
  console.log(`Node.js ${process.version} on ${process.arch}; init is that of the fastest of some starts`);
}
