import { expect, it } from 'vitest';
import type { KeyHandle } from '../../lib/domain/api-key-id.ts';
import { findingOf } from '../../lib/domain/verification.ts';
import { aKey, anApp, aTombstone, handle, now } from '../support/apps.ts';

const at = { now, partition: 'here' };
const holding = (key = aKey(), parts = {}) => anApp({ keys: { [handle('a')]: key }, ...parts });

it('a key that is enabled, live and of an active application is valid, and told without its uses', () => {
  const app = holding(aKey({ expiresAt: now + 1 }), { lastUsed: { [handle('a')]: now } });
  expect(findingOf(app, handle('a'), at).verification).toStrictEqual({
    valid: true,
    apiKey: `hrn:here:account::myrealm:apikey/${handle('a')}`,
    identity: `hrn:here:account::myrealm:app/${app.appId}`,
    realm: 'hrn:here:account::myrealm:realm/myrealm',
    name: 'a key',
    enabled: true,
    description: '',
    expiresAt: now + 1,
    scopes: [],
    allowedSources: [],
    createdTime: now - 1_000,
  });
});

it.each([
  ['unknown', 'there is no such application', undefined],
  ['unknown', 'the application has no such key', anApp()],
  ['deleted', 'it was removed', anApp({ removed: { [handle('a')]: aTombstone() } })],
  ['deleted', 'its application was deleted', anApp({ status: 'deleted' })],
  ['disabled', 'it is not enabled', holding(aKey({ enabled: false, expiresAt: now }), { status: 'deactivated' })],
  ['expired', 'its time is over', holding(aKey({ expiresAt: now }), { status: 'deactivated' })],
  ['deactivated', 'its application is', holding(aKey(), { status: 'deactivated' })],
])('a key is refused as %s when %s', (reason, _, app) => {
  expect(findingOf(app, handle('a'), at).verification).toStrictEqual({ valid: false, reason });
});

it('a handle that every object seems to have is unknown', () => {
  expect(findingOf(holding(), 'toString' as KeyHandle, at).verification).toEqual({ valid: false, reason: 'unknown' });
});
