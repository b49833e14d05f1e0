import { beforeAll, expect, it } from 'vitest';
import type { ApiKey } from '../lib/domain/api-key.ts';
import type { KeyHandle } from '../lib/domain/api-key-id.ts';
import type { App } from '../lib/domain/app.ts';
import { keyPath } from './support/calls.ts';
import { expectRefusal, hrnOf, startService, type TestService } from './support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

/** A key that 0.1.0 made, and the application's id in it. */
const apiKeyId = 'ak_lACE8kgYxsahjbXnvy8w_AZNhfsD4sLfoBRS2B9qYzYui1zV594v4bCT7jwp7JsG2oPRVO';
const appId = 'lACE8kgYxsahjbXnvy8w';
const handle = 'jnJddD06U1RdvYuZdzlyKkRu7nUsjUV22lDvto_K9qE' as KeyHandle;
const key: ApiKey = { name: 'first key', enabled: true, createdTime: 1795388861081, createdBy: 'demo', expiresAt: -1 };

it('a key that 0.1.0 made is valid', async () => {
  await service.seed({ appId, keys: { [handle]: key }, keyCount: 1 });
  const valid = { valid: true, apiKey: `hrn:here:account::myrealm:apikey/${handle}` };
  expect(await service.invokeVerify({ apiKeyId })).toMatchObject({ ok: true, verification: valid });
});

it('changes leave alone what a later version has added to an application and to its keys', async () => {
  const keys = { [handle]: { ...key, later: 'of a key' } };
  const app = await service.seed({ keys, keyCount: 1, later: { of: 'an application' } } as unknown as Partial<App>);
  const path = keyPath(app, handle);
  await service.call('disableApiKey', { path });
  await service.call('updateApiKey', { path, body: { name: 'renamed' } });
  await service.call('rotateApiKey', { path, body: { overlapSeconds: 60 } });
  await service.call('updateApp', { path, body: { name: 'renamed' } });
  await service.call('putGrant', { path: { ...path, principal: 'bob' }, body: { actions: ['read'] } });
  await service.call('deleteGrant', { path: { ...path, principal: 'bob' } });
  const stored = await service.item(app);
  expect(stored).toMatchObject({ name: 'renamed', keyCount: 2, later: { of: 'an application' } });
  expect(stored.keys[handle]).toMatchObject({ name: 'renamed', enabled: false, later: 'of a key' });
});

it('a secret that the KMS key does not give again is 500000, and nothing is made; the key is valid all the same', async () => {
  const app = await service.seed();
  const generate = (name: string) => service.generate(app, { name: 'a key' }, { 'Idempotency-Key': name });
  const first = await generate('first');
  const stored = await service.item(app);
  const [[hash, record] = expect.fail()] = Object.entries(stored.requests);
  const requests = { [hash]: { ...record, salt: Buffer.alloc(32).toString('base64') } };
  await service.seed({ ...stored, appId: app.appId, requests });
  expectRefusal(await generate('first'), '500000');
  expect((await service.item(app)).keyCount).toBe(1);
  const { apiKeyId } = first.body;
  expect(await service.invokeVerify({ apiKeyId })).toMatchObject({ verification: { valid: true } });
  expect((await generate('second')).statusCode).toBe(201);
  expect((await service.call('listApiKeys', { path: { app: hrnOf(app) } })).body.total).toBe(2);
});
