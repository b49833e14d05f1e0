import { describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import {
  addKey,
  type Generation,
  judgeGeneration,
  replaceExpired,
  requireTakesKeys,
} from '../../lib/domain/generation.ts';
import { fullRights } from '../../lib/domain/policy.ts';
import { aKey, anApp, aRecord, aRequest, aTombstone, expiredKey, handle, now, refusalOf } from '../support/apps.ts';

const request = aRequest();
const ref = { realm: 'myrealm', appId: 'lACE8kgYxsahjbXnvy8w' };
const wanted = { app: ref, handle: handle('n'), key: aKey({ name: 'new' }), callerRights: fullRights, maxKeys: 2, now };

function judge(app: App | undefined, parts: Partial<Generation> = {}) {
  return judgeGeneration(app, { ...wanted, ...parts });
}

const live = aKey();
const full = { [handle('a')]: live, [handle('b')]: aKey({ enabled: false }) };

describe('a new key that the application would take now', () => {
  it.each([
    ['no key', {}],
    ['one key', { [handle('a')]: live }],
    ['one expired key, which may stay', { [handle('a')]: expiredKey() }],
  ])('finds a free slot beside %s', (_, keys) => {
    expect(judge(anApp({ keys }))).toEqual({ is: 'free' });
  });

  it('needs the right write', () => {
    expect(judge(anApp(), { callerRights: { fromToken: ['write'], principal: undefined } })).toEqual({ is: 'free' });
  });

  it('takes the slot of an expired key when there is no free one', () => {
    const app = anApp({ keys: { [handle('a')]: expiredKey(), [handle('b')]: live } });
    expect(judge(app)).toEqual({ is: 'expired', app });
  });

  it.each([0, 1])('is sealed off when the latest removed key is as young as it is, or %i ms younger', (younger) => {
    const sealed = wanted.key.createdTime + younger;
    expect(judge(anApp({ sealed }))).toEqual({ is: 'sealed' });
    expect(judge(anApp({ sealed, keys: { [handle('a')]: expiredKey(), [handle('b')]: live } }))).toEqual({
      is: 'sealed',
    });
    expect(judge(anApp({ sealed: wanted.key.createdTime - 1 }))).toEqual({ is: 'free' });
  });
});

describe('replacing expired keys', () => {
  const gone = { at: now, op: 'op-1', why: 'replaced' };

  it('takes every one of them, and what is old among tombstones and request records', () => {
    const keys = { [handle('a')]: expiredKey({ createdTime: 7 }), [handle('b')]: expiredKey({ expiresAt: 5 }) };
    const removed = { [handle('o')]: aTombstone({ at: now - 600_000 }), [handle('y')]: aTombstone() };
    const requests = { old: aRecord({ at: now - 86_400_000 }), young: aRecord() };
    const app = anApp({ keys: { ...keys, [handle('c')]: live }, removed, requests });
    const record = aRecord({ handle: handle('n') });
    expect(replaceExpired(app, { ...wanted, request, record }, 'op-1')).toStrictEqual({
      ...app,
      keys: { [handle('c')]: live, [handle('n')]: wanted.key },
      keyCount: 2,
      sealed: now - 1_000,
      removed: { [handle('y')]: aTombstone(), [handle('a')]: gone, [handle('b')]: gone },
      requests: { young: aRecord(), request: record },
    });
  });

  it.each([{ request }, { record: aRecord() }])('records no request of which only half is known', (half) => {
    const { request: known, record } = { request: undefined, record: undefined, ...half };
    expect(addKey(anApp(), handle('n'), live, known, record).requests).toEqual({});
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

describe('a new key is rejected', () => {
  const lacking = { callerRights: { fromToken: ['read' as const], principal: undefined } };

  it.each([
    ['409305', 'was removed since', anApp({ removed: { [handle('n')]: aTombstone() }, status: 'deactivated' })],
    ['404660', 'has no application', undefined],
    ['409306', 'belongs to a deactivated application', anApp({ status: 'deactivated', issuers: ['https://issuer'] })],
    ['400337', 'would stand beside a token issuer', anApp({ keys: full, issuers: ['https://issuer'] })],
    ['400200', 'would have a scope above the ceiling', anApp({ keys: full, restrictions: { scopes: ['b'] } })],
    ['409303', 'would be the third', anApp({ keys: full })],
    ['409303', 'would be the third, though it is sealed off too', anApp({ keys: full, sealed: now })],
    ['409303', 'would be the third of one live', anApp({ keys: { ...full, [handle('c')]: expiredKey() } })],
  ])('%s when it %s', (code, _, app) => {
    expect(refusalOf(() => judge(app, { key: { ...wanted.key, scopes: ['b', 'a'] } }))).toMatchObject({ code });
  });

  it('and says which scope is above the ceiling', () => {
    const key = { ...wanted.key, scopes: ['b', 'a'] };
    const refusal = refusalOf(() => judge(anApp({ restrictions: { scopes: ['b'] } }), { key }));
    expect(refusal.parts.details).toMatchObject([{ source: '$.scopes[1]' }]);
    expect(judge(anApp({ restrictions: { scopes: ['a', 'b'] } }), { key })).toEqual({ is: 'free' });
    expect(judge(anApp({ restrictions: { scopes: [] } }))).toEqual({ is: 'free' });
  });

  it('is given again though the ceiling has been lowered since', () => {
    const record = aRecord({ handle: handle('a') });
    const app = anApp({ keys: full, requests: { request: record }, restrictions: { scopes: [] } });
    expect(judge(app, { request, key: { ...wanted.key, scopes: ['a'] } })).toEqual({ is: 'replay', record });
  });

  it('403403 when the caller may only read, before the record of a request is looked at', () => {
    const app = anApp({ requests: { request: aRecord({ bodyHash: 'other' }) } });
    expect(refusalOf(() => judge(app, { ...lacking, request }))).toMatchObject({ code: '403403' });
    expect(refusalOf(() => judge(app, { request }))).toMatchObject({ code: '422409' });
  });

  it('as the maximum says, which may be another than two', () => {
    expect(judge(anApp({ keys: full }), { maxKeys: 3 })).toEqual({ is: 'free' });
    expect(refusalOf(() => judge(anApp({ keys: { [handle('a')]: live } }), { maxKeys: 1 }))).toMatchObject({
      code: '409303',
    });
  });
});

it('an application takes keys while it is active and has no issuers', () => {
  expect(() => requireTakesKeys(anApp())).not.toThrow();
});
