import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiKey } from '../../../lib/domain/api-key.ts';
import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import { dayMs } from '../../../lib/domain/lifetime.ts';
import { sweep } from '../../../lib/service/use-cases/sweep.ts';
import type { Table } from '../../../lib/store/table.ts';
import { captureLog } from '../../support/captured-log.ts';
import { SweepWorld } from '../../support/sweep-world.ts';

const hourMs = 3_600_000;

let world: SweepWorld;
let appId: string;

beforeEach(() => {
  captureLog();
  world = new SweepWorld();
  appId = world.createApp();
});

/** The events that came, each as its kind and how many hours after its moment it came. */
function told(): [string, number][] {
  return world.announced.map(({ action, time, sentAt }) => [action, (sentAt - time) / hourMs]);
}

const key = (handle: KeyHandle) => world.app(appId).keys[handle];

describe('a notice', () => {
  it('is sent once, within an hour of its moment, and tells whose key it is about', async () => {
    const expiresAt = world.now + 10 * dayMs;
    const handle = await world.generate(appId, { expiresAt });
    const { rev, lastChange } = world.app(appId);
    await world.pass(20 * dayMs);
    expect(world.announced.map(({ action, time }) => [action, (time - expiresAt) / 1_000])).toEqual([
      ['apiKeyExpiring', -7 * 86_400],
      ['apiKeyExpiring', -86_400],
      ['apiKeyExpired', 5],
    ]);
    expect(Math.max(...told().map(([, late]) => late))).toBeLessThanOrEqual(1);
    expect(new Set(world.announced.map(({ id }) => id)).size).toBe(3);
    expect(world.announced[0]).toMatchObject({
      app: `hrn:here:account::myrealm:app/${appId}`,
      realm: 'hrn:here:account::myrealm:realm/myrealm',
      apiKey: `hrn:here:account::myrealm:apikey/${handle}`,
      createdTime: key(handle)?.createdTime,
      expiresAt,
    });
    expect(world.app(appId)).toMatchObject({ rev, lastChange });
    expect(world.app(appId)).not.toHaveProperty('dueAt');
  });

  it('is not sent without a bus, and costs nothing', async () => {
    world = new SweepWorld({}, null);
    appId = world.createApp();
    await world.generate(appId, { expiresAt: world.now + 10 * dayMs });
    expect(world.app(appId)).not.toHaveProperty('dueAt');
    await world.pass(11 * dayMs);
    expect(world.announced).toEqual([]);
    expect(world.app(appId)).not.toHaveProperty('watched');
  });

  it('is sent after a day without the bus, under the same id as if it was sent twice', async () => {
    await world.generate(appId, { expiresAt: world.now + 2 * dayMs });
    world.isBusUp = false;
    await world.pass(2 * dayMs);
    expect(world.announced).toEqual([]);
    world.isBusUp = true;
    const unwritten: Table = { ...world.table, attemptUpdate: async () => ({ outcome: 'refused', item: null }) };
    world.now += hourMs;
    expect(await world.sweep({ table: unwritten })).toMatchObject({ announced: 2, changedMeanwhile: 1 });
    await world.sweep();
    expect(world.announced.map(({ action }) => action)).toEqual([
      'apiKeyExpiring',
      'apiKeyExpired',
      'apiKeyExpiring',
      'apiKeyExpired',
    ]);
    expect(new Set(world.announced.map(({ id }) => id)).size).toBe(2);
    await world.pass(dayMs);
    expect(world.announced).toHaveLength(4);
  });

  it('is written down after a bus that took longer than a request to the table may', async () => {
    await world.generate(appId, { expiresAt: world.now + hourMs });
    world.now += 2 * hourMs;
    let now = world.now;
    const sweeper = {
      table: world.table,
      settings: world.settings,
      announce: async (_: unknown, notices: readonly unknown[]) => {
        now += 9_000;
        return notices.length;
      },
    };
    const newDeadline = () => ({ ...world.deadline(now), now: () => now });
    const swept = await sweep(sweeper, { now, hasTime: () => true, newDeadline });
    expect(swept).toMatchObject({ swept: 1, announced: 1, failed: 0 });
    expect(world.app(appId)).not.toHaveProperty('dueAt');
  });

  it('has another id once the key was revived', async () => {
    const handle = await world.generate(appId, { expiresAt: world.now + hourMs });
    await world.pass(2 * hourMs);
    await world.patch(appId, handle, { expiresAt: world.now + hourMs });
    await world.pass(2 * hourMs);
    expect(told().map(([action]) => action)).toEqual(['apiKeyExpired', 'apiKeyExpired']);
    expect(new Set(world.announced.map(({ id }) => id)).size).toBe(2);
  });

  it('is not sent of a key that was revived, rotated or deleted before', async () => {
    const [one, other] = [
      await world.generate(appId, { expiresAt: world.now + 2 * dayMs }),
      await world.generate(appId),
    ];
    await world.patch(appId, one, { expiresAt: world.now + 30 * dayMs });
    await world.patch(appId, other, { expiresAt: world.now + 2 * dayMs });
    await world.delete(appId, other);
    await world.pass(3 * dayMs);
    expect(world.announced).toEqual([]);
  });

  it('is sent for what is due now when an end is moved closer, and not for what had passed by then', async () => {
    const handle = await world.generate(appId);
    await world.pass(30 * dayMs);
    await world.patch(appId, handle, { expiresAt: world.now + 3 * dayMs });
    await world.pass(4 * dayMs);
    expect(told().map(([action]) => action)).toEqual(['apiKeyExpiring', 'apiKeyExpired']);
  });

  it('keeps no others back where the bus is down: records are dropped all the same', async () => {
    world.isBusUp = false;
    for (let count = 0; count < 5; count += 1) {
      const other = world.createApp();
      await world.generate(other, { expiresAt: world.now + hourMs });
    }
    world.now += 2 * hourMs;
    const requests = { old: { at: world.now - dayMs, bodyHash: '', salt: '', handle: 'x' as KeyHandle, prefix: 'ak' } };
    world.put({ ...world.app(appId), requests, dueAt: world.now, dueShard: 'due#9' } as never);
    expect(await world.sweep()).toMatchObject({ swept: 6, announced: 0, unannounced: 5, isDone: true });
    expect(world.app(appId).requests).toEqual({});
  });
});

