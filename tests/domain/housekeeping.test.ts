import { describe, expect, it } from 'vitest';
import {
  entriesOf,
  expiredKeys,
  maxOrphanedRecords,
  maxTombstones,
  prune,
  removeKeys,
} from '../../lib/domain/housekeeping.ts';
import { aKey, anApp, aRecord, aTombstone, expiredKey, handle, many, now } from '../support/apps.ts';

const day = 86_400_000;

it('only keys that expired 5 seconds ago are replaced', () => {
  const keys = { [handle('a')]: aKey({ expiresAt: now }), [handle('b')]: expiredKey(), [handle('c')]: aKey() };
  expect(expiredKeys(anApp({ keys }), now)).toEqual([[handle('b'), expiredKey()]]);
  expect(entriesOf({ [handle('a')]: 1 })).toEqual([[handle('a'), 1]]);
});

describe('a key that goes', () => {
  const removal = { at: now, op: 'op-1', why: 'rotated', successor: handle('s') } as const;
  const keys = {
    [handle('a')]: aKey({ createdTime: 30 }),
    [handle('b')]: aKey({ createdTime: 20 }),
    [handle('c')]: aKey({ createdTime: 40 }),
  };

  it('leaves a tombstone and seals the application, beside the tombstones that there are', () => {
    const app = anApp({ keys, sealed: 10, removed: { [handle('t')]: aTombstone() } });
    expect(removeKeys(app, [handle('a'), handle('b')], removal)).toStrictEqual({
      ...app,
      keys: { [handle('c')]: aKey({ createdTime: 40 }) },
      keyCount: 1,
      sealed: 30,
      removed: { [handle('t')]: aTombstone(), [handle('a')]: removal, [handle('b')]: removal },
    });
  });

  it('never lowers the seal', () => {
    expect(removeKeys(anApp({ keys, sealed: 50 }), [handle('c')], removal).sealed).toBe(50);
  });
});

describe('pruning', () => {
  const young = { [handle('y')]: aTombstone({ at: now - 599_999 }) };
  const removed = { ...young, [handle('o')]: aTombstone({ at: now - 600_000 }) };
  const requests = { old: aRecord({ at: now - day }), young: aRecord({ at: now - day + 1 }) };

  it('takes tombstones after 10 minutes, and request records after 24 hours', () => {
    const app = anApp({ removed, requests });
    const kept = { removed: young, requests: { young: requests.young } };
    expect(prune(app, now)).toStrictEqual({ ...app, ...kept });
  });

  it('leaves the very map in which nothing goes', () => {
    const app = anApp({ removed: young, requests });
    expect(prune(app, now).removed).toBe(app.removed);
    expect(prune(app, now).requests).not.toBe(app.requests);
  });

  it('keeps the latest 50 tombstones, and the latest 20 records of keys that are gone', () => {
    const keys = { [handle('a')]: aKey() };
    const live = { oldest: aRecord({ handle: handle('a'), at: now - day + 1 }) };
    const app = anApp({
      keys,
      removed: many(60, (index) => aTombstone({ at: now - 60 + index })),
      requests: { ...live, ...many(60, (index) => aRecord({ at: now - 60 + index })) },
    });
    const pruned = prune(app, now);
    const latest = (count: number) => Object.keys(many(60, () => 0)).slice(-count);
    expect(Object.keys(pruned.removed)).toEqual(latest(maxTombstones));
    expect(Object.keys(pruned.requests)).toEqual(['oldest', ...latest(maxOrphanedRecords)]);
  });
});
