import { describe, expect, it } from 'vitest';
import type { KeyHandle } from '../../lib/domain/api-key-id.ts';
import type { KeyRestrictions } from '../../lib/domain/restrictions.ts';
import { findingOf, judge } from '../../lib/domain/verification.ts';
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
])('a key is rejected as %s when %s', (reason, _, app) => {
  expect(findingOf(app, handle('a'), at).verification).toStrictEqual({ valid: false, reason });
});

describe('a key that is restricted', () => {
  const key = aKey({ scopes: ['a', 'b', 'c'], restrictions: { allowedSources: ['10.0.0.0/8'] } });
  const app = holding(key, { restrictions: { scopes: ['c', 'x', 'a'], referrers: ['a.test'] } });

  it('has the scopes that the ceiling leaves, and what its application and it are restricted by', () => {
    const { verification, restricted } = findingOf(app, handle('a'), at);
    expect(verification).toMatchObject({ valid: true, scopes: ['a', 'c'], allowedSources: ['10.0.0.0/8'] });
    expect(restricted).toStrictEqual({
      realm: 'myrealm',
      appId: app.appId,
      scopes: ['a', 'c'],
      allowedSources: ['10.0.0.0/8'],
      referrers: ['a.test'],
    });
  });

  it('gets its scopes back with a ceiling that is higher', () => {
    const higher = holding(key, { restrictions: { scopes: ['a', 'b', 'c'] } });
    expect(findingOf(higher, handle('a'), at).restricted?.scopes).toEqual(['a', 'b', 'c']);
    expect(findingOf(holding(key), handle('a'), at).restricted?.scopes).toEqual(['a', 'b', 'c']);
    expect(findingOf(holding(key, { restrictions: { scopes: [] } }), handle('a'), at).restricted?.scopes).toEqual([]);
  });

  const newer = { methods: ['GET'] };
  it.each([
    ['it has', holding(aKey({ restrictions: newer as KeyRestrictions }))],
    ['its application has', holding(aKey(), { restrictions: newer })],
  ])('security 28: is unknown when %s a restriction that this version does not know', (_, narrowed) => {
    expect(findingOf(narrowed, handle('a'), at)).toStrictEqual({ verification: { valid: false, reason: 'unknown' } });
  });

  it('is accepted for what it is good for, and told with the reason where it is not', () => {
    const finding = findingOf(app, handle('a'), at);
    const origin = { source: '10.1.2.3', origin: 'https://a.test' };
    expect(judge(finding, { scopes: ['a'] }, origin)).toBe(finding.verification);
    expect(judge(finding, { scopes: ['b'] }, origin)).toEqual({ valid: false, reason: 'scope' });
    expect(judge(finding, {}, { ...origin, source: '11.1.2.3' })).toEqual({ valid: false, reason: 'source' });
    const disabled = findingOf(holding(aKey({ enabled: false })), handle('a'), at);
    expect(judge(disabled, { realms: ['other'] }, {})).toEqual({ valid: false, reason: 'disabled' });
  });
});

it('a handle that every object seems to have is unknown', () => {
  expect(findingOf(holding(), 'toString' as KeyHandle, at).verification).toEqual({ valid: false, reason: 'unknown' });
});