describe('an idle key', () => {
  const idle = () => world.announced.filter(({ action }) => action === 'apiKeyIdle');

  it('is announced when it was not used for 90 days, once for each such time', async () => {
    const handle = await world.generate(appId);
    await world.pass(60 * dayMs);
    await world.use(appId, handle);
    const used = world.now;
    await world.pass(89 * dayMs);
    expect(idle()).toEqual([]);
    await world.pass(2 * dayMs);
    expect(idle().map(({ time }) => time)).toEqual([used + 90 * dayMs]);
    await world.use(appId, handle);
    const again = world.now;
    await world.pass(200 * dayMs);
    expect(idle().map(({ time }) => time)).toEqual([used + 90 * dayMs, again + 90 * dayMs]);
  });

  it('is not announced where its uses cannot be read, and is later', async () => {
    await world.generate(appId, { expiresAt: world.now + 400 * dayMs });
    world.now += 91 * dayMs;
    const unread: Table = { ...world.table, attemptBatchGet: async () => ({ outcome: 'failed', error: 'down' }) };
    expect(await world.sweep({ table: unread })).toMatchObject({ announced: 0, failed: 0 });
    expect(await world.sweep()).toMatchObject({ announced: 1 });
  });

  it('is not announced where uses are not recorded, or the setting is off', async () => {
    for (const settings of [{ verify: { lastUsedSeconds: 'off' } }, { notices: { idleDays: 'off' } }] as const) {
      world = new SweepWorld(settings);
      await world.generate(world.createApp());
      await world.pass(100 * dayMs);
      expect(world.announced).toEqual([]);
    }
  });

  it('costs one look at its uses in 90 days while it is in use', async () => {
    const handle = await world.generate(appId);
    const batches = vi.spyOn(world.table, 'attemptBatchGet');
    for (let day = 0; day < 360; day += 1) {
      await world.use(appId, handle);
      await world.pass(dayMs);
    }
    expect(batches.mock.calls.length).toBeLessThanOrEqual(4);
    expect(idle()).toEqual([]);
  });
});

it('a key that is due for rotation, or older than the maximum, is announced', async () => {
  const handle = await world.generate(appId);
  world = new SweepWorld({ keys: { maxDays: 30 }, notices: { rotateDays: 20, idleDays: 'off' } });
  appId = world.createApp();
  const before = world.now;
  const old = { name: 'x', enabled: true, createdTime: before, createdBy: 'demo', expiresAt: -1 };
  world.put({ ...world.app(appId), keys: { [handle]: old }, keyCount: 1 });
  await world.generate(appId);
  await world.pass(31 * dayMs);
  const rotationDue = world.announced.filter(({ action }) => action === 'apiKeyRotationDue');
  expect(rotationDue.map(({ apiKey, time }) => [apiKey.endsWith(handle), (time - before) / dayMs])).toEqual([
    [true, 20],
    [false, 20],
  ]);
});

