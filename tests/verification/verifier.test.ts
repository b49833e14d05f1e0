import { syncBuiltinESMExports } from 'node:module';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { type ApiKeyId, formatApiKeyId, handleOf } from '../../lib/domain/api-key-id.ts';
import { decisive } from '../../lib/store/app-item.ts';
import { openTable } from '../../lib/store/dynamodb.ts';
import { systemClock } from '../../lib/verification/verifier.ts';
import { database } from '../support/calls.ts';
import type { OperationId } from '../support/events.ts';
import { holdReads, type MadeKey, startVerifierBench, type VerifierBench } from '../support/verifier.ts';

let bench: VerifierBench;
const secret = (fill: number) => new Uint8Array(32).fill(fill);

beforeAll(async () => {
  bench = await startVerifierBench();
});

beforeEach(() => {
  bench.clock.at = Date.now();
  bench.clock.slept.length = 0;
  bench.proxy.faults = [];
  bench.requests.length = 0;
});

const valid = { verification: { valid: true } };
const refused = (reason: string) => ({ verification: { valid: false, reason } });

/** Every way in which a key ends, and what is told of it then. */
const ends: Record<string, { reason: string; calls: readonly [OperationId, object?][] }> = {
  disabled: { reason: 'disabled', calls: [['disableApiKey']] },
  deleted: { reason: 'deleted', calls: [['deleteApiKey']] },
  'deleted with all others': { reason: 'deleted', calls: [['deleteApiKeys']] },
  rotated: { reason: 'deleted', calls: [['rotateApiKey', {}]] },
  'of a deactivated application': { reason: 'deactivated', calls: [['updateApp', { status: 'deactivated' }]] },
  'of a deleted application': { reason: 'deleted', calls: [['deleteApp']] },
};

async function end(key: MadeKey, kind: string): Promise<string> {
  const { reason, calls } = ends[kind] ?? expect.fail();
  for (const [id, body] of calls) {
    const { statusCode } = await bench.service.call(id, { path: key.path, ...(body && { body }) });
    expect(statusCode).toBeLessThan(300);
  }
  return reason;
}

describe('security 6: what is no key asks nothing of the database', () => {
  it.each([
    ['', 'empty'],
    ['ak', 'a prefix'],
    ['key', 'a word'],
    [`ak_app_${'0'.repeat(49)}`, 'a wrong checksum'],
    [formatApiKeyId('sk', 'app', secret(1)), 'another prefix'],
    [`${formatApiKeyId('ak', 'app', secret(1))}\n`, 'a line break'],
    [`Bearer ${formatApiKeyId('ak', 'app', secret(1))}`, 'a scheme before it'],
    ['ak_'.repeat(100_000), 'much too long'],
    ['ak_äpp_0', 'not ASCII'],
  ])('%j: %s', async (text) => {
    expect(await bench.open().check(text)).toEqual({ ...refused('malformed'), isCached: false });
    expect(bench.requests).toEqual([]);
  });

  it('what is no text is malformed, though it may read as a key that is remembered', async () => {
    const { apiKeyId } = await bench.makeKey();
    const verifier = bench.open();
    await verifier.check(apiKeyId);
    const like: unknown[] = [[apiKeyId], Buffer.from(apiKeyId), Object(apiKeyId), { toString: () => apiKeyId }];
    for (const presented of [...like, undefined, null, 1, {}, Object.create(null), Symbol('key')])
      expect(await verifier.check(presented as string)).toEqual({ ...refused('malformed'), isCached: false });
  });

  it('the longest key that a setting allows is looked up, and what is longer not even hashed', async () => {
    const hash = vi.spyOn(process.getBuiltinModule('node:crypto'), 'hash');
    const prefixes = [32, 33].map((length) => 'p'.repeat(length));
    const [longest = '', longer = ''] = prefixes.map((prefix) => formatApiKeyId(prefix, 'a'.repeat(64), secret(1)));
    const verifier = bench.open({ prefixes });
    syncBuiltinESMExports();
    expect(await verifier.check(longest)).toMatchObject(refused('unknown'));
    expect(await verifier.check(longer)).toMatchObject(refused('malformed'));
    const hashed = hash.mock.calls.map(([, data]) => data);
    hash.mockRestore();
    syncBuiltinESMExports();
    expect([hashed, bench.requests]).toEqual([[longest], ['GetItem']]);
  });

  it('a retired prefix that is still accepted is looked up', async () => {
    const text = formatApiKeyId('old_key', 'nobody', secret(1));
    expect(await bench.open({ prefixes: ['ak', 'old_key'] }).check(text)).toMatchObject(refused('unknown'));
    expect(bench.requests).toEqual(['GetItem']);
  });
});

