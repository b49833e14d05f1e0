import { type ChildProcess, fork, type StdioOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Ports as AllPorts, formatAppUrl } from '../infra/local/addresses.ts';
import { stage } from '../infra/local/functions.ts';
import { startIdentityProvider } from '../infra/local/identity-provider.ts';
import { localIssuer, openSigningKey, type SigningKey, signToken } from '../infra/local/issuer.ts';
import { startLocalKms } from '../infra/local/kms.ts';
import { freePort, loopback } from '../infra/local/ports.ts';
import { seedApps } from '../infra/local/seed.ts';
import { serviceEnvironment } from '../infra/local/service.ts';
import { createTable, localClient } from '../infra/local/table.ts';
import { newApp } from '../lib/domain/app.ts';
import { FunctionCrash, generateApiKey, verifyApiKey } from '../lib/package/direct-client.ts';
import { settingsFolder, testSettings } from './support/settings.ts';

type Ports = Omit<AllPorts, 'issuerPort'>;

/** Four processes of the service, as `npm start` starts it, on one database. */
const instances: { child: ChildProcess; ports: Ports }[] = [];
const folder = mkdtempSync(join(tmpdir(), 'appkeys-processes-'));
const tableName = `appkeys-${stage}`;
let key: SigningKey;
let apps = 0;

beforeAll(async () => {
  const endpoint = inject('endpoint');
  await createTable(endpoint, tableName);
  await seedApps(endpoint, tableName, Date.now());
  key = await openSigningKey(folder);
  const providerPorts = { httpPort: await freePort(), issuerPort: await freePort() };
  const { issuer, stop } = await startIdentityProvider(providerPorts, { key, folder });
  const kms = await startLocalKms(randomBytes(32));
  const settings = testSettings({ tableName, issuers: [localIssuer(`${issuer}/jwks`)], verify: { cacheSeconds: 1 } });
  const surroundings = { database: { endpoint }, kms, folder: settingsFolder(settings) };
  const env = { ...serviceEnvironment(surroundings), APPKEYS_LOCAL_DIR: folder };
  for (let index = 0; index < 4; index += 1) {
    const ports = { httpPort: await freePort(), lambdaPort: await freePort() };
    const stdio: StdioOptions = ['ignore', 'ignore', 'inherit', 'ipc'];
    const args = [String(ports.httpPort), String(ports.lambdaPort)];
    const child = fork('tests/support/service-process.ts', args, { env, stdio, execArgv: [] });
    instances.push({ child, ports });
    await Promise.race([once(child, 'message'), once(child, 'exit').then(() => expect.fail('It did not start.'))]);
  }
  return stop;
}, 300_000);