describe('grace from first use', () => {
  const grace = { untilFirstUse: 600, atMost: 86_400 };
  let old: KeyHandle;
  let successor: KeyHandle;
  let hardEnd: number;

  beforeEach(async () => {
    old = await world.generate(appId);
    successor = await world.rotate(appId, old, { overlap: grace });
    hardEnd = world.now + dayMs;
  });

  it('ends the old key when the successor has been in use for longer than the grace, with an audit line', async () => {
    const log = captureLog();
    expect(key(old)?.expiresAt).toBe(hardEnd);
    await world.pass(3 * hourMs);
    world.now += hourMs - 609_999;
    await world.use(appId, successor);
    const before = world.app(appId).rev;
    world.now += 609_999;
    await world.sweep();
    expect(key(old)?.expiresAt).toBe(hardEnd);
    world.now += 1;
    expect(await world.sweep()).toMatchObject({ ended: 1 });
    expect(key(old)?.expiresAt).toBe(world.now);
    expect(world.app(appId)).toMatchObject({
      rev: before + 1,
      lastChange: { action: 'updateApiKey', by: 'lambda:sweep', keyHrn: expect.stringContaining(old) },
    });
    expect(log.records().filter(({ event }) => event === 'audit')).toMatchObject([
      {
        operation: 'updateApiKey',
        result: 'done',
        by: 'lambda:sweep',
        expiresAt: String(world.now),
        rev: String(before + 1),
      },
    ]);
    expect(await world.sweep()).toMatchObject({ ended: 0 });
  });

  it('counts from the first use that a sweep finds, however often the successor is used later', async () => {
    for (let hour = 0; hour < 5; hour += 1) {
      await world.use(appId, successor, world.now);
      await world.pass(hourMs);
    }
    expect(key(old)?.expiresAt).toBeLessThanOrEqual(hardEnd - 20 * hourMs);
  });

  it.each<[string, Partial<ApiKey>]>([
    ['disabled', { enabled: false }],
    ['expired', { expiresAt: 1 }],
  ])('ends nothing while the successor is %s', async (_, parts) => {
    await world.use(appId, successor);
    const { keys } = world.app(appId);
    world.put({ ...world.app(appId), keys: { ...keys, [successor]: { ...(keys[successor] as ApiKey), ...parts } } });
    await world.pass(3 * hourMs);
    expect(key(old)?.expiresAt).toBe(hardEnd);
  });

  it('is looked for seldom when the successor is not used for long', async () => {
    const batches = vi.spyOn(world.table, 'attemptBatchGet');
    const month = { untilFirstUse: 0, atMost: 30 * 86_400 };
    const other = world.createApp();
    await world.rotate(other, await world.generate(other), { overlap: month });
    await world.pass(29 * dayMs);
    expect(batches.mock.calls.length).toBeLessThan(100);
  });

  it('ends nothing without a use of the successor: the hard end holds', async () => {
    await world.use(appId, old);
    await world.pass(2 * dayMs);
    expect(key(old)?.expiresAt).toBe(hardEnd);
  });

  it.each<[string, () => Promise<void>, number | undefined]>([
    ['moved by hand', () => world.patch(appId, old, { expiresAt: hardEnd + dayMs }), Date.UTC(2030, 0, 3)],
    ['deleted', () => world.delete(appId, old), undefined],
  ])('leaves an old key alone that is %s between reading and writing', async (_, act, expiresAt) => {
    await world.use(appId, successor);
    world.now += hourMs;
    const overtaken: Table = {
      ...world.table,
      async attemptBatchGet(...read) {
        await act();
        return world.table.attemptBatchGet(...read);
      },
    };
    expect(await world.sweep({ table: overtaken })).toMatchObject({ ended: 0, failed: 0 });
    expect(key(old)?.expiresAt).toBe(expiresAt);
  });

  it('a time of use that was made up ends the old key early at most', async () => {
    await world.use(appId, successor, world.now + 50 * dayMs);
    await world.pass(2 * dayMs);
    expect(key(old)?.expiresAt).toBe(hardEnd);
  });

  it('with lastUsedSeconds off, the hard end holds', async () => {
    world = new SweepWorld({ verify: { lastUsedSeconds: 'off' } });
    appId = world.createApp();
    old = await world.generate(appId);
    successor = await world.rotate(appId, old, { overlap: grace });
    await world.use(appId, successor);
    await world.pass(5 * hourMs);
    expect(key(old)?.expiresAt).toBe(hardEnd);
  });
});

it('a sweep whose clock is 5 seconds ahead ends and announces nothing early', async () => {
  const handle = await world.generate(appId, { expiresAt: world.now + hourMs });
  const other = world.createApp();
  const old = await world.generate(other);
  const successor = await world.rotate(other, old, { overlap: { untilFirstUse: 60, atMost: 86_400 } });
  world.now += 1_000;
  await world.use(other, successor, world.now - 5_000);
  await world.sweep({ now: world.now + 59_999 + 5_000 - 1 });
  expect(world.app(other).keys[old]?.expiresAt).toBeGreaterThan(world.now + hourMs);
  await world.sweep({ now: world.now - 1_000 + hourMs - 1 + 5_000 });
  expect(world.announced).toEqual([]);
  await world.sweep({ now: world.now - 1_000 + hourMs + 5_000 });
  expect(world.announced.map(({ apiKey }) => apiKey.endsWith(handle))).toEqual([true]);
});
