import { describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import { type Generation, judgeGeneration, requireTakesKeys } from '../../lib/domain/generation.ts';
import { fullStanding } from '../../lib/domain/policy.ts';
import { aKey, anApp, aRecord, aTombstone, expiredKey, handle, many, now, refusalOf } from '../support/apps.ts';

const request = { hash: 'request', bodyHash: 'body' };

function judge(app: App | undefined, parts: Partial<Generation> = {}) {
  const ref = { realm: 'myrealm', appId: 'lACE8kgYxsahjbXnvy8w' };
  return judgeGeneration(app, { app: ref, handle: handle('n'), standing: fullStanding, maxKeys: 2, now, ...parts });
}

const live = aKey();
const full = { [handle('a')]: live, [handle('b')]: aKey({ enabled: false }) };
const outlived = { until: now, at: now - 600_000 };

describe('a new key that the application would take now', () => {
  const open = { expired: [], oldTombstones: [], oldRecords: [] };

  it.each([
    ['no key', {}],
    ['one key', { [handle('a')]: live }],
    ['one expired key, which may stay', { [handle('a')]: expiredKey() }],
  ])('finds its place beside %s', (_, keys) => {
    const app = anApp({ keys });
    expect(judge(app)).toEqual({ is: 'open', clearance: { ...open, seen: app } });
  });

  it('may be wanted by whoever may write', () => {
    expect(judge(anApp(), { standing: { fromToken: ['write'], principal: undefined } })).toMatchObject({ is: 'open' });
  });

  it('takes the place of every expired key when there is no other, each as it was seen', () => {
    const app = anApp({ keys: { [handle('a')]: expiredKey(), [handle('b')]: expiredKey({ expiresAt: 5 }) } });
    const expired = [
      { handle: handle('a'), expiresAt: now - 5_000 },
      { handle: handle('b'), expiresAt: 5 },
    ];
    expect(judge(app)).toEqual({ is: 'open', clearance: { ...open, seen: app, expired } });
    expect(judge(anApp({ keys: { ...app.keys, [handle('c')]: live } }))).toMatchObject({ clearance: { expired } });
  });

  it('clears away what is old among tombstones and request records, and nothing else', () => {
    const removed = { [handle('o')]: aTombstone(outlived), [handle('y')]: aTombstone() };
    const app = anApp({ removed, requests: { old: aRecord({ at: now - 86_400_000 }), young: aRecord() } });
    const clearance = { ...open, seen: app, oldTombstones: [handle('o')], oldRecords: ['old'] };
    expect(judge(app)).toEqual({ is: 'open', clearance });
  });

  it('clears away at most 50 of a kind', () => {
    const app = anApp({ removed: many(60, () => aTombstone(outlived)), requests: many(60, () => aRecord({ at: 0 })) });
    const first = Object.keys(many(50, () => 0));
    expect(judge(app)).toMatchObject({ clearance: { oldTombstones: first, oldRecords: first } });
  });
});

describe('a new key that is there already', () => {
  it('was made by an attempt whose answer was lost, whatever has become of the application', () => {
    expect(judge(anApp({ keys: { [handle('n')]: live }, status: 'deactivated' }))).toEqual({ is: 'made' });
  });

  it('was made by another copy of the request', () => {
    const record = aRecord({ handle: handle('a') });
    const app = anApp({ keys: full, requests: { request: record } });
    expect(judge(app, { request })).toEqual({ is: 'replay', record });
  });
});

describe('a new key is refused', () => {
  const lacking = { standing: { fromToken: ['read' as const], principal: undefined } };

  it.each([
    ['409305', 'was removed since', anApp({ removed: { [handle('n')]: aTombstone() }, status: 'deactivated' })],
    ['404660', 'has no application', undefined],
    ['409306', 'belongs to a deactivated application', anApp({ status: 'deactivated', issuers: ['https://issuer'] })],
    ['400337', 'would stand beside a token issuer', anApp({ keys: full, issuers: ['https://issuer'] })],
    ['409303', 'would be the third', anApp({ keys: full, removed: many(100, () => aTombstone()) })],
    ['409303', 'would be the third of one live', anApp({ keys: { ...full, [handle('c')]: expiredKey() } })],
    ['429003', 'comes after 100 removals', anApp({ removed: many(100, () => aTombstone()) })],
  ])('%s when it %s', (code, _, app) => {
    expect(refusalOf(() => judge(app))).toMatchObject({ code });
  });

  it('403403 when the caller may only read, before the record of a request is looked at', () => {
    const app = anApp({ requests: { request: aRecord({ bodyHash: 'other' }) } });
    expect(refusalOf(() => judge(app, { ...lacking, request }))).toMatchObject({ code: '403403' });
    expect(refusalOf(() => judge(app, { request }))).toMatchObject({ code: '422409' });
  });

  it('as the maximum says, which may be another than two', () => {
    expect(judge(anApp({ keys: full }), { maxKeys: 3 })).toMatchObject({ is: 'open' });
    expect(refusalOf(() => judge(anApp({ keys: { [handle('a')]: live } }), { maxKeys: 1 }))).toMatchObject({
      code: '409303',
    });
  });
});

it('an application takes keys while it is active and has no issuers', () => {
  expect(() => requireTakesKeys(anApp())).not.toThrow();
});
