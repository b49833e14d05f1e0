import { describe, expect, it } from 'vitest';
import { type AppPatch, deleteApp, formatApp, newApp, newAppId, patchApp } from '../../lib/domain/app.ts';
import type { AppRestrictions } from '../../lib/domain/restrictions.ts';
import { aKey, anApp, aRecord, aTombstone, handle, now, refusalOf } from '../support/apps.ts';

const input = { appId: 'app1', realm: 'myrealm', name: ' an app ', owner: 'demo', now: 12, op: 'op-1' };

it('a new application is active, holds nothing, and is managed by its owner', () => {
  expect(newApp({ ...input, correlationId: 'correlation-1', description: ' a description ' })).toStrictEqual({
    appId: 'app1',
    realm: 'myrealm',
    name: 'an app',
    description: 'a description',
    restrictions: {},
    status: 'active',
    createdTime: 12,
    createdBy: 'demo',
    listKey: '0000000000000012#app1',
    rev: 1,
    issuers: [],
    grants: { demo: ['manage'] },
    keyCount: 0,
    keys: {},
    removed: {},
    requests: {},
    sealed: 0,
    lastChange: { op: 'op-1', at: 12, by: 'demo', action: 'createApp', correlationId: 'correlation-1' },
  });
  expect(newApp({ ...input, correlationId: 'correlation-1' }).description).toBe('');
  const narrow = { ...input, correlationId: 'c', referrers: ['A.test/'], scopes: [] };
  expect(newApp(narrow).restrictions).toStrictEqual({ referrers: ['a.test'], scopes: [] });
});

describe('the id of a new application', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

  it('is 20 letters and digits, never the same twice, and each of the 62 comes up', () => {
    const ids = Array.from({ length: 200 }, () => newAppId());
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9]{20}$/);
    expect(new Set(ids).size).toBe(200);
    expect(new Set(ids.join('')).size).toBe(62);
  });

  it('is what the digits say, each of which knows its place and how many there are', () => {
    expect(newAppId((below, index) => (below === 62 ? index + 42 : 0))).toBe(alphabet.slice(42));
  });
});

describe('a change of an application', () => {
  const app = anApp({ description: 'a description' });

  it.each([
    [{ name: ' other ' }, { name: 'other' }],
    [{ description: ' other ' }, { description: 'other' }],
    [{ description: '' }, { description: '' }],
    [{ status: 'deactivated' as const }, { status: 'deactivated' }],
  ])('%j changes that and nothing else', (patch, changed) => {
    expect(patchApp(app, patch)).toStrictEqual({ ...app, ...changed });
  });

  it.each([{}, { name: ' an app' }, { description: 'a description ' }, { status: 'active' as const }])(
    '%j is none',
    (patch) => {
      expect(patchApp(app, patch)).toBe(app);
    },
  );

  const newer = { methods: ['GET'] } as AppRestrictions;
  const restrictions = { ...newer, referrers: ['a.test', 'b.test:8/app'], scopes: ['b', 'a'] };
  const narrow = anApp({ restrictions, keys: { [handle('a')]: aKey({ scopes: ['z'] }) } });
  const { referrers, scopes } = restrictions;

  it.each<[AppPatch, AppRestrictions]>([
    [{ referrers: ['C.test/'] }, { ...restrictions, referrers: ['c.test'] }],
    [{ referrers: [] }, { ...newer, scopes }],
    [{ scopes: ['c'] }, { ...restrictions, scopes: ['c'] }],
    [{ scopes: [] }, { ...restrictions, scopes: [] }],
    [{ scopes: null }, { ...newer, referrers }],
    [{ scopes: null, referrers: [] }, newer],
  ])('%j changes that, keeps what a newer version has restricted, and touches no key', (patch, changed) => {
    expect(patchApp(narrow, patch)).toStrictEqual({ ...narrow, restrictions: changed });
  });

  it.each<AppPatch>([
    { scopes: ['a', 'b'] },
    { referrers: ['B.test:08/app/', 'A.test'] },
    { referrers: ['a.test', 'b.test:8/app'], scopes: ['b', 'a'], name: 'an app' },
  ])('%j, the same in other words, is none', (patch) => {
    expect(patchApp(narrow, patch)).toBe(narrow);
  });

  it('no ceiling and one that leaves nothing are two things', () => {
    expect(patchApp(app, { scopes: null })).toBe(app);
    expect(patchApp(app, { scopes: [] }).restrictions).toEqual({ scopes: [] });
  });

  it('400200 for a referrer that is wrong', () => {
    const refusal = refusalOf(() => patchApp(app, { referrers: ['a.test', '*.a.test'] }));
    expect(refusal).toMatchObject({ code: '400200', parts: { details: [{ source: '$.referrers[1]' }] } });
  });
});

it('of a deleted application stay no keys, no rights, no texts and no place in a list', () => {
  const app = anApp({
    keys: { [handle('a')]: aKey() },
    removed: { [handle('b')]: aTombstone() },
    requests: { request: aRecord() },
    restrictions: { scopes: ['a'] },
  });
  const { listKey, ...rest } = app;
  expect(listKey).toBeDefined();
  const gone = {
    status: 'deleted',
    restrictions: {},
    name: '',
    description: '',
    grants: {},
    keys: {},
    keyCount: 0,
    removed: {},
    requests: {},
  };
  expect(deleteApp(app)).toStrictEqual({ ...rest, ...gone });
});

it('the answer that shows an application tells nothing of its keys, grants or issuers', () => {
  const app = anApp();
  expect(formatApp(app, 'here')).toStrictEqual({
    hrn: `hrn:here:account::myrealm:app/${app.appId}`,
    id: app.appId,
    clientId: app.appId,
    name: 'an app',
    description: '',
    referrers: [],
    realm: 'myrealm',
    status: 'active',
    createdTime: now - 86_400_000,
    createdBy: 'demo',
    lastChange: { at: now - 86_400_000, by: 'demo', action: 'createApp' },
  });
  const narrow = anApp({ restrictions: { referrers: ['a.test'], scopes: [] } });
  expect(formatApp(narrow, 'here')).toMatchObject({ referrers: ['a.test'], scopes: [] });
});
