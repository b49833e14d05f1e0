import { describe, expect, it } from 'vitest';
import {
  formatApiKey,
  formatBareApiKey,
  formatNewApiKey,
  isLiveAt,
  isReplaceable,
  newApiKey,
} from '../../lib/domain/api-key.ts';
import type { ApiKeyId } from '../../lib/domain/api-key-id.ts';
import type { KeyRestrictions } from '../../lib/domain/restrictions.ts';
import { aKey, anApp, handle, nothingMore, now } from '../support/apps.ts';

describe('a new key', () => {
  it('is enabled and never expires, unless the input says otherwise', () => {
    const made = { name: 'a key', createdTime: now, createdBy: 'demo' };
    expect(newApiKey({ name: ' a key\t' }, 'demo', now)).toEqual({ ...made, enabled: true, expiresAt: -1 });
    const input = { name: 'a key', expiresAt: now + 1, enabled: false };
    expect(newApiKey(input, 'demo', now)).toEqual({ ...made, enabled: false, expiresAt: now + 1 });
  });

  it('has what the input says of it besides, in canonical form, and nothing that is empty', () => {
    const made = { name: 'a key', enabled: true, expiresAt: -1, createdTime: now, createdBy: 'demo' };
    const input = {
      name: 'a key',
      description: ' x ',
      scopes: ['b', 'a'],
      allowedSources: ['2001:DB8::', '10.0.0.1/32'],
    };
    const restrictions = { allowedSources: ['2001:db8::', '10.0.0.1'] };
    expect(newApiKey(input, 'demo', now)).toStrictEqual({
      ...made,
      description: 'x',
      scopes: ['b', 'a'],
      restrictions,
    });
    const empty = { name: 'a key', description: ' ', scopes: [], allowedSources: [] };
    expect(newApiKey(empty, 'demo', now)).toStrictEqual(made);
  });
});

it.each([
  ['never', -1, true, false],
  ['in a millisecond', now + 1, true, false],
  ['now', now, false, false],
  ['not quite 5 seconds ago', now - 4_999, false, false],
  ['5 seconds ago', now - 5_000, false, true],
])('of a key that expires %s: it is live: %s; it can be replaced: %s', (_, expiresAt, isLive, isOver) => {
  expect(isLiveAt({ expiresAt }, now)).toBe(isLive);
  expect(isReplaceable(aKey({ expiresAt }), now)).toBe(isOver);
});

describe('the answer that shows a key', () => {
  const { appId, realm, ...rest } = anApp();
  const shown = {
    apiKey: `hrn:here:account::myrealm:apikey/${handle('a')}`,
    identity: `hrn:here:account::myrealm:app/${appId}`,
    realm: 'hrn:here:account::myrealm:realm/myrealm',
    name: 'a key',
    enabled: true,
    expiresAt: -1,
    ...nothingMore,
    createdTime: now - 1_000,
  };

  const made = { at: now - 1_000, by: 'demo', action: 'generateApiKey' };
  const history = { createdBy: 'demo', lastChange: made };

  it('has no secret, and nothing that there is not', () => {
    expect(formatBareApiKey(handle('a'), aKey(), { appId, realm }, 'here')).toStrictEqual(shown);
    expect(formatApiKey(handle('a'), aKey(), { appId, realm }, 'here', undefined)).toStrictEqual({
      ...shown,
      ...history,
    });
  });

  it('names the key that it succeeds and its successor, who changed it last, and when it was used', () => {
    const key = aKey({ rotatedFrom: handle('b'), rotatedTo: handle('c') });
    const rotatedFrom = `hrn:here:account::myrealm:apikey/${handle('b')}`;
    const rotatedTo = `hrn:here:account::myrealm:apikey/${handle('c')}`;
    const app = { appId, realm, ...rest };
    const lastChange = { ...made, action: 'rotateApiKey' };
    const told = { ...shown, ...history, lastChange, rotatedFrom, rotatedTo, lastUsedTime: 0 };
    expect(formatApiKey(handle('a'), key, app, 'here', 0)).toStrictEqual(told);
  });

  it('says that the key ends after the first use of its successor, and why it is disabled', () => {
    const key = aKey({ graceSeconds: 0, enabled: false, disabledReason: 'leaked' });
    const told = { ...shown, ...history, enabled: false, untilFirstUse: 0, disabledReason: 'leaked' };
    expect(formatApiKey(handle('a'), key, { appId, realm }, 'here', undefined)).toStrictEqual(told);
  });

  it('has its description, its scopes and its sources, and no restriction of a newer version', () => {
    const restrictions = { allowedSources: ['::1'], notBefore: 7 } as KeyRestrictions;
    const key = aKey({ description: 'x', scopes: ['a'], restrictions });
    const more = { description: 'x', scopes: ['a'], allowedSources: ['::1'] };
    expect(formatBareApiKey(handle('a'), key, { appId, realm }, 'here')).toStrictEqual({ ...shown, ...more });
  });

  it('has the secret when the key is new', () => {
    const apiKeyId = 'ak_the_secret' as ApiKeyId;
    const answer = formatNewApiKey(apiKeyId, handle('a'), aKey(), { appId, realm }, 'here');
    expect(answer).toStrictEqual({ apiKeyId, ...shown });
  });
});