describe('security 8: each rejection of a well-formed key costs one read, and so does an acceptance', () => {
  it('valid: it is shown as the key is', async () => {
    const key = await bench.makeKey({ name: 'mine' });
    const { createdBy: _, lastChange: __, ...shown } = (await bench.service.call('getApiKey', { path: key.path })).body;
    expect(await bench.open().check(key.apiKeyId)).toEqual({
      verification: { valid: true, ...shown },
      isCached: false,
      appId: key.app.appId,
      handle: key.handle,
      restricted: { realm: 'myrealm', appId: key.app.appId, scopes: [] },
      suits: true,
    });
    expect(bench.requests).toEqual(['GetItem']);
  });

  it.each(Object.keys(ends))('%s', async (kind) => {
    const key = await bench.makeKey();
    const reason = await end(key, kind);
    expect(await bench.open().check(key.apiKeyId)).toMatchObject(refused(reason));
    expect(bench.requests).toEqual(['GetItem']);
  });

  it('expired, from that very millisecond on', async () => {
    const expiresAt = Date.now() + 60_000;
    const key = await bench.makeKey({ expiresAt });
    bench.clock.at = expiresAt - 1;
    expect(await bench.open().check(key.apiKeyId)).toMatchObject(valid);
    bench.clock.at = expiresAt;
    expect(await bench.open().check(key.apiKeyId)).toMatchObject(refused('expired'));
    expect(bench.requests).toEqual(['GetItem', 'GetItem']);
  });

  it('unknown: no such key, no such application, an application named like a built-in', async () => {
    const { app } = await bench.makeKey();
    for (const appId of [app.appId, 'nobody', 'constructor']) {
      const text = formatApiKeyId('ak', appId, secret(2));
      expect(await bench.open().check(text)).toMatchObject(refused('unknown'));
    }
    expect(bench.requests).toEqual(['GetItem', 'GetItem', 'GetItem']);
  });

  it('the read is strongly consistent, and of one unit', async () => {
    const key = await bench.makeKey();
    const send = vi.spyOn(DynamoDBClient.prototype, 'send');
    await bench.open().check(key.apiKeyId);
    const [[command] = []] = send.mock.calls;
    send.mockRestore();
    const { input } = command as GetItemCommand;
    expect(input).toMatchObject({ Key: { pk: { S: key.app.appId }, sk: { S: 'app' } }, ConsistentRead: true });
    const counted = new GetItemCommand({ ...input, ReturnConsumedCapacity: 'TOTAL' });
    const { ConsumedCapacity: capacity } = await database().send(counted);
    expect(capacity?.CapacityUnits).toBe(1);
  });

  it('a key of another realm than the one asked about is unknown, and its use is not written down', async () => {
    const key = await bench.makeKey();
    const verifier = bench.open({ lastUsedSeconds: 3_600 });
    expect(await verifier.check(key.apiKeyId, { realm: 'other' })).toMatchObject(refused('unknown'));
    expect(await bench.lastUseOf(key)).toBeUndefined();
    expect(await verifier.check(key.apiKeyId, { realm: 'myrealm' })).toMatchObject(valid);
  });
});

it.each(Object.keys(ends))('a key that is %s is unknown to another realm all the same', async (kind) => {
  const key = await bench.makeKey();
  await end(key, kind);
  expect(await bench.open().check(key.apiKeyId, { realm: 'other' })).toMatchObject(refused('unknown'));
});

