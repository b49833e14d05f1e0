import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { EndlessFaults, handleIn, randomNumbers, seed } from '../evidence/properties/support.ts';
import type { DatabaseProxy } from '../support/database-proxy.ts';
import { startProxiedService } from '../support/proxied-service.ts';
import { expectRefusal, hrnOf, startService, type TestService } from '../support/service.ts';

let service: TestService;
let proxy: DatabaseProxy;
const tellsRefusedItem = inject('engine') === 'dynamodb-local';

let reset: () => void;

beforeAll(async () => {
  ({ service, proxy, reset } = await startProxiedService());
  return () => proxy.stop();
});

beforeEach(() => reset());

const full = { keyCount: 2, keys: {} };

describe('requests to the database, counted at the wire', () => {
  it('1 for a new key', async () => {
    const app = await service.seed();
    await service.generate(app);
    expect(proxy.requests).toEqual(['UpdateItem']);
  });

  it('1 for a refusal where the engine returns the item, 2 where it does not', async () => {
    expectRefusal(await service.generate(await service.seed(full)), '409303');
    expect(proxy.requests).toEqual(tellsRefusedItem ? ['UpdateItem'] : ['UpdateItem', 'GetItem']);
  });

  it('0 for what the token, the path or the body already refuses', async () => {
    const app = await service.seed();
    expectRefusal(await service.generate(app, {}), '400201');
    expectRefusal(await service.generate({ ...app, realm: 'other' }), '404660');
    expectRefusal(await service.generate(app, { name: 'x' }, { Authorization: 'Bearer x' }), '401300');
    expect(proxy.requests).toEqual([]);
  });
});

describe('faults between the service and the database', () => {
  it("security 9: 200 concurrent calls with 30 % of the database's answers lost: never more than two keys", async () => {
    const app = await service.seed();
    proxy.faults = new EndlessFaults(0.3, randomNumbers(seed));
    const replies = await Promise.all(Array.from({ length: 200 }, () => service.generate(app)));
    proxy.faults = [];
    for (let left = 10; left > 0 && replies.at(-1)?.body.code !== '409303'; left -= 1)
      replies.push(await service.generate(app));
    const codes = replies.map(({ statusCode, body }) => body.code ?? String(statusCode));
    expect(['201', '409303', '503000']).toEqual(expect.arrayContaining([...new Set(codes)]));
    const { keys, keyCount } = await service.item(app);
    expect([keyCount, Object.keys(keys).length]).toEqual([2, 2]);
    const made = replies.flatMap(({ statusCode, body }) => (statusCode === 201 ? [handleIn(body.apiKey)] : []));
    expect(Object.keys(keys)).toEqual(expect.arrayContaining(made));
  });

  it('an answer lost after the write: one 201, one key', async () => {
    const app = await service.seed();
    proxy.faults = ['loseAnswer'];
    const { statusCode, body } = await service.generate(app);
    expect(statusCode).toBe(201);
    const { keys, keyCount } = await service.item(app);
    expect([Object.keys(keys), keyCount]).toEqual([[body.apiKey.split('/')[1]], 1]);
  });

  it('a request lost before the write: one 201, one key', async () => {
    const app = await service.seed();
    proxy.faults = ['loseRequest', 'loseRequest'];
    expect((await service.generate(app)).statusCode).toBe(201);
    expect((await service.item(app)).keyCount).toBe(1);
  });

  it('a request that hangs is given up and made again', async () => {
    const app = await service.seed();
    proxy.faults = ['hang'];
    expect((await service.generate(app)).statusCode).toBe(201);
    expect((await service.item(app)).keyCount).toBe(1);
  });

  it('a refusal after a lost answer is fenced: a late copy of the write leaves no key that nobody holds', async () => {
    const app = await service.seed(full);
    proxy.faults = ['loseRequest'];
    expectRefusal(await service.generate(app), '409303');
    const { lastChange, sealed, keyCount } = await service.item(app);
    expect([lastChange.action, sealed, keyCount]).toEqual(['fenceApiKey', lastChange.at, 2]);
  });

  it('503 with Retry-After while requests are still being lost, and it says that the outcome is not known', async () => {
    const app = await service.seed();
    proxy.faults = Array.from({ length: 100 }, () => 'loseRequest');
    const reply = await service.generate(app);
    expectRefusal(reply, '503000');
    expect(reply.headers['Retry-After']).toBe('1');
    expect(reply.body.cause).toContain('not known');
    expect(proxy.faults.length).toBeGreaterThan(0);
  });

  it('an attempt gets what is left of the time: a request that hangs is answered at the deadline', async () => {
    const app = await service.seed();
    proxy.faults = Array.from({ length: 10 }, () => 'hang');
    const path = { app: hrnOf(app) };
    const replies = await Promise.all([
      service.call('getApp', { path, remainingMs: 2_000 }),
      service.call('generateApiKey', { path, body: { name: 'x' }, remainingMs: 2_000 }),
    ]);
    for (const reply of replies) expectRefusal(reply, '503000');
    expect(replies.map(({ body }) => body.cause)).toEqual([
      expect.stringContaining('Nothing was changed'),
      expect.stringContaining('not known'),
    ]);
  });

  it('503 that says nothing was changed when the database cannot be reached at all', async () => {
    const unreachable = await startService({}, { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' });
    const reply = await unreachable.generate(await unreachable.seed());
    expectRefusal(reply, '503000');
    expect(reply.body.cause).toContain('Nothing was changed');
    expect(reply.text).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|appkeys-/);
  });

  it('creating an application after a lost answer: one 200, one application', async () => {
    service = await startService({}, { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint });
    proxy.faults = ['loseAnswer'];
    const { statusCode, body } = await service.call('createApp', { body: { name: 'mine' } });
    expect(statusCode).toBe(200);
    expect(await service.item({ ...(await service.seed()), appId: body.clientId })).toMatchObject({
      name: 'mine',
      rev: 1,
    });
  });
});
