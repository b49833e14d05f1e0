import { describe, expect, it } from 'vitest';
import {
  appReply,
  changedKey,
  keyReply,
  newKeyReply,
  revokedReply,
  withEnd,
} from '../../../lib/service/http/replies.ts';
import { aKey, anApp, handle, refusalOf } from '../../support/apps.ts';
import { testSettings } from '../../support/settings.ts';

const call = { settings: { partition: 'here' } };
const keyHrn = `hrn:here:account::myrealm:apikey/${handle('k')}`;
const app = anApp({ keys: { [handle('k')]: aKey({ expiresAt: 4_000_000_000_000 }) } });
const again = { 'Idempotency-Replayed': 'true' };

describe('a new key', () => {
  const body = { apiKey: keyHrn, secret: 'secret' } as never;
  const successor = { apiKey: keyHrn, secret: 'secret', rotatedFrom: 'another' } as never;

  it.each([
    ['the first time', body, false, {}, {}],
    ['again', body, true, again, { replayed: 'true' }],
    ['of a rotation', successor, false, {}, { rotatedFrom: 'another' }],
    ['of a rotation, again', successor, true, again, { rotatedFrom: 'another', replayed: 'true' }],
  ])('is answered with 201 %s; its secret is not logged', (_, body, isReplayed, headers, logged) => {
    const reply = newKeyReply({ body, isReplayed });
    expect(reply).toEqual({ status: 201, body, headers, logged: { keyHrn, ...logged } });
  });
});

it('a key is answered with 200', () => {
  expect(keyReply(call, app, handle('k'), 5)).toEqual({
    status: 200,
    body: expect.objectContaining({ apiKey: keyHrn, name: 'a key', lastUsedTime: 5 }),
    logged: { keyHrn, expiresAt: '4000000000000' },
  });
});

describe('of what a request has set, the log has what narrows a key', () => {
  const restrictions = { referrers: ['a.test'], scopes: ['a'] };
  const narrow = anApp({
    keys: { [handle('k')]: aKey({ scopes: ['a'], restrictions: { allowedSources: ['::1'] } }) },
    restrictions,
  });

  it.each([
    [{ name: 'x', description: 'y' }, {}],
    [{ scopes: ['b'] }, { scopes: '["a"]' }],
    [
      { scopes: [], allowedSources: [] },
      { scopes: '["a"]', allowedSources: '["::1"]' },
    ],
  ])('as the reply shows it: %j of a key', (patch, logged) => {
    const reply = keyReply(call, narrow, handle('k'), undefined, patch);
    expect(reply.logged).toStrictEqual({ keyHrn, expiresAt: '-1', rev: String(narrow.rev), ...logged });
  });

  it.each([
    [narrow, { name: 'x', description: 'y' }, {}],
    [narrow, { referrers: [] }, { referrers: '["a.test"]' }],
    [narrow, { scopes: [] }, { scopes: '["a"]' }],
    [anApp(), { scopes: null, referrers: [] }, { scopes: 'null', referrers: '[]' }],
  ])('as the reply shows it: of %o, %j of an application', (of, patch, logged) => {
    expect(appReply(call, of, { patch }).logged).toStrictEqual({
      app: `hrn:here:account::myrealm:app/${of.appId}`,
      appStatus: 'active',
      rev: String(of.rev),
      ...logged,
    });
  });
});

it.each([undefined, handle('o')])('404666 for the key %s, which the application has not', (key) => {
  expect(refusalOf(() => keyReply(call, app, key, undefined)).code).toBe('404666');
});

it('of a change to a key, the log has its HRN and the revision', () => {
  expect(changedKey(call, app, handle('k'))).toEqual({ keyHrn, rev: String(app.rev) });
});

describe('a revocation', () => {
  const done = { settings: testSettings({ verify: { maxStaleSeconds: 100 } }), deadline: { now: () => 1_000_000 } };
  const header = (effectiveBy: string) => ({ 'Appkeys-Effective-By': effectiveBy });

  it('is answered with 204, and with the bound, 10 s of an answer under way and 5 s of clocks from now on', () => {
    const effectiveBy = '1115000';
    const logged = { rev: '7', effectiveBy };
    expect(revokedReply(done, { rev: '7' })).toEqual({ status: 204, headers: header(effectiveBy), logged });
  });

  it('with a body has the same from the end of what was taken away on', () => {
    const reply = { status: 200, body: { name: 'x' }, headers: again, logged: { rev: '7' } };
    expect(withEnd(done, reply, 2_000_000)).toEqual({
      status: 200,
      body: { name: 'x', effectiveBy: 2_115_000 },
      headers: { ...again, ...header('2115000') },
      logged: { rev: '7', effectiveBy: '2115000' },
    });
  });

  it('that takes nothing away has none', () => {
    const reply = { status: 200, body: { name: 'x' } };
    expect(withEnd(done, reply, undefined)).toBe(reply);
  });
});

it.each([
  [{}, {}],
  [{ isReplayed: true }, again],
])('an application is answered with 200: %j', (how, headers) => {
  const hrn = `hrn:here:account::myrealm:app/${app.appId}`;
  const body = expect.objectContaining({ hrn, status: 'active' });
  const logged = { app: hrn, appStatus: 'active' };
  expect(appReply(call, app, how)).toEqual({ status: 200, body, headers, logged });
});