describe('what was found is remembered', () => {
  it.each(Object.keys(ends))(
    '%s: accepted until 10 s after the read began, and not a millisecond longer',
    async (kind) => {
      const key = await bench.makeKey();
      const verifier = bench.open();
      const from = bench.clock.at;
      expect(await verifier.check(key.apiKeyId)).toMatchObject({ ...valid, isCached: false });
      const reason = await end(key, kind);
      bench.clock.at = from + 9_999;
      expect(await verifier.check(key.apiKeyId)).toMatchObject({ ...valid, isCached: true });
      expect(bench.requests).toHaveLength(1);
      bench.clock.at = from + 10_000;
      expect(await verifier.check(key.apiKeyId)).toMatchObject({ ...refused(reason), isCached: false });
    },
  );

  it('the bound counts from where the read began, however long it took', async () => {
    const key = await bench.makeKey();
    const held = holdReads(bench.table);
    const verifier = bench.open({}, held);
    const from = bench.clock.at;
    const first = verifier.check(key.apiKeyId);
    bench.clock.at = from + 6_000;
    held.release();
    expect(await first).toMatchObject(valid);
    await end(key, 'disabled');
    bench.clock.at = from + 10_000;
    const later = verifier.check(key.apiKeyId);
    held.release();
    expect(await later).toMatchObject(refused('disabled'));
  });

  it('never past the expiry of the key', async () => {
    const expiresAt = Date.now() + 60_000;
    const key = await bench.makeKey({ expiresAt });
    const verifier = bench.open();
    bench.clock.at = expiresAt - 3_000;
    await verifier.check(key.apiKeyId);
    bench.clock.at = expiresAt - 1;
    expect(await verifier.check(key.apiKeyId)).toMatchObject({ ...valid, isCached: true });
    bench.clock.at = expiresAt;
    expect(await verifier.check(key.apiKeyId)).toMatchObject({ ...refused('expired'), isCached: false });
  });

  it('a clock that is put back does not prolong it', async () => {
    const key = await bench.makeKey();
    const verifier = bench.open();
    await verifier.check(key.apiKeyId);
    await end(key, 'disabled');
    bench.clock.at -= 60_000;
    expect(await verifier.check(key.apiKeyId)).toMatchObject(refused('disabled'));
  });

  it.each([
    ['3 s back, and on again', 0, -3_000, 9_000],
    ['an hour ahead, corrected, and an hour later', 3_600_000, 0, 3_605_000],
  ])('a clock that goes %s does not revive it', async (_, read, ended, later) => {
    const key = await bench.makeKey();
    const verifier = bench.open();
    const from = bench.clock.at;
    bench.clock.at = from + read;
    await verifier.check(key.apiKeyId);
    bench.clock.at = from + ended;
    await end(key, 'disabled');
    expect(await verifier.check(key.apiKeyId)).toMatchObject(refused('disabled'));
    bench.clock.at = from + later;
    expect(await verifier.check(key.apiKeyId)).toMatchObject(refused('disabled'));
  });

  it('a refusal for one second', async () => {
    const key = await bench.makeKey({ enabled: false });
    const verifier = bench.open();
    const from = bench.clock.at;
    expect(await verifier.check(key.apiKeyId)).toMatchObject(refused('disabled'));
    await bench.service.call('enableApiKey', { path: key.path });
    bench.clock.at = from + 999;
    expect(await verifier.check(key.apiKeyId)).toMatchObject({ ...refused('disabled'), isCached: true });
    bench.clock.at = from + 1_000;
    expect(await verifier.check(key.apiKeyId)).toMatchObject({ ...valid, isCached: false });
  });

  it('nothing with cacheSeconds 0: each request reads', async () => {
    const key = await bench.makeKey();
    const verifier = bench.open({ cacheSeconds: 0 });
    await Promise.all(Array.from({ length: 5 }, () => verifier.check(key.apiKeyId)));
    expect(bench.requests).toHaveLength(5);
    await end(key, 'disabled');
    expect(await verifier.check(key.apiKeyId)).toMatchObject(refused('disabled'));
    expect(await verifier.check(key.apiKeyId)).toMatchObject({ isCached: false });
    expect(bench.requests).toHaveLength(7);
  });
});

