import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openTable } from '../../lib/store/dynamodb.ts';
import { createRateLimiter, type RateLimiter } from '../../lib/store/rate-limit.ts';
import type { Deadline } from '../../lib/store/settle.ts';
import type { Update } from '../../lib/store/table.ts';
import { MemoryTable, openMemoryTable } from '../evidence/interleavings/memory-table.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts';
import { type Fate, fate } from '../support/scripted-table.ts';
import { expectRefusal, startService, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;
let proxy: DatabaseProxy;
let clients = 0;

beforeAll(async () => {
  proxy = await startDatabaseProxy(inject('endpoint'));
  service = await startService({ rateLimit: '2,5' }, { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint });
  return () => proxy.stop();
});

/** The limiter of one process, at 2 requests a second and 5 at once. */
const limiter = () => createRateLimiter(openTable(service.tableName), { requestsPerSecond: 2, burst: 5 });

function newClient() {
  clients += 1;
  return { issuer: 'https://issuer.test', principal: `client-${clients}` };
}

function at(ms: number): Deadline {
  return { at: ms + 5_000, now: () => ms, sleep: async () => {}, random: () => 0 };
}

async function isAllowed(limit: RateLimiter, client: ReturnType<typeof newClient>, ms: number): Promise<boolean> {
  try {
    await limit(client, at(ms));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: '429003', parts: { retryAfterSeconds: 1 } });
    return false;
  }
}

describe('the rate limit', () => {
  it('lets a burst through, then the steady rate, and never more', async () => {
    const client = newClient();
    const limit = limiter();
    const allowed: number[] = [];
    for (let ms = 0; ms <= 4_000; ms += 100) if (await isAllowed(limit, client, 1_000_000 + ms)) allowed.push(ms);
    // 5 at once, of which one comes back each 500 ms while they are used up
    expect(allowed).toEqual([0, 100, 200, 300, 400, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000]);
  });

  it('is full again after a pause', async () => {
    const client = newClient();
    const limit = limiter();
    const used = await Promise.all(Array.from({ length: 10 }, () => isAllowed(limit, client, 1_000_000)));
    expect(used.filter(Boolean)).toHaveLength(5);
    const later = await Promise.all(Array.from({ length: 10 }, () => isAllowed(limit, client, 1_002_500)));
    expect(later.filter(Boolean)).toHaveLength(5);
  });

  it('is exact across processes that know nothing of one another', async () => {
    const client = newClient();
    const processes = Array.from({ length: 8 }, limiter);
    const allowed = await Promise.all(
      Array.from({ length: 80 }, (_, index) => isAllowed(processes[index % 8] ?? limiter(), client, 1_000_000)),
    );
    expect(allowed.filter(Boolean)).toHaveLength(5);
  });

  it('counts each principal by itself', async () => {
    const limit = limiter();
    const [one, two] = [newClient(), newClient()];
    for (let index = 0; index < 6; index += 1) await isAllowed(limit, one, 1_000_000);
    expect(await isAllowed(limit, two, 1_000_000)).toBe(true);
  });

  it('costs one write when the bucket is as remembered, two at most', async () => {
    const limit = limiter();
    const client = newClient();
    const cost = async (ms: number, by = limit) => {
      proxy.requests.length = 0;
      await isAllowed(by, client, ms);
      return proxy.requests;
    };
    expect(await cost(1_000_000)).toEqual(['UpdateItem']);
    expect(await cost(1_000_000)).toEqual(['UpdateItem']);
    expect(await cost(1_000_000, limiter())).toEqual(['UpdateItem', 'UpdateItem']);
    expect(await cost(1_010_000)).toEqual(['UpdateItem']);
  });

  it('503 when it cannot be looked up', async () => {
    proxy.faults = Array.from({ length: 50 }, () => 'loseRequest');
    const slept = { ...at(1_000_000), now: ticking(1_000_000) };
    await expect(limiter()(newClient(), slept)).rejects.toMatchObject({ code: '503000' });
    proxy.faults = [];
  });
});

/** A clock that goes on by a second at each look. */
function ticking(from: number): () => number {
  let ms = from;
  return () => {
    ms += 1_000;
    return ms;
  };
}

