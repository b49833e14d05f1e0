import { describe, expect, it } from 'vitest';
import type { ApiKey } from '../../lib/domain/api-key.ts';
import { type App, type AppPatch, patchApp } from '../../lib/domain/app.ts';
import { type ApiKeyPatch, editKey } from '../../lib/domain/keys-of-app.ts';
import { endAfterAppPatch, endAfterKeyPatch, endOfPredecessor } from '../../lib/domain/taken-away.ts';
import { aKey, anApp, handle, now } from '../support/apps.ts';

const k = handle('k');
const soon = now + 1_000;
const later = now + 2_000;
const withSources = (...allowedSources: string[]) => ({ restrictions: { allowedSources } });

describe('a PATCH of a key', () => {
  const endOf = (key: Partial<ApiKey>, patch: ApiKeyPatch) => {
    const before = anApp({ keys: { [k]: aKey(key) } });
    return endAfterKeyPatch({ before, after: editKey(before, k, patch) }, k, patch, now);
  };

  it.each<[string, Partial<ApiKey>, ApiKeyPatch, number]>([
    ['an end for one that had none', {}, { expiresAt: soon }, soon],
    ['an earlier end', { expiresAt: later }, { expiresAt: soon }, soon],
    ['an end that is over by now', {}, { expiresAt: now - 1 }, now],
    ['a scope fewer', { scopes: ['a', 'b'] }, { scopes: ['b', 'c'] }, now],
    ['addresses for one that had none', {}, { allowedSources: ['10.0.0.0/8'] }, now],
    ['a smaller block', withSources('10.0.0.0/8'), { allowedSources: ['10.0.0.0/9'] }, now],
    ['a block fewer', withSources('10.0.0.0/8', '::1'), { allowedSources: ['10.0.0.0/8'] }, now],
    ['IPv4 alone, of all of IPv6', withSources('::/0'), { allowedSources: ['0.0.0.0/0'] }, now],
    ['an earlier end and a scope fewer', { scopes: ['a'] }, { expiresAt: later, scopes: [] }, later],
    ['a later end and a scope fewer', { expiresAt: soon, scopes: ['a'] }, { expiresAt: later, scopes: [] }, now],
  ])('takes something away: %s', (_, key, patch, end) => {
    expect(endOf(key, patch)).toBe(end);
  });

  it.each<[string, Partial<ApiKey>, ApiKeyPatch]>([
    ['a name', {}, { name: 'new', description: 'new' }],
    ['a later end', { expiresAt: soon }, { expiresAt: later }],
    ['no end', { expiresAt: soon }, { expiresAt: -1 }],
    ['a scope more', { scopes: ['a'] }, { scopes: ['b', 'a'] }],
    ['every address', withSources('::1'), { allowedSources: [] }],
    ['a larger block', withSources('10.1.0.0/16', '10.2.3.4'), { allowedSources: ['10.0.0.0/8', '::1'] }],
  ])('takes nothing away: %s', (_, key, patch) => {
    expect(endOf(key, patch)).toBeUndefined();
  });

  const narrow = { expiresAt: soon, scopes: ['a'], ...withSources('::1') };

  it.each<[ApiKeyPatch, number | undefined]>([
    [{ expiresAt: soon }, soon],
    [{ expiresAt: soon, name: 'new' }, soon],
    [{ scopes: ['a'] }, now],
    [{ scopes: ['a'], name: 'new' }, now],
    [{ allowedSources: ['::1'] }, now],
    [{ name: 'a key' }, undefined],
    [{}, undefined],
  ])('may be a repetition in what it does not change: %j', (patch, end) => {
    expect(endOf(narrow, patch)).toBe(end);
  });

  it.each([{ expiresAt: -1 }, { allowedSources: [] }])('of what limits nothing it takes nothing away: %j', (patch) => {
    expect(endOf({}, patch)).toBeUndefined();
  });
});

describe('a PATCH of an application', () => {
  const endOf = (parts: Partial<App>, patch: AppPatch) => {
    const before = anApp(parts);
    return endAfterAppPatch({ before, after: patchApp(before, patch) }, patch, now);
  };
  const limited = { restrictions: { referrers: ['a.test/x', 'b.test:8443'], scopes: ['a', 'b'] } };

  it.each<[string, Partial<App>, AppPatch]>([
    ['its end', {}, { status: 'deactivated' }],
    ['pages, where it had none', {}, { referrers: ['a.test'] }],
    ['a page fewer', limited, { referrers: ['a.test'] }],
    ['a page without its path', { restrictions: { referrers: ['a.test/x'] } }, { referrers: ['a.test'] }],
    ['a longer path', limited, { referrers: ['a.test/x/y', 'b.test:8443'] }],
    ['another port', limited, { referrers: ['a.test/x', 'b.test:8444'] }],
    ['a ceiling, where it had none', {}, { scopes: ['a'] }],
    ['a scope fewer', limited, { scopes: ['a', 'c'] }],
    ['its end again', { status: 'deactivated' }, { status: 'deactivated', description: 'incident 12' }],
    ['the same pages again', limited, { referrers: ['b.test:8443', 'a.test/x'] }],
    ['the same ceiling again', limited, { scopes: ['b', 'a'] }],
    ['the same empty ceiling again', { restrictions: { scopes: [] } }, { scopes: [] }],
  ])('takes something away: %s', (_, parts, patch) => {
    expect(endOf(parts, patch)).toBe(now);
  });

  it.each<[string, Partial<App>, AppPatch]>([
    ['a name', limited, { name: 'new', description: 'new' }],
    ['nothing', limited, {}],
    ['its activation', { status: 'deactivated' }, { status: 'active' }],
    ['every page', limited, { referrers: [] }],
    ['every page, where it has all', {}, { referrers: [] }],
    ['a page more, and shorter ones', limited, { referrers: ['a.test/x', 'b.test', 'c.test'] }],
    ['no ceiling', limited, { scopes: null }],
    ['no ceiling, where it has none', {}, { scopes: null }],
    ['a higher ceiling', limited, { scopes: ['a', 'b', 'c'] }],
    ['a name of a deactivated one', { status: 'deactivated' }, { name: 'new' }],
  ])('takes nothing away: %s', (_, parts, patch) => {
    expect(endOf(parts, patch)).toBeUndefined();
  });
});

it.each<[string, Partial<ApiKey> | undefined, number | undefined]>([
  ['is gone', undefined, now],
  ['ends later', { expiresAt: soon }, soon],
  ['has ended', { expiresAt: now - 1 }, now],
  ['is disabled', { expiresAt: soon, enabled: false }, now],
  ['has been given no end', {}, undefined],
])('the key before a rotation that %s', (_, key, end) => {
  expect(endOfPredecessor(anApp({ keys: key ? { [k]: aKey(key) } : {} }), k, now)).toBe(end);
});
