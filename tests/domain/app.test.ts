import { describe, expect, it } from 'vitest';
import { deleteApp, formatApp, newApp, newAppId, patchApp } from '../../lib/domain/app.ts';
import { aKey, anApp, aRecord, aTombstone, handle, now } from '../support/apps.ts';

const wish = { appId: 'app1', realm: 'myrealm', name: ' an app ', owner: 'demo', now: 12, op: 'op-1' };

it('a new application is active, holds nothing, and is managed by its owner', () => {
  expect(newApp({ ...wish, correlationId: 'correlation-1', description: ' a description ' })).toStrictEqual({
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
  expect(newApp({ ...wish, correlationId: 'correlation-1' }).description).toBe('');
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
});

it('of a deleted application stay no keys, no rights, no texts and no place in a list', () => {
  const app = anApp({
    keys: { [handle('a')]: aKey() },
    removed: { [handle('b')]: aTombstone() },
    requests: { request: aRecord() },
  });
  const { listKey, ...rest } = app;
  expect(listKey).toBeDefined();
  const gone = {
    status: 'deleted',
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
    clientId: app.appId,
    name: 'an app',
    description: '',
    referrers: [],
    realm: 'hrn:here:account::myrealm:realm/myrealm',
    status: 'active',
    createdTime: now - 86_400_000,
    createdBy: 'demo',
  });
});
