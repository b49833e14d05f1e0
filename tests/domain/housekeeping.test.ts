import { describe, expect, it } from 'vitest';
import {
  entriesOf,
  expiredKeys,
  isOldTombstone,
  prune,
  removeKeys,
  requireRoomForRecords,
  tombstoneOf,
} from '../../lib/domain/housekeeping.ts';
import { aKey, anApp, aRecord, aTombstone, expiredKey, handle, many, now, refusalOf } from '../support/apps.ts';

const day = 86_400_000;

it('only keys that have expired for good give up their places', () => {
  const keys = { [handle('a')]: aKey({ expiresAt: now }), [handle('b')]: expiredKey(), [handle('c')]: aKey() };
  expect(expiredKeys(anApp({ keys }), now)).toEqual([[handle('b'), expiredKey()]]);
  expect(entriesOf({ [handle('a')]: 1 })).toEqual([[handle('a'), 1]]);
});

describe('a key that goes', () => {
  const removal = { at: now, op: 'op-1', why: 'rotated', successor: handle('s') } as const;
  const keys = { [handle('a')]: aKey(), [handle('b')]: aKey(), [handle('c')]: aKey() };

  it('leaves a tombstone for 10 minutes, or for 24 hours when its making may be repeated', () => {
    const app = anApp({ keys, requests: { one: aRecord({ handle: handle('c') }), two: aRecord() } });
    expect(tombstoneOf(app, handle('a'), removal)).toStrictEqual({ ...removal, until: now + 600_000 });
    expect(tombstoneOf(app, handle('c'), removal)).toStrictEqual({ ...removal, until: now + day });
  });

  it('gives up its place, beside the tombstones that there are', () => {
    const app = anApp({ keys, removed: { [handle('t')]: aTombstone() } });
    const { at, op, why, successor } = removal;
    const tombstone = { at, op, why, successor, until: now + 600_000 };
    expect(removeKeys(app, [handle('a'), handle('b')], removal)).toStrictEqual({
      ...app,
      keys: { [handle('c')]: aKey() },
      keyCount: 1,
      removed: { [handle('t')]: aTombstone(), [handle('a')]: tombstone, [handle('b')]: tombstone },
    });
  });
});

describe('pruning', () => {
  const young = { [handle('y')]: aTombstone({ until: now + 1 }) };
  const removed = { ...young, [handle('o')]: aTombstone({ until: now }) };
  const requests = { old: aRecord({ at: now - day }), young: aRecord({ at: now - day + 1 }) };

  it('takes what is old', () => {
    const app = anApp({ removed, requests });
    const kept = { removed: young, requests: { young: requests.young } };
    expect(prune(app, now)).toStrictEqual({ ...app, ...kept });
    expect(Object.values(removed).map((tombstone) => isOldTombstone(tombstone, now))).toEqual([false, true]);
  });

  it('leaves the very map in which nothing is old', () => {
    const app = anApp({ removed: young, requests });
    expect(prune(app, now).removed).toBe(app.removed);
    expect(prune(app, now).requests).not.toBe(app.requests);
  });
});

describe('room for records', () => {
  const gone = { [handle('o')]: aTombstone({ until: now }) };
  const tombstones = (count: number) => many(count, (index) => aTombstone({ until: now + 60_001 + index * 1_000 }));
  const records = (count: number) => many(count, (index) => aRecord({ at: now - day + 30_001 + index * 1_000 }));

  it.each([
    ['99 of a kind', anApp({ removed: tombstones(99), requests: records(99) })],
    ['100, of which one is old', anApp({ removed: { ...tombstones(99), ...gone } })],
    ['100 requests, of which one is old', anApp({ requests: { ...records(99), old: aRecord({ at: now - day }) } })],
  ])('is there beside %s', (_, app) => {
    expect(() => requireRoomForRecords(app, now)).not.toThrow();
  });

  it.each([
    ['100 tombstones', { removed: tombstones(100) }, 61],
    ['100 requests', { requests: records(100) }, 31],
    ['100 of both', { removed: tombstones(100), requests: records(100) }, 61],
    ['101 that go this very second', { removed: many(101, () => aTombstone({ until: now + 1 })) }, 1],
  ])('429003 beside %s, until the first has gone', (_, parts, retryAfterSeconds) => {
    const { code, parts: told } = refusalOf(() => requireRoomForRecords(anApp(parts), now));
    const cause = 'Too many API keys of the application were made or removed lately.';
    expect([code, told]).toEqual(['429003', { cause, retryAfterSeconds }]);
  });
});
