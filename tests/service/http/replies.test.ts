import { describe, expect, it } from 'vitest';
import { appReply, doneReply, keyReply, newKeyReply } from '../../../lib/service/http/replies.ts';
import { aKey, anApp, handle, refusalOf } from '../../support/apps.ts';

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

it.each([undefined, handle('o')])('404666 for the key %s, which the application has not', (key) => {
  expect(refusalOf(() => keyReply(call, app, key, undefined)).code).toBe('404666');
});

it('a change is answered with 204', () => {
  expect(doneReply(call, app, handle('k'))).toEqual({ status: 204, logged: { keyHrn } });
});

it.each([
  [undefined, {}],
  [true, again],
])('an application is answered with 200 (again: %s)', (isReplayed, headers) => {
  const hrn = `hrn:here:account::myrealm:app/${app.appId}`;
  const body = expect.objectContaining({ hrn, status: 'active' });
  const logged = { app: hrn, appStatus: 'active' };
  expect(appReply(call, app, isReplayed)).toEqual({ status: 200, body, headers, logged });
});