describe('requests for one key at the same time', () => {
  it('1,000 at first: one read, and one note of the use', async () => {
    const key = await bench.makeKey();
    const verifier = bench.open({ lastUsedSeconds: 3_600 });
    const checks = await Promise.all(Array.from({ length: 1_000 }, () => verifier.check(key.apiKeyId)));
    expect(checks.every(({ verification }) => verification.valid)).toBe(true);
    await expect.poll(() => bench.requests).toHaveLength(2);
    expect(bench.requests).toEqual(['GetItem', 'UpdateItem']);
  });

  it('who comes while a read is under way takes its yes', async () => {
    const key = await bench.makeKey();
    const held = holdReads(bench.table);
    const verifier = bench.open({}, held);
    const both = [verifier.check(key.apiKeyId), verifier.check(key.apiKeyId)];
    held.release();
    expect(await Promise.all(both)).toMatchObject([valid, valid]);
    expect(held.reads).toBe(1);
  });

  it('but not its no: the key may have been enabled since', async () => {
    const key = await bench.makeKey({ enabled: false });
    const held = holdReads(bench.table);
    const verifier = bench.open({}, held);
    const early = verifier.check(key.apiKeyId);
    await expect.poll(() => held.answers).toBe(1);
    await bench.service.call('enableApiKey', { path: key.path });
    const late = [verifier.check(key.apiKeyId), verifier.check(key.apiKeyId)];
    held.release();
    expect(await early).toMatchObject(refused('disabled'));
    await expect.poll(() => held.reads).toBe(2);
    held.release();
    expect(await Promise.all(late)).toMatchObject([valid, valid]);
    expect(held.reads).toBe(2);
  });

  it('nor its yes, once that is too old', async () => {
    const key = await bench.makeKey();
    const held = holdReads(bench.table);
    const verifier = bench.open({}, held);
    const early = verifier.check(key.apiKeyId);
    await expect.poll(() => held.answers).toBe(1);
    await end(key, 'disabled');
    bench.clock.at += 10_000;
    const late = verifier.check(key.apiKeyId);
    held.release();
    expect(await early).toMatchObject(valid);
    await expect.poll(() => held.reads).toBe(2);
    held.release();
    expect(await late).toMatchObject(refused('disabled'));
  });

  it('nor its failure', async () => {
    const key = await bench.makeKey();
    let reads = 0;
    const held = holdReads({
      ...bench.table,
      attemptGet: async (at) => {
        reads += 1;
        if (reads > 1) return bench.table.attemptGet(at);
        bench.clock.at += 10_000;
        return { outcome: 'failed', error: new Error('lost') };
      },
    });
    const verifier = bench.open({}, held);
    const early = verifier.check(key.apiKeyId);
    const late = verifier.check(key.apiKeyId);
    const failed = expect(early).rejects.toMatchObject({ code: '503000' });
    held.release();
    await failed;
    await expect.poll(() => held.reads).toBe(2);
    held.release();
    expect(await late).toMatchObject(valid);
  });
});

describe('when a key was used last', () => {
  const settings = { lastUsedSeconds: 3_600 };
  const isNoted = (key: MadeKey, at: number) => expect.poll(() => bench.lastUseOf(key)).toBe(at);
  const written = () => bench.requests.filter((request) => request !== 'GetItem');

  it('is written once in a period by each process, however often it verifies the key', async () => {
    const key = await bench.makeKey();
    const before = await bench.service.item(key.app);
    const verifiers = Array.from({ length: 4 }, () => bench.open({ ...settings, cacheSeconds: 0 }));
    const first = bench.clock.at;
    const checkAll = () =>
      Promise.all(verifiers.flatMap((each) => [each, each, each].map((verifier) => verifier.check(key.apiKeyId))));
    await checkAll();
    await isNoted(key, first);
    bench.clock.at = first + 3_599_999;
    await checkAll();
    expect(await bench.lastUseOf(key)).toBe(first);
    expect(written()).toEqual(Array.from(verifiers, () => 'UpdateItem'));
    bench.clock.at = first + 3_600_000;
    await checkAll();
    await isNoted(key, first + 3_600_000);
    expect(written()).toHaveLength(8);
    expect(await bench.service.item(key.app)).toEqual(before);
  });

  it('is written for a remembered key too', async () => {
    const key = await bench.makeKey();
    const verifier = bench.open({ lastUsedSeconds: 5 });
    const first = bench.clock.at;
    await verifier.check(key.apiKeyId);
    await isNoted(key, first);
    bench.clock.at = first + 4_999;
    await verifier.check(key.apiKeyId);
    expect(await bench.lastUseOf(key)).toBe(first);
    bench.clock.at = first + 5_000;
    expect(await verifier.check(key.apiKeyId)).toMatchObject({ isCached: true });
    await isNoted(key, first + 5_000);
  });

  it('is shown with the key, also when the key is changed', async () => {
    const key = await bench.makeKey();
    const lastUsedTime = bench.clock.at;
    await bench.open(settings).check(key.apiKeyId);
    await isNoted(key, lastUsedTime);
    const { path } = key;
    const { call } = bench.service;
    expect((await call('getApiKey', { path })).body).toMatchObject({ lastUsedTime });
    expect((await call('listApiKeys', { path })).body.items).toMatchObject([{ lastUsedTime }]);
    expect((await call('updateApiKey', { path, body: { name: 'renamed' } })).body).toMatchObject({ lastUsedTime });
  });

  it('is not written for a refused key, nor when it is off', async () => {
    const key = await bench.makeKey({ enabled: false });
    await bench.open(settings).check(key.apiKeyId);
    const other = await bench.makeKey();
    await bench.open().check(other.apiKeyId);
    expect(bench.requests).toEqual(['GetItem', 'GetItem']);
  });

  it('that another process has written down meanwhile stays, without a warning', async () => {
    const key = await bench.makeKey();
    const first = bench.clock.at;
    await bench.open(settings).check(key.apiKeyId);
    await isNoted(key, first);
    const warn = vi.fn();
    bench.requests.length = 0;
    bench.clock.at += 3_599_999;
    await bench.open(settings, { warn }).check(key.apiKeyId);
    expect([bench.requests, warn.mock.calls]).toEqual([['GetItem', 'UpdateItem'], []]);
    expect(await bench.lastUseOf(key)).toBe(first);
  });

  it('security 29: a verifier reads no salt, and writes to no item that decides', async () => {
    const key = await bench.makeKey();
    const { attemptGet, attemptUpdate } = bench.table;
    const table = { ...bench.table, attemptGet: vi.fn(attemptGet), attemptUpdate: vi.fn(attemptUpdate) };
    await bench.open(settings, { table }).check(key.apiKeyId);
    expect(table.attemptGet.mock.calls.map(([read, , attributes]) => [read.sk, attributes])).toEqual([
      ['app', decisive],
    ]);
    expect(decisive).not.toContain('requests');
    expect(table.attemptUpdate.mock.calls).toMatchObject([[{ Key: { pk: `used#${key.app.appId}`, sk: key.handle } }]]);
  });

  it.each(['hang', 'loseAnswer', 'loseRequest'] as const)(
    'a note with the fault %s fails nothing, and is waited for 50 ms at most',
    async (fault) => {
      const key = await bench.makeKey();
      bench.proxy.faults = ['none', fault];
      expect(await bench.open(settings).check(key.apiKeyId)).toMatchObject(valid);
      expect(bench.clock.slept).toEqual([50]);
    },
  );

  it.each([
    ['throws', async () => Promise.reject(new Error('no right'))],
    ['is refused', async () => ({ outcome: 'notApplied', error: new Error('no right') }) as const],
  ])('whoever opened the verifier is told why a use could not be written down: it %s', async (_, attemptUpdate) => {
    const key = await bench.makeKey();
    const warn = vi.fn();
    const table = { ...bench.table, attemptUpdate };
    expect(await bench.open(settings, { table, warn }).check(key.apiKeyId)).toMatchObject(valid);
    await expect.poll(() => warn.mock.calls).toHaveLength(1);
    expect(warn.mock.calls[0]).toMatchObject([{ message: 'no right' }]);
    warn.mockImplementation(() => {
      throw new Error('the logger is broken');
    });
    expect(await bench.open(settings, { table, warn }).check(key.apiKeyId)).toMatchObject(valid);
  });
});