afterAll(async () => {
  for (const { child } of instances) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function newSeed(): Promise<string> {
  apps += 1;
  const made = {
    appId: `processes${apps}`,
    realm: 'myrealm',
    name: 'x',
    owner: 'demo',
    now: 1,
    op: 'x',
    correlationId: 'x',
  };
  const { appId, ...attributes } = newApp(made);
  const Item = { pk: appId, sk: 'app', ...attributes };
  await DynamoDBDocumentClient.from(localClient(inject('endpoint'))).send(
    new PutCommand({ TableName: tableName, Item }),
  );
  return appId;
}

async function statusesOf(count: number, targets: Ports[], appId: string): Promise<Record<string, number>> {
  const token = await signToken(key, { principal: 'demo', realm: 'myrealm', expiresInSeconds: 300 });
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const send = async (ports: Ports) => {
    const url = `${formatAppUrl(ports, { realm: 'myrealm', appId }, 'here')}/apiKeys`;
    const reply = await fetch(url, { method: 'POST', headers, body: '{"name":"x"}' });
    return ((await reply.json()) as { code?: string }).code ?? String(reply.status);
  };
  const codes = await Promise.all(
    Array.from({ length: count }, (_, index) => send(targets[index % targets.length] ?? expect.fail())),
  );
  return Object.fromEntries([...Map.groupBy(codes, (code) => code)].map(([code, { length }]) => [code, length]));
}

async function keyCountOf(appId: string): Promise<unknown> {
  const client = DynamoDBDocumentClient.from(localClient(inject('endpoint')));
  const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
  const item = Items.find(({ pk }) => pk === appId);
  expect(Object.keys(item?.keys)).toHaveLength(item?.keyCount);
  return item?.keyCount;
}

describe('security 9: 200 concurrent calls over HTTP', () => {
  it.each([1, 4])(
    'to %i processes: exactly two 201, keyCount 2, the rest refused or, if the machine is busy, shed',
    async (count) => {
      const appId = await newSeed();
      const targets = instances.slice(0, count).map(({ ports }) => ports);
      const { 201: made, 409303: _refused, 503000: _shed, ...others } = await statusesOf(200, targets, appId);
      expect([made, others, await keyCountOf(appId)]).toEqual([2, {}, 2]);
    },
  );
});

describe('the typed client for other Lambda functions', () => {
  const functionName = `appkeys-${stage}-generateApiKeyDirect`;
  const client = () =>
    new LambdaClient({
      endpoint: `http://${loopback}:${instances[0]?.ports.lambdaPort}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    });

  it('returns the key, then the refusal', async () => {
    const payload = { app: `hrn:here:account::myrealm:app/${await newSeed()}`, name: 'x', createdBy: 'signup' };
    const made = await generateApiKey(client(), functionName, payload);
    expect(made).toMatchObject({ ok: true, apiKey: { identity: payload.app } });
    await generateApiKey(client(), functionName, payload);
    const refused = await generateApiKey(client(), functionName, { ...payload, correlationId: 'mine' });
    expect(refused).toMatchObject({ ok: false, error: { code: '409303', correlationId: 'mine' } });
  });

  it('tells whether a key is valid', async () => {
    const made = await generateApiKey(client(), functionName, {
      app: `hrn:here:account::myrealm:app/${await newSeed()}`,
      name: 'x',
    });
    const apiKeyId = made.ok ? made.apiKey.apiKeyId : '';
    const verify = (text: string) => verifyApiKey(client(), `appkeys-${stage}-verifyApiKeyDirect`, { apiKeyId: text });
    expect(await verify(apiKeyId)).toMatchObject({ ok: true, verification: { valid: true, name: 'x' } });
    expect(await verify('x')).toEqual({ ok: true, verification: { valid: false, reason: 'malformed' } });
  });

  it('throws FunctionCrash when the function is none that returns a result', async () => {
    const crash = { ...client(), send: async () => ({ FunctionError: 'Unhandled' }) } as unknown as LambdaClient;
    await expect(generateApiKey(crash, functionName, { app: 'x', name: 'x' })).rejects.toBeInstanceOf(FunctionCrash);
  });
});

describe('GET /whoami, an API behind the authorizer', () => {
  it('opens with a key in any place, and is closed in every process soon after the key was disabled', async () => {
    const appId = await newSeed();
    const token = await signToken(key, { principal: 'demo', realm: 'myrealm', expiresInSeconds: 300 });
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const [{ ports } = expect.fail()] = instances;
    const url = `${formatAppUrl(ports, { realm: 'myrealm', appId }, 'here')}/apiKeys`;
    const reply = await fetch(url, { method: 'POST', headers, body: '{"name":"x"}' });
    const { apiKeyId, apiKey, identity } = (await reply.json()) as Record<string, string>;

    const whoami = (of: Ports, held: Record<string, string | undefined>, query = '') =>
      fetch(`http://${loopback}:${of.httpPort}/whoami${query}`, { headers: held as Record<string, string> });
    for (const answer of [
      await whoami(ports, { 'x-api-key': apiKeyId }),
      await whoami(ports, { Authorization: `ApiKey ${apiKeyId}` }),
      await whoami(ports, {}, `?apiKey=${apiKeyId}`),
    ]) {
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ appHrn: identity, realm: 'myrealm', keyHrn: apiKey, scopes: '' });
    }
    expect((await whoami(ports, {})).status).toBe(401);
    expect((await whoami(ports, { 'x-api-key': `${apiKeyId}x` })).status).toBe(401);

    const statuses = () =>
      Promise.all(instances.map(async (each) => (await whoami(each.ports, { 'x-api-key': apiKeyId })).status));
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    await fetch(`${url}/${encodeURIComponent(apiKey ?? '')}/disable`, { method: 'POST', headers });
    await sleep(1_000); // what was found valid before is remembered no longer
    expect(await statuses()).toEqual([401, 401, 401, 401]);
  });
});

it('security 22: a page of another origin may read nothing', async () => {
  const url = `http://${loopback}:${instances[0]?.ports.httpPort}/openapi.json`;
  const { headers } = await fetch(url, { headers: { Origin: 'https://evil.example' } });
  expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});

describe('what the local gateway answers by itself', () => {
  it.each([
    ['GET', '/nothing'],
    ['DELETE', '/apps'],
    ['GET', '//'],
    ['GET', '/openapi.json/?at=all'],
    ['DELETE', '/apps/hrn%3Ahere%3Aaccount%3A%3Amyrealm%3Aapp%2FlACE8kgYxsahjbXnvy8w/apiKeys/'],
  ])('404404 for %s %s', async (method, path) => {
    const reply = await fetch(`http://${loopback}:${instances[0]?.ports.httpPort}${path}`, { method });
    expect([reply.status, await reply.json()]).toMatchObject([404, { code: '404404' }]);
  });
});