it('a lost answer counts once', async () => {
  const client = newClient();
  const limit = createRateLimiter(openTable(service.tableName), { requestsPerSecond: 1, burst: 1 });
  proxy.faults = ['loseAnswer'];
  expect(await isAllowed(limit, client, 1_000_000)).toBe(true);
  expect(await isAllowed(limit, client, 1_000_000)).toBe(false);
});

it('a client that waited is not refused when its requests come together', async () => {
  const client = newClient();
  const limit = limiter();
  for (let index = 0; index < 6; index += 1) await isAllowed(limit, client, 1_000_100);
  const allowed = await Promise.all(Array.from({ length: 5 }, () => isAllowed(limit, client, 1_002_650)));
  expect(allowed).toEqual([true, true, true, true, true]);
});

it('the same principal of another issuer is another client; the item goes by itself', async () => {
  const limit = limiter();
  const client = newClient();
  for (let index = 0; index < 6; index += 1) await isAllowed(limit, client, 1_000_000);
  expect(await isAllowed(limit, { ...client, issuer: 'https://other-issuer.test' }, 1_000_000)).toBe(true);
  const item = await openTable(service.tableName).attemptGet({
    pk: `rate#${client.issuer}#${client.principal}`,
    sk: 'rate',
  });
  expect(item).toMatchObject({ found: { tat: 1_002_500_000, ttl: 1_063 } });
});

describe('over the limit', () => {
  beforeAll(async () => {
    service = await startService({ rateLimit: '0.01,5' }, { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint });
  });

  const create = (headers: Record<string, string>, body: unknown = { name: 'x' }): Promise<TestReply> =>
    service.call('createApp', { headers, body });

  it('429003 with Retry-After, for every call of the principal, before path and body are looked at', async () => {
    const sub = newClient().principal;
    const headers = {
      Authorization: `Bearer ${await service.issuer.sign({ sub, permissions: ['account:createApp'] })}`,
    };
    const replies = await Promise.all(Array.from({ length: 8 }, () => create(headers)));
    expect(replies.filter(({ statusCode }) => statusCode === 200)).toHaveLength(5);
    const later = [
      await create(headers, '{'),
      await service.call('getApp', { headers, path: { app: 'x' } }),
      await service.generate(await service.seed(), {}, headers),
    ];
    for (const reply of later) {
      expectRefusal(reply, '429003');
      expect(reply.headers['Retry-After']).toBe('100');
    }
  });

  it('security 19: a caller that claims another address each time is still one caller', async () => {
    const { principal: sub } = newClient();
    const Authorization = `Bearer ${await service.issuer.sign({ sub, permissions: ['account:createApp'] })}`;
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, nth) =>
        create({ Authorization, 'X-Forwarded-For': `192.0.2.${nth}`, Forwarded: `for=192.0.2.${nth}` }),
      ),
    );
    expect(replies.filter(({ statusCode }) => statusCode === 200)).toHaveLength(5);
  });

  it('a project scope is refused after that', async () => {
    const claims = { sub: newClient().principal, scope: 'hrn:here:authorization::r:project/p' };
    const headers = { Authorization: `Bearer ${await service.issuer.sign(claims)}` };
    for (let index = 0; index < 5; index += 1) expectRefusal(await create(headers), '403403');
    expectRefusal(await create(headers), '429003');
  });

  it('a bad token is refused before it counts', async () => {
    proxy.requests.length = 0;
    expectRefusal(await create({ Authorization: 'Bearer x' }), '401300');
    expect(proxy.requests).toEqual([]);
  });
});