describe('when the database cannot be asked', () => {
  it('no key is accepted, nothing is cached, and then all is well again', async () => {
    const key = await bench.makeKey();
    const verifier = bench.open();
    bench.proxy.faults = Array.from({ length: 50 }, () => 'loseRequest' as const);
    await expect(verifier.check(key.apiKeyId)).rejects.toMatchObject({ code: '503000' });
    expect(bench.requests.length).toBeGreaterThan(1);
    bench.proxy.faults = [];
    expect(await verifier.check(key.apiKeyId)).toMatchObject(valid);
  });

  it('one that passes is got over', async () => {
    const key = await bench.makeKey();
    bench.proxy.faults = ['loseAnswer'];
    expect(await bench.open().check(key.apiKeyId)).toMatchObject(valid);
    expect(bench.requests).toEqual(['GetItem', 'GetItem']);
  });

  it('a cached key is accepted until its time is over', async () => {
    const key = await bench.makeKey();
    const verifier = bench.open();
    await verifier.check(key.apiKeyId);
    bench.proxy.faults = Array.from({ length: 50 }, () => 'loseRequest' as const);
    expect(await verifier.check(key.apiKeyId)).toMatchObject(valid);
    bench.clock.at += 10_000;
    await expect(verifier.check(key.apiKeyId)).rejects.toMatchObject({ code: '503000' });
  });

  it('a failure that no repetition mends is told as one of the service', async () => {
    const verifier = bench.open({}, { table: openTable('no-such-table') });
    await expect(verifier.check(formatApiKeyId('ak', 'app', secret(4)))).rejects.toMatchObject({ code: '503000' });
  });
});

it('runs on the database of the test', () => expect(bench.proxy.endpoint).not.toBe(inject('endpoint')));

it('the secret is not what is remembered', async () => {
  const key = await bench.makeKey();
  const checked = await bench.open().check(key.apiKeyId);
  expect(JSON.stringify(checked)).not.toContain(key.apiKeyId.split('_').at(-1));
  expect(handleOf(key.apiKeyId as ApiKeyId)).toBe(checked.handle);
});

it('the clock of the system waits as long as it is told to', async () => {
  const begun = performance.now();
  await systemClock.sleep(20);
  expect(performance.now() - begun).toBeGreaterThan(18);
});
