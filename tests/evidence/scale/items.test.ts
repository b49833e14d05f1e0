import { beforeAll, expect, inject, it } from 'vitest';
import { openTable } from '../../../lib/store/dynamodb.ts';
import { tokenOf } from '../../support/calls.ts';
import type { OperationId, TestRequest } from '../../support/events.ts';
import { type Metered, startMeteredDatabase } from '../../support/metered-database.ts';
import { startService, type TestReply, type TestService } from '../../support/service.ts';
import { itemSize, readUnits, writeUnits } from './item-size.ts';
import { itemBytes } from './items.ts';

let service: TestService;
let requests: Metered[];
let headers: { Authorization: string };
let app: { appId: string; path: { app: string } };

beforeAll(async () => {
  const database = await startMeteredDatabase(inject('endpoint'));
  requests = database.requests;
  service = await startService({}, { AWS_ENDPOINT_URL_DYNAMODB: database.endpoint });
  const sub = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';
  headers = await tokenOf(service, { sub, permissions: ['account:createApp', 'account:verify'] });
  const { body } = await service.call('createApp', { headers, body: { name: 'Billing, production' } });
  app = { appId: body.clientId, path: { app: encodeURIComponent(body.hrn) } };
});

/** @returns bytes of the item after a call, and the reply */
async function after(id: OperationId, request: TestRequest = {}): Promise<{ bytes: number; reply: TestReply }> {
  requests.length = 0;
  const reply = await service.call(id, { path: app.path, ...request, headers: { ...headers, ...request.headers } });
  expect(reply.statusCode).toBeLessThan(300);
  return { bytes: await bytes(), reply };
}

async function bytes(): Promise<number> {
  return itemSize(await service.item({ appId: app.appId } as never));
}

/** Verifies a key, and waits for the note of its use, for which the call waits 50 ms at most. @returns bytes of that note */
async function use({ body: { apiKeyId, apiKey } }: TestReply): Promise<number> {
  await after('verifyApiKey', { body: { apiKeyId } });
  await expect.poll(() => requests.length).toBeGreaterThanOrEqual(2);
  const key = { pk: `used#${app.appId}`, sk: apiKey.split('/').at(-1) };
  const attempt = await openTable(service.tableName).attemptGet(key);
  return itemSize('found' in attempt ? (attempt.found ?? {}) : expect.fail());
}

const named = { body: { name: 'server, 2026' } };
const written = (size: number): Metered => `UpdateItem ${writeUnits(size)}`;
const read = (size: number): Metered => `GetItem ${readUnits(size)}`;

it('an application has as many bytes as the page says, and the engine counts as many units', async () => {
  expect(await bytes()).toBe(itemBytes.fresh);

  const one = await after('generateApiKey', named);
  expect([one.bytes, requests]).toEqual([itemBytes.oneKey, [written(itemBytes.oneKey)]]);
  const two = await after('generateApiKey', named);
  expect([two.bytes, requests]).toEqual([itemBytes.twoKeys, [written(itemBytes.twoKeys)]]);

  const used = await use(two.reply);
  expect([used, requests.slice(0, 2)]).toEqual([itemBytes.use, [read(two.bytes), written(used)]]);

  const path = { ...app.path, apiKey: encodeURIComponent(two.reply.body.apiKey) };
  const disabled = await after('disableApiKey', { path });
  expect(disabled.bytes - two.bytes).toBe(itemBytes.keyChange);

  const rotate = (of: TestReply) =>
    after('rotateApiKey', { path: { ...app.path, apiKey: encodeURIComponent(of.body.apiKey) }, body: {} });
  const rotated = await rotate(two.reply);
  const again = await rotate(rotated.reply);
  expect(again.bytes - rotated.bytes).toBe(itemBytes.tombstone);
  expect(requests).toEqual([read(rotated.bytes), written(again.bytes)]);

  await after('deleteApiKeys');
  const repeatable = (key: string) => after('generateApiKey', { ...named, headers: { 'Idempotency-Key': key } });
  const [first, second] = [await repeatable('first'), await repeatable('second')];
  const key = itemBytes.twoKeys - itemBytes.oneKey;
  expect(second.bytes - first.bytes - key).toBe(itemBytes.record);
  const { dueShard, dueAt } = (await service.item({ appId: app.appId } as never)) as never;
  expect(itemSize({ dueShard, dueAt })).toBe(itemBytes.due);

  expect((await after('deleteApp')).bytes).toBeLessThan(itemBytes.fresh);
});