describe('the writes of the limit, at 3 requests a second and 4 at once', () => {
  const client = { issuer: 'https://issuer.test', principal: 'ann' };
  const key = { pk: 'rate#https://issuer.test#ann', sk: 'rate' };
  const ms = 1_000_000;
  const [second, interval] = [1_000_000_000, 333_334];

  /** A bucket that is full again at `tat`. `ask` answers whether a request is let in, and after how many writes. */
  function bucketOf(tat?: number, requestsPerSecond = 3) {
    const memory = new MemoryTable();
    const set = (to: number) =>
      memory.write({ kind: 'put', put: { Item: { ...key, tat: to, op: 'earlier', ttl: 1 } } });
    const remove = () => memory.write({ kind: 'delete', remove: { Key: { ...key } } });
    if (tat !== undefined) set(tat);
    let told: readonly Fate[] = [];
    let writes = 0;
    const attemptUpdate = async (update: Update) => {
      writes += 1;
      return (told[writes - 1] ?? fate.asUsual)(() => memory.write({ kind: 'update', update }));
    };
    const limit = createRateLimiter({ ...openMemoryTable(memory), attemptUpdate }, { requestsPerSecond, burst: 4 });
    const ask = async (when: number, ...fates: Fate[]) => {
      [told, writes] = [fates, 0];
      const isIn = await isAllowed(limit, client, when);
      return [isIn, writes];
    };
    return { ask, set, remove, item: () => memory.get(key) };
  }

  it.each<[string, number | undefined, boolean, number, number | undefined]>([
    ['a first request', undefined, true, 1, second + interval],
    ['a bucket just full', second, true, 1, second + interval],
    ['a bucket not quite full', second + 1, true, 2, second + 1 + interval],
    ['the last place', second + 3 * interval, true, 2, second + 4 * interval],
    ['no place', second + 3 * interval + 1, false, 2, second + 3 * interval + 1],
  ])('%s', async (_, tat, isIn, writes, after) => {
    const { ask, item } = bucketOf(tat);
    expect(await ask(ms)).toEqual([isIn, writes]);
    expect(item()).toMatchObject({ tat: after });
  });

  it('tell when the item may go: a minute after the bucket is full', async () => {
    const { ask, item } = bucketOf(undefined);
    await ask(ms);
    expect(item()).toEqual({ ...key, tat: second + interval, op: expect.any(String), ttl: 1_061 });
    await ask(ms);
    expect(item()).toMatchObject({ tat: second + 2 * interval, ttl: 1_062 });
  });

  it('go by what the process remembers of the bucket: one each', async () => {
    const { ask } = bucketOf(undefined, 2);
    const times = [0, 500, 500, 500, 500, 2_499, 2_500, 3_500, 9_000];
    const writes: unknown[] = [];
    for (const time of times) writes.push(await ask(ms + time));
    expect(writes).toEqual(times.map(() => [true, 1]));
  });

  it('take the bucket for used up after a refusal', async () => {
    const { ask } = bucketOf(second + 3 * interval + 1);
    const writes = [await ask(ms), await ask(ms + 1), await ask(ms + 1_333)];
    expect(writes).toEqual([
      [false, 2],
      [true, 1],
      [true, 1],
    ]);
  });

  it('let one in though the bucket was remembered busy, found idle, and busy again', async () => {
    const { ask, set } = bucketOf();
    await ask(ms);
    set(second);
    const filled: Fate = (apply) => {
      set(second + interval);
      return apply();
    };
    expect(await ask(ms, fate.asUsual, filled)).toEqual([true, 3]);
  });

  it.each<[string, Fate | undefined, number, number]>([
    ['its own: that counts', undefined, 2, second + interval],
    ["another's: one's own is yet to count", fate.lost, 3, second + 2 * interval],
  ])('after a lost answer show that the last was %s', async (_, first, writes, tat) => {
    const { ask, set, item } = bucketOf();
    const overtaken: Fate = (apply) => {
      set(second + interval);
      return apply();
    };
    expect(await (first ? ask(ms, first, overtaken) : ask(ms, fate.answerLost))).toEqual([true, writes]);
    expect(item()).toMatchObject({ tat });
  });

  it('count once what was lost and then written, though another writes right after', async () => {
    const { ask, set } = bucketOf();
    const followed: Fate = (apply) => {
      const written = apply();
      set(second + 2 * interval);
      return written;
    };
    expect(await ask(ms, fate.lost, followed)).toEqual([true, 2]);
  });

  it('refuse where the answer was lost, and the bucket is gone when it is looked at', async () => {
    const { ask, set, remove } = bucketOf();
    const gone: Fate = (apply) => {
      set(second + interval);
      const refused = apply();
      remove();
      return refused;
    };
    expect(await ask(ms, fate.lost, gone)).toEqual([false, 3]);
  });

  it('are never two of one request, though the bucket has room for a late copy', async () => {
    const { ask, item } = bucketOf(second + 1);
    expect(await ask(ms, fate.asUsual, fate.answerLost)).toEqual([true, 3]);
    expect(item()).toMatchObject({ tat: second + 1 + interval });
  });
});
