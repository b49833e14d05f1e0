import { describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import { deleteApp } from '../../lib/domain/app.ts';
import { dueTimeOf, type SweepRules } from '../../lib/domain/due.ts';
import { patchKey } from '../../lib/domain/keys-of-app.ts';
import { dayMs } from '../../lib/domain/lifetime.ts';
import {
  currentNotices,
  endGrace,
  gracesOf,
  keysToLookAt,
  type NoticeRules,
  noticeId,
  noticesOf,
  unsentNotices,
  watchedAfter,
  withFirstUses,
  withSent,
  withUses,
} from '../../lib/domain/notices.ts';
import { aKey, anApp, aRecord, handle, now } from '../support/apps.ts';

const [a, b] = [handle('a'), handle('b')];
const hourMs = 3_600_000;

function withKey(parts: Parameters<typeof aKey>[0], more: Partial<App> = {}): App {
  return anApp({ keys: { [a]: aKey({ createdTime: now, ...parts }) }, ...more });
}

/** The moments of all notices of an application with one key, by their names. */
function momentsOf(app: App, rules: NoticeRules = {}): Record<string, number> {
  return Object.fromEntries(noticesOf(app, rules).map(({ name, at }) => [name, at]));
}

describe('the notices of a key', () => {
  const end = now + 30 * dayMs;
  const ending = { expiring7: end - 7 * dayMs, expiring1: end - dayMs, expired: end + 5_000 };

  it.each<[string, Parameters<typeof withKey>, NoticeRules, Record<string, number>]>([
    ['that never ends: none', [{}], {}, {}],
    [
      'that ends: 7 days and 1 day before, and when every clock agrees that it has ended',
      [{ expiresAt: end }],
      {},
      ending,
    ],
    [
      'that was made to end sooner: those that lie after its creation',
      [{ expiresAt: now + 2 * dayMs }],
      {},
      { expiring1: now + dayMs, expired: now + 2 * dayMs + 5_000 },
    ],
    [
      'that ends on the day of its creation: the end alone',
      [{ expiresAt: now + dayMs }],
      {},
      { expired: now + dayMs + 5_000 },
    ],
    ['without a use: after idleDays', [{}], { idleDays: 90 }, { idle: now + 90 * dayMs }],
    [
      'that was used: idleDays after that',
      [{}, { watched: { [a]: { used: now + 5 } } }],
      { idleDays: 90 },
      { idle: now + 5 + 90 * dayMs },
    ],
    ['that is disabled: it is not idle', [{ enabled: false }], { idleDays: 90 }, {}],
    ['of a deactivated application: it is not idle', [{}, { status: 'deactivated' }], { idleDays: 90 }, {}],
    ['that ends before it counts as idle', [{ expiresAt: end }], { idleDays: 30 }, ending],
    ['due for rotation', [{}], { rotateDays: 80 }, { rotate: now + 80 * dayMs }],
    ['older than the maximum', [{}], { maxDays: 90 }, { overAge: now + 90 * dayMs }],
    ['that ends with the maximum', [{ expiresAt: end }], { maxDays: 30, rotateDays: 30 }, ending],
    ['that is rotated already', [{ rotatedTo: a }], { maxDays: 90, rotateDays: 80 }, {}],
    ['whose successor is gone', [{ rotatedTo: b }], { maxDays: 90 }, { overAge: now + 90 * dayMs }],
    ['under two rules: the earlier one', [{}], { maxDays: 90, rotateDays: 90 }, { rotate: now + 90 * dayMs }],
  ])('%s', (_, [parts, more], rules, moments) => {
    expect(momentsOf(withKey(parts, more), rules)).toEqual(moments);
  });

  it('are sent in the order of their moments, each once, whatever is remembered besides', () => {
    const app = withKey({ expiresAt: end });
    const [first, ...others] = unsentNotices(app, {});
    expect(first).toEqual({ handle: a, name: 'expiring7', at: ending.expiring7 });
    expect(unsentNotices(withSent(app, [{ handle: a, name: 'expiring7', at: ending.expiring7 }]), {})).toEqual(others);
    expect(unsentNotices(withSent(app, [{ handle: a, name: 'expiring7', at: 7 }]), {})).toHaveLength(3);
  });

  it('of different rules are sent in the order of their moments', () => {
    const names = unsentNotices(withKey({ expiresAt: end }), { rotateDays: 20 }).map(({ name }) => name);
    expect(names).toEqual(['rotate', 'expiring7', 'expiring1', 'expired']);
  });

  it('are shown whatever has become of other keys', () => {
    const keys = {
      [a]: aKey({ createdTime: 0, expiresAt: now - 5_000 }),
      [b]: aKey({ createdTime: 0, expiresAt: now + 1 }),
    };
    expect(currentNotices(anApp({ keys }), now, {}).map(({ handle, name }) => [handle, name])).toEqual([
      [a, 'expired'],
      [b, 'expiring1'],
    ]);
  });

  it('that hold now are shown but for those that a later one outdates', () => {
    const app = withKey({ expiresAt: end });
    const names = (at: number) => currentNotices(app, at, { rotateDays: 20 }).map(({ name }) => name);
    expect([now, end - 7 * dayMs, end - 1, end + 5_000].map(names)).toEqual([
      [],
      ['expiring7', 'rotate'],
      ['expiring1', 'rotate'],
      ['expired'],
    ]);
  });

  it('have an id of the key, the name and the moment alone', () => {
    const notice = { handle: a, name: 'expired', at: 5 } as const;
    const ids = [
      noticeId('key', notice),
      noticeId('other', notice),
      noticeId('key', { ...notice, name: 'idle' }),
      noticeId('key', { ...notice, at: 6 }),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(noticeId('key', { ...notice, handle: b })).toBe(ids[0]);
  });
});

describe('idle keys', () => {
  const rules = { idleDays: 90 };
  const idleAt = now + 90 * dayMs;
  const app = withKey({});

  it('are looked at when they may be idle, and again when they are used', () => {
    expect([idleAt - 1, idleAt].map((at) => keysToLookAt(app, at, rules))).toEqual([[], [a]]);
    const used = withUses(app, [a], new Map([[a, idleAt - 7]]), idleAt);
    expect(momentsOf(used, rules)).toEqual({ idle: idleAt - 7 + 90 * dayMs });
    expect(keysToLookAt(used, idleAt + 89 * dayMs, rules)).toEqual([]);
    expect(keysToLookAt(used, idleAt + 90 * dayMs, rules)).toEqual([a]);
  });

  it('are looked at again after they were announced, so that a second idle time is announced in time', () => {
    const announced = withSent(withUses(app, [a], new Map(), idleAt), [{ handle: a, name: 'idle', at: idleAt }]);
    expect(unsentNotices(announced, rules)).toEqual([]);
    expect(keysToLookAt(announced, idleAt + 90 * dayMs - 1, rules)).toEqual([]);
    const again = idleAt + 90 * dayMs;
    expect(keysToLookAt(announced, again, rules)).toEqual([a]);
    const used = withUses(announced, [a], new Map([[a, idleAt + 1]]), again);
    expect(unsentNotices(used, rules)).toEqual([{ handle: a, name: 'idle', at: again + 1 }]);
    expect(dueTimeOf(used, again, { notices: rules, hasUses: true })).toBe(again + 1);
  });

  it('a read without any use is remembered alone', () => {
    expect(withUses(app, [a], new Map(), idleAt).watched).toStrictEqual({ [a]: { looked: idleAt } });
  });

  it('a time of use that goes back does not count', () => {
    const used = { ...app, watched: { [a]: { used: now + 9 } } };
    expect(withUses(used, [a], new Map([[a, now + 3]]), idleAt).watched).toEqual({
      [a]: { used: now + 9, looked: idleAt },
    });
  });
});

describe('the grace from the first use of a successor', () => {
  const old = aKey({ createdTime: now - 9, expiresAt: now + dayMs, rotatedTo: b, graceSeconds: 600 });
  const app = anApp({ keys: { [a]: old, [b]: aKey({ createdTime: now }) } });
  const first = now + 610_000;

  it('begins with the first use that was found, and not with a later one', () => {
    expect(gracesOf(app, now)).toEqual([{ from: a, to: b, at: first, isUsed: false }]);
    const used = withFirstUses(app, gracesOf(app, now), new Map([[b, now + 5]]));
    expect(gracesOf(used, now)).toEqual([{ from: a, to: b, at: first + 5, isUsed: true }]);
    expect(withFirstUses(used, gracesOf(used, now), new Map([[b, now + 7]])).watched).toEqual(used.watched);
    expect(withFirstUses(app, gracesOf(app, now), new Map())).toBe(app);
  });

  it.each([
    ['50 minutes after a read', 10 * 60_000, 50 * 60_000],
    ['a tenth of the time since the rotation after a read', 10 * hourMs, hourMs],
  ])('is looked for %s that found no use', (_, passed, wait) => {
    const looked = now + passed;
    const read = { ...app, watched: { [b]: { looked } } };
    expect(gracesOf(read, now)).toEqual([{ from: a, to: b, at: looked + wait, isUsed: false }]);
    const used = { ...app, watched: { [b]: { looked, firstUse: now + 5 } } };
    expect(gracesOf(used, now)).toEqual([{ from: a, to: b, at: first + 5, isUsed: true }]);
  });

  it.each<[string, App]>([
    ['has ended', anApp({ keys: { ...app.keys, [a]: { ...old, expiresAt: now } } })],
    ['has lost its successor', anApp({ keys: { [a]: old } })],
    ['ends at a fixed time', anApp({ keys: { ...app.keys, [a]: aKey({ rotatedTo: b }) } })],
    ['is gone', anApp({ keys: { [b]: aKey() } })],
    ['has an end that was given by hand', patchKey(app, a, { expiresAt: now + 5 }, { now, lifetime: {} })],
  ])('does not end a key that %s', (_, other) => {
    expect(gracesOf(other, now)).toEqual([]);
    expect(endGrace(other, { from: a, to: b }, now)).toBe(other);
  });

  it('ends the old key now, and no other', () => {
    const { graceSeconds: _, ...ended } = old;
    const keys = { ...app.keys, [a]: { ...ended, expiresAt: now + 7 } };
    expect(endGrace(app, { from: a, to: b }, now + 7)).toStrictEqual({ ...app, keys });
    for (const [from, to] of [
      [b, a],
      [a, handle('c')],
      [b, b],
    ] as const)
      expect(endGrace(app, { from, to }, now + 7)).toBe(app);
  });

  it('stands where another end is given that is the same, as one that was given by hand', () => {
    const patched = patchKey(app, a, { expiresAt: old.expiresAt }, { now, lifetime: {} });
    expect(patched).not.toBe(app);
    expect(patched.keys[a]).not.toHaveProperty('graceSeconds');
    expect(patchKey(app, a, { name: 'new' }, { now, lifetime: {} }).keys[a]?.graceSeconds).toBe(600);
  });
});

describe('what is remembered after a change', () => {
  const end = now + 30 * dayMs;
  const before = withKey({ createdTime: now - 20 * dayMs, expiresAt: end }, { watched: { [a]: { expiring7: 1 } } });
  const movedTo = (expiresAt: number): App => ({ ...before, keys: { [a]: { ...aKey(before.keys[a]), expiresAt } } });
  const watchedOf = (after: App, rules: NoticeRules | undefined = {}) => watchedAfter(before, after, now, rules);

  it('is what was before, where no end was moved and no key is gone', () => {
    expect(watchedOf({ ...before, name: 'new' })).toBe(before.watched);
    expect(watchedOf(movedTo(end + 1))).toBe(before.watched);
    expect(watchedAfter(anApp(), anApp(), now, {})).toBeUndefined();
  });

  it('is that notices before a new end are not sent whose moment has passed', () => {
    const sooner = now + 3 * dayMs;
    expect(watchedOf(movedTo(sooner))).toEqual({ [a]: { expiring7: sooner - 7 * dayMs } });
    expect(watchedOf(movedTo(now + 1))).toEqual({
      [a]: { expiring7: now + 1 - 7 * dayMs, expiring1: now + 1 - dayMs },
    });
    expect(watchedAfter(before, movedTo(sooner), now, undefined)).toBe(before.watched);
  });

  it('is that a notice whose moment is now is not sent after its end was moved', () => {
    expect(watchedOf(movedTo(now + 7 * dayMs))).toEqual({ [a]: { expiring7: now } });
  });

  it('is not that a notice was sent whose moment has passed, where its end was not moved', () => {
    const due = withKey({ createdTime: now - 20 * dayMs, expiresAt: now + 3 * dayMs });
    expect(watchedAfter(due, due, now, {})).toBeUndefined();
    expect(watchedAfter(anApp(), due, now, {})).toBeUndefined();
  });

  it('is nothing of keys that are gone', () => {
    expect(watchedOf(deleteApp(before))).toBeUndefined();
  });
});

describe('an application is due', () => {
  const notices = { idleDays: 90, rotateDays: 20 };
  const quiet: SweepRules = { hasUses: true };

  it.each<[string, App, SweepRules, number | undefined]>([
    ['never, where there is nothing to do', withKey({ expiresAt: now + dayMs }), quiet, undefined],
    [
      'for a record',
      anApp({ requests: { x: aRecord({ at: now }), y: aRecord({ at: now - 5 }) } }),
      quiet,
      now - 5 + dayMs,
    ],
    ['for a notice', withKey({ expiresAt: now + 2 * dayMs }), { ...quiet, notices }, now + dayMs],
    [
      'for the first of several',
      withKey({}, { requests: { x: aRecord({ at: now }) } }),
      { ...quiet, notices },
      now + dayMs,
    ],
    ['for a rotation', withKey({}), { ...quiet, notices }, now + 20 * dayMs],
    [
      'never, where a disabled key counts as idle',
      withKey({ enabled: false }),
      { ...quiet, notices: { idleDays: 90 } },
      undefined,
    ],
    ['to look at times of use', withKey({}), { ...quiet, notices: { idleDays: 90 } }, now + 90 * dayMs],
    [
      'never, where keys are not announced any more',
      withSent(withKey({ expiresAt: now + 1 }), [{ handle: a, name: 'expired', at: now + 5_001 }]),
      { ...quiet, notices },
      undefined,
    ],
  ])('%s', (_, app, rules, at) => {
    expect(dueTimeOf(app, now, rules)).toBe(at);
  });

  it('to end the old key of a rotation, as soon as that can be, and not once it has ended', () => {
    const old = aKey({ expiresAt: now + hourMs, rotatedTo: b, graceSeconds: 60 });
    const app = anApp({ keys: { [a]: old, [b]: aKey({ createdTime: now }) } });
    expect(dueTimeOf(app, now, quiet)).toBe(now + 70_000);
    expect(dueTimeOf(app, now + hourMs, quiet)).toBeUndefined();
    expect(dueTimeOf(app, now, { hasUses: false })).toBeUndefined();
  });
});
