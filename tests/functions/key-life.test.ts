import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import { nothingMore } from '../support/apps.ts';
import { codesOf, handleOfLetter, keyPath, seedWithKeys, tokenOf, writesOf } from '../support/calls.ts';
import type { DatabaseProxy } from '../support/database-proxy.ts';
import type { OperationId } from '../support/events.ts';
import { startProxiedService } from '../support/proxied-service.ts';
import { expectRefusal, hrnOf, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;
let proxy: DatabaseProxy;
let reset: () => void;

beforeAll(async () => {
  ({ service, proxy, reset } = await startProxiedService());
  return () => proxy.stop();
});

beforeEach(() => reset());

const [a, b] = [handleOfLetter('a'), handleOfLetter('b')];
const longAgo = 1_000;
const changesOfKey = ['updateApiKey', 'enableApiKey', 'disableApiKey', 'deleteApiKey', 'rotateApiKey'] as const;

function list(app: App, query: Record<string, string> = {}, headers = {}): Promise<TestReply> {
  return service.call('listApiKeys', { path: { app: hrnOf(app) }, query, headers });
}

function onKey(id: OperationId, app: App, key: string, body?: unknown): Promise<TestReply> {
  return service.call(id, { path: keyPath(app, key), ...(body !== undefined && { body }) });
}

/** What a key that `demo` has generated, and nobody has changed, tells of itself. */
const generated = (at: number) => ({ createdBy: 'demo', lastChange: { at, by: 'demo', action: 'generateApiKey' } });

/** Each change to the key `a` that is not what it is already. */
const changes: [OperationId, unknown?][] = [
  ['updateApiKey', { name: 'changed' }],
  ['disableApiKey'],
  ['deleteApiKey'],
  ['deleteApiKeys'],
];

describe('list', () => {
  it('200 with the keys, the oldest first, disabled and expired ones too, and no secret', async () => {
    const app = await service.seed();
    const made = await service.generate(app, { name: 'new' });
    const stored = await service.item(app);
    const old = { name: 'old', enabled: false, createdTime: 1, createdBy: 'demo', expiresAt: longAgo };
    await service.seed({ ...stored, appId: app.appId, keyCount: 2, keys: { ...stored.keys, [a]: old } });
    const { statusCode, body, text } = await list(app);
    expect(statusCode).toBe(200);
    const { apiKeyId, ...shown } = made.body;
    expect(body).toEqual({
      limit: 2,
      total: 2,
      items: [
        {
          apiKey: `hrn:here:account::myrealm:apikey/${a}`,
          identity: `hrn:here:account::myrealm:app/${app.appId}`,
          realm: 'hrn:here:account::myrealm:realm/myrealm',
          name: 'old',
          enabled: false,
          expiresAt: longAgo,
          ...nothingMore,
          createdTime: 1,
          ...generated(1),
        },
        { ...shown, ...generated(shown.createdTime) },
      ],
    });
    expect(text).not.toContain('apiKeyId');
    expect(text).not.toContain(apiKeyId);
  });

  it('200 with nothing for an application without keys', async () => {
    expect((await list(await service.seed())).body).toEqual({ limit: 0, total: 0, items: [] });
  });

  it('pages of `limit`, each key once, with the total on each, until there is no pageToken', async () => {
    const keys = { a: { createdTime: 3 }, b: { createdTime: 2 }, c: { createdTime: 2 }, d: { createdTime: 1 } };
    const app = await seedWithKeys(service, keys);
    const first = await list(app, { limit: '3' });
    expect(first.body).toMatchObject({ limit: 3, total: 4, pageToken: expect.any(String) });
    const second = await list(app, { limit: '3', pageToken: first.body.pageToken });
    expect(second.body).toMatchObject({ limit: 1, total: 4 });
    expect(second.body).not.toHaveProperty('pageToken');
    const hrns = [...first.body.items, ...second.body.items].map(({ apiKey }) => apiKey.at(-1));
    expect(hrns).toEqual(['d', 'b', 'c', 'a']);
  });

  it('no pageToken when the last key just fits', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    expect((await list(app, { limit: '2' })).body).not.toHaveProperty('pageToken');
  });

  it('a pageToken goes on after its key though that has been deleted since', async () => {
    const app = await seedWithKeys(service, { a: { createdTime: 1 }, b: { createdTime: 2 } });
    const { body } = await list(app, { limit: '1' });
    await onKey('deleteApiKey', app, a);
    const rest = await list(app, { limit: '1', pageToken: body.pageToken });
    expect(rest.body.items).toMatchObject([{ apiKey: expect.stringContaining(b) }]);
  });

  it.each(['00', '101', '-1', '1.5', '01', ' 1', '1e1', 'ten', ''])('400200 for limit %j', async (limit) => {
    const reply = await list(await service.seed(), { limit });
    expectRefusal(reply, '400200');
    expect(reply.body.details).toMatchObject([{ source: '$.limit' }]);
  });

  it.each([
    ['1', 1],
    ['100', 2],
  ])('200 for limit %j, which the page tells as the %i entries that it has', async (limit, entries) => {
    const { body } = await list(await seedWithKeys(service, { a: {}, b: {} }), { limit });
    expect([body.limit, body.items.length]).toEqual([entries, entries]);
  });

  it('200 with the total alone for limit 0', async () => {
    const { body } = await list(await seedWithKeys(service, { a: {}, b: {} }), { limit: '0' });
    expect(body).toEqual({ limit: 0, total: 2, items: [] });
  });

  it.each(['limit', 'pageToken'])('400200 when %s is given twice', async (name) => {
    const query = { [name]: ['1', '2'] } as unknown as Record<string, string>;
    expectRefusal(await list(await service.seed(), query), '400200');
  });

  it.each(['limit', 'pageToken'])('a %s that is no text, as from no gateway, is as good as none', async (name) => {
    const app = await seedWithKeys(service, { a: {} });
    for (const value of [5, null, {}, [null], [5]]) {
      const reply = await list(app, { [name]: value as unknown as string });
      expect(reply.body).toMatchObject({ limit: 1, total: 1 });
    }
  });

  it('400200 for a pageToken that was changed, of another application, of another list, or made up', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    const { pageToken } = (await list(app, { limit: '1' })).body;
    const other = await seedWithKeys(service, { a: {}, b: {} });
    for (let index = 0; index < pageToken.length; index += 1) {
      const letter = pageToken[index] === 'x' ? 'y' : 'x';
      const changed = `${pageToken.slice(0, index)}${letter}${pageToken.slice(index + 1)}`;
      expectRefusal(await list(app, { limit: '1', pageToken: changed }), '400200');
    }
    for (const changed of [`${pageToken}x`, pageToken.slice(1), '', '.', 'x.y', `${pageToken}=`, '%00']) {
      const reply = await list(app, { pageToken: changed });
      expectRefusal(reply, '400200');
      expect(reply.body.details).toMatchObject([{ source: '$.pageToken' }]);
    }
    expectRefusal(await list(other, { pageToken }), '400200');
    expectRefusal(await service.call('listApps', { query: { pageToken } }), '400200');
    expect((await list(app, { pageToken })).statusCode).toBe(200);
  });

  it('a pageToken shows a caller without a right nothing: 404660', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    const { pageToken } = (await list(app, { limit: '1' })).body;
    expectRefusal(await list(app, { pageToken }, await tokenOf(service, { sub: 'stranger' })), '404660');
  });
});

describe('get', () => {
  it('200 with what the 201 showed, but for apiKeyId', async () => {
    const app = await service.seed();
    const { apiKeyId, ...shown } = (await service.generate(app, { name: 'x', expiresAt: 4e12, enabled: false })).body;
    const { statusCode, body, text } = await onKey('getApiKey', app, shown.apiKey);
    expect(statusCode).toBe(200);
    expect(body).toEqual({ ...shown, ...generated(shown.createdTime) });
    expect(text).not.toContain(apiKeyId);
  });

  it('shows a change at once', async () => {
    const app = await seedWithKeys(service, { a: {} });
    await onKey('updateApiKey', app, a, { name: 'changed' });
    expect((await onKey('getApiKey', app, a)).body.name).toBe('changed');
  });
});

describe('patch', () => {
  it('200 with the key as it is stored then, its name trimmed, without apiKeyId', async () => {
    const app = await seedWithKeys(service, { a: {} });
    const { statusCode, body } = await onKey('updateApiKey', app, a, { name: ' new name ', expiresAt: 4e12 });
    expect(statusCode).toBe(200);
    expect(body).toMatchObject({ name: 'new name', expiresAt: 4e12, enabled: true, createdTime: 1 });
    expect(body).not.toHaveProperty('apiKeyId');
    const { keys, rev, lastChange } = await service.item(app);
    expect(keys[a]).toEqual({ ...app.keys[a], name: 'new name', expiresAt: 4e12, lastChange: expect.anything() });
    expect(rev).toBe(app.rev + 1);
    expect(lastChange).toMatchObject({ action: 'updateApiKey', by: 'demo', keyHrn: body.apiKey });
  });

  it('one field alone leaves the other; -1 makes it never expire', async () => {
    const app = await seedWithKeys(service, { a: { name: 'kept', expiresAt: 4e12 }, b: {} });
    expect((await onKey('updateApiKey', app, a, { expiresAt: -1 })).body).toMatchObject({
      name: 'kept',
      expiresAt: -1,
    });
    expect((await service.item(app)).keys[b]).toEqual(app.keys[b]);
  });

  it('revives an expired key that is still there', async () => {
    const app = await seedWithKeys(service, { a: { expiresAt: longAgo }, b: {} });
    const expiresAt = Date.now() + 60_000;
    expect((await onKey('updateApiKey', app, a, { expiresAt })).body.expiresAt).toBe(expiresAt);
    expectRefusal(await service.generate(app), '409303');
  });

  it('404666 for an expired key that was replaced', async () => {
    const app = await seedWithKeys(service, { a: { expiresAt: longAgo }, b: {} });
    expect((await service.generate(app)).statusCode).toBe(201);
    expectRefusal(await onKey('updateApiKey', app, a, { expiresAt: -1 }), '404666');
    expect((await service.item(app)).keyCount).toBe(2);
  });

  it('either the revival or the replacement of an expired key wins, never both', async () => {
    for (let round = 0; round < 10; round += 1) {
      const app = await seedWithKeys(service, { a: { expiresAt: longAgo }, b: {} });
      const [revived, made] = await Promise.all([
        onKey('updateApiKey', app, a, { expiresAt: -1 }),
        service.generate(app),
      ]);
      expect(['200 409', '404 201']).toContain(`${revived.statusCode} ${made.statusCode}`);
      expect((await service.item(app)).keyCount).toBe(2);
    }
  });

  it.each([
    [{ expiresAt: 0 }, '400200'],
    [{ expiresAt: longAgo }, '400200'],
    [{ expiresAt: -2 }, '400200'],
    [{ expiresAt: '4000000000000' }, '400200'],
    [{ expiresAt: null }, '400200'],
    [{ name: '' }, '400200'],
    [{ name: ' ' }, '400200'],
    [{ name: null }, '400200'],
    [{ name: 'x\u202e' }, '400200'],
    [{ enabled: false }, '400200'],
    [{ apiKeyId: 'x' }, '400200'],
    [[], '400200'],
    ['{', '400002'],
    [null, '400002'],
  ])('%j: %s, and nothing is written', async (body, code) => {
    const app = await seedWithKeys(service, { a: {} });
    expectRefusal(await onKey('updateApiKey', app, a, body), code as '400200');
    expect(await service.item(app)).toEqual({ ...(await service.item(app)), rev: app.rev, keys: app.keys });
  });
});

describe('enable and disable', () => {
  it('204, and the key still counts toward the key limit', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    expect((await onKey('disableApiKey', app, a)).statusCode).toBe(204);
    expect((await onKey('getApiKey', app, a)).body.enabled).toBe(false);
    expect((await onKey('getApiKey', app, b)).body.enabled).toBe(true);
    expectRefusal(await service.generate(app), '409303');
    expect((await onKey('enableApiKey', app, a)).statusCode).toBe(204);
    expect((await onKey('getApiKey', app, a)).body.enabled).toBe(true);
    expect(await service.item(app)).toMatchObject({ keys: app.keys, keyCount: 2, rev: app.rev + 2 });
  });

  it.each(['enableApiKey', 'disableApiKey'] as const)('%s again is 204, and writes nothing', async (id) => {
    const app = await seedWithKeys(service, { a: { enabled: id === 'disableApiKey' } });
    expect((await onKey(id, app, a)).statusCode).toBe(204);
    const once = await service.item(app);
    expect((await onKey(id, app, a)).statusCode).toBe(204);
    expect(await service.item(app)).toEqual(once);
    expect(once.rev).toBe(app.rev + 1);
  });
});

describe('the last change of a key', () => {
  it.each([
    ['updateApiKey', { name: 'changed' }, {}],
    ['disableApiKey', undefined, {}],
    ['enableApiKey', undefined, { enabled: false }],
    ['rotateApiKey', { overlapSeconds: 60 }, {}],
  ] as const)('is %s, in the same write, and that of no other key', async (id, body, parts) => {
    const app = await seedWithKeys(service, { a: parts });
    const headers = await tokenOf(service, { sub: 'bob', permissions: ['account:write:*'] });
    const reply = await service.call(id, { path: keyPath(app, a), headers, ...(body && { body }) });
    expect(reply.statusCode).toBeLessThan(300);
    const { rev, lastChange } = await service.item(app);
    const change = { at: lastChange.at, by: 'bob', action: id };
    expect([(await onKey('getApiKey', app, a)).body.lastChange, rev]).toEqual([change, app.rev + 1]);
    const items: { rotatedFrom?: string; createdTime: number; lastChange: object }[] = (await list(app)).body.items;
    for (const { rotatedFrom, createdTime, lastChange: shown } of items) {
      expect(shown).toEqual(rotatedFrom ? { ...change, at: createdTime } : change);
    }
  });

  it('is a report of who holds it', async () => {
    const app = await service.seed();
    const { apiKeyId, apiKey } = (await service.generate(app, { name: 'x' })).body;
    await service.call('revokeApiKey', { body: { apiKeyId } });
    const { body } = await onKey('getApiKey', app, apiKey);
    expect(body.lastChange).toMatchObject({ by: 'lambda:revokeApiKey', action: 'apiKeyLeaked' });
  });
});

describe('no change is no write', () => {
  it.each([
    ['updateApiKey', {}, 2],
    ['updateApiKey', { name: ' seeded ', expiresAt: -1 }, 2],
    ['enableApiKey', undefined, 1],
  ] as const)('%s %j', async (id, body, reads) => {
    const app = await seedWithKeys(service, { a: {} });
    const before = await service.item(app);
    expect((await onKey(id, app, a, body)).statusCode).toBeLessThan(300);
    expect(await service.item(app)).toEqual(before);
    expect(proxy.requests).toEqual(Array.from({ length: reads }, () => 'GetItem'));
  });

  it('deleting all keys where there are none is 204', async () => {
    const app = await service.seed();
    expect((await service.call('deleteApiKeys', { path: { app: hrnOf(app) } })).statusCode).toBe(204);
    expect((await service.item(app)).rev).toBe(app.rev);
    expect(proxy.requests).toEqual(['GetItem']);
  });
});

describe('delete', () => {
  it('204, its slot is free at once, and a tombstone stays', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    expect((await onKey('deleteApiKey', app, a)).statusCode).toBe(204);
    const { keys, keyCount, removed, lastChange } = await service.item(app);
    expect([Object.keys(keys), keyCount]).toEqual([[b], 1]);
    expect(removed).toMatchObject({ [a]: { why: 'deleted', op: lastChange.op } });
    expect((await service.generate(app)).statusCode).toBe(201);
  });

  it('again is 404666, and so is every other call for the key', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    await onKey('deleteApiKey', app, a);
    const after = await service.item(app);
    expectRefusal(await onKey('deleteApiKey', app, a), '404666');
    expectRefusal(await onKey('getApiKey', app, a), '404666');
    for (const id of changesOfKey) {
      expectRefusal(await onKey(id, app, a, id === 'updateApiKey' ? { name: 'x' } : undefined), '404666');
    }
    expect(await service.item(app)).toEqual(after);
    expect((await list(app)).body.total).toBe(1);
  });

  it('of 20 at once one is 204, and 19 are 404666', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    const replies = await Promise.all(Array.from({ length: 20 }, () => onKey('deleteApiKey', app, a)));
    expect(codesOf(replies)).toEqual({ '204': 1, '404666': 19 });
    expect((await service.item(app)).keyCount).toBe(1);
  });

  it('forgets old tombstones', async () => {
    const removed = { gone: { at: 1, op: 'x', why: 'deleted' } } as App['removed'];
    const app = await seedWithKeys(service, { a: {}, b: {} }, { removed });
    await onKey('deleteApiKey', app, a);
    expect(Object.keys((await service.item(app)).removed)).toEqual([a]);
  });
});

describe('delete all', () => {
  it('204: every key ends in one write, and again is 204', async () => {
    const app = await seedWithKeys(service, { a: { enabled: false }, b: { expiresAt: longAgo } });
    const call = () => service.call('deleteApiKeys', { path: { app: hrnOf(app) } });
    expect((await call()).statusCode).toBe(204);
    const after = await service.item(app);
    expect(after).toMatchObject({ keys: {}, keyCount: 0, rev: app.rev + 1 });
    expect(after.removed).toMatchObject({ [a]: { why: 'deleted' }, [b]: { why: 'deleted' } });
    expect((await call()).statusCode).toBe(204);
    expect(await service.item(app)).toEqual(after);
    expectRefusal(await onKey('getApiKey', app, a), '404666');
    expect([(await service.generate(app)).statusCode, (await service.generate(app)).statusCode]).toEqual([201, 201]);
  });

  it('leaves another application alone', async () => {
    const [app, other] = [await seedWithKeys(service, { a: {} }), await seedWithKeys(service, { a: {} })];
    await service.call('deleteApiKeys', { path: { app: hrnOf(app) } });
    expect((await onKey('getApiKey', other, a)).statusCode).toBe(200);
  });
});

describe('the key that the path names', () => {
  const bad: [string, string][] = [
    ['a handle alone', a],
    ['a short handle', encodeURIComponent(`hrn:here:account::myrealm:apikey/${a.slice(1)}`)],
    ['a long handle', encodeURIComponent(`hrn:here:account::myrealm:apikey/${a}a`)],
    ['another realm', encodeURIComponent(`hrn:here:account::other:apikey/${a}`)],
    ['another partition', encodeURIComponent(`hrn:here-cn:account::myrealm:apikey/${a}`)],
    ['an application HRN', encodeURIComponent(`hrn:here:account::myrealm:app/${a}`)],
    ['twice encoded', encodeURIComponent(encodeURIComponent(`hrn:here:account::myrealm:apikey/${a}`))],
    ['broken encoding', '%E0%A4%A'],
    ['a NUL', `${encodeURIComponent(`hrn:here:account::myrealm:apikey/${a}`)}%00`],
    ['a line end', `${encodeURIComponent(`hrn:here:account::myrealm:apikey/${a}`)}%0A`],
    ['a name of a built-in', encodeURIComponent('hrn:here:account::myrealm:apikey/__proto__')],
    ['an unknown key', encodeURIComponent(`hrn:here:account::myrealm:apikey/${'z'.repeat(43)}`)],
  ];

  it.each(bad)('404666 for %s, in every call, and nothing is written', async (_, apiKey) => {
    const app = await seedWithKeys(service, { a: {} });
    const before = await service.item(app);
    for (const id of ['getApiKey', ...changesOfKey] as const) {
      const body = id === 'updateApiKey' ? { body: { name: 'x' } } : {};
      expectRefusal(await service.call(id, { path: { app: hrnOf(app), apiKey }, ...body }), '404666');
    }
    expect(await service.item(app)).toEqual(before);
  });

  it("404666 for another application's key", async () => {
    const [app, other] = [await seedWithKeys(service, { a: {} }), await seedWithKeys(service, { b: {} })];
    for (const id of ['getApiKey', ...changesOfKey] as const) {
      expectRefusal(await onKey(id, app, b, id === 'updateApiKey' ? { name: 'x' } : undefined), '404666');
    }
    expect((await onKey('getApiKey', other, b)).statusCode).toBe(200);
  });

  it('200 when the gateway hands it over decoded', async () => {
    const app = await seedWithKeys(service, { a: {} });
    const path = { app: hrnOf(app), apiKey: `hrn:here:account::myrealm:apikey/${a}` };
    expect((await service.call('getApiKey', { path })).statusCode).toBe(200);
  });
});

describe('lost answers', () => {
  it.each(changes)('%s whose answer was lost is done, once', async (id, body) => {
    const app = await seedWithKeys(service, { a: {} });
    proxy.faults = ['none', 'loseAnswer'];
    expect((await onKey(id, app, a, body)).statusCode).toBeLessThan(300);
    expect(await service.item(app)).toMatchObject({ rev: app.rev + 1, lastChange: { action: id } });
  });

  it.each(changes)('%s whose request was lost is made again', async (id, body) => {
    const app = await seedWithKeys(service, { a: {} });
    proxy.faults = ['loseRequest', 'none', 'loseRequest', 'loseRequest'];
    expect((await onKey(id, app, a, body)).statusCode).toBeLessThan(300);
    expect(await service.item(app)).toMatchObject({ rev: app.rev + 1, lastChange: { action: id } });
  });

  it('503 that does not know when a change never gets an answer', async () => {
    const app = await seedWithKeys(service, { a: {} });
    proxy.faults = ['none', ...Array.from({ length: 200 }, () => 'loseRequest' as const)];
    const reply = await onKey('deleteApiKey', app, a);
    expectRefusal(reply, '503000');
    expect(reply.headers['Retry-After']).toBe('1');
    expect(reply.body.cause).toContain('not known');
  });

  it('503 that says that nothing was changed when the application cannot even be read', async () => {
    const app = await seedWithKeys(service, { a: {} });
    proxy.faults = Array.from({ length: 200 }, () => 'loseRequest' as const);
    const reply = await onKey('deleteApiKey', app, a);
    expectRefusal(reply, '503000');
    expect(reply.body.cause).toContain('Nothing was changed');
    expect((await service.item(app)).rev).toBe(app.rev);
  });
});

describe('late copies', () => {
  it.each(changes)('a late copy of %s does nothing', async (id, body) => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    const copies = await writesOf(() => onKey(id, app, a, body));
    const after = await service.item(app);
    expect(await copies.deliverLate()).toEqual(['ConditionalCheckFailedException']);
    expect(await service.item(app)).toEqual(after);
  });

  it('an acknowledged change is not undone by a late copy of an older one', async () => {
    const app = await seedWithKeys(service, { a: {} });
    const disabling = await writesOf(() => onKey('disableApiKey', app, a));
    const renaming = await writesOf(() => onKey('updateApiKey', app, a, { name: 'older' }));
    expect((await onKey('enableApiKey', app, a)).statusCode).toBe(204);
    expect((await onKey('updateApiKey', app, a, { name: 'newer' })).statusCode).toBe(200);
    await disabling.deliverLate();
    await renaming.deliverLate();
    expect((await onKey('getApiKey', app, a)).body).toMatchObject({ enabled: true, name: 'newer' });
  });

  it('a deleted key does not come back by a late copy of what made or changed it', async () => {
    const app = await service.seed();
    let hrn = '';
    const making = await writesOf(async () => {
      hrn = (await service.generate(app)).body.apiKey;
    });
    const changing = await writesOf(() => onKey('updateApiKey', app, hrn, { name: 'changed' }));
    await onKey('deleteApiKey', app, hrn);
    const after = await service.item(app);
    await making.deliverLate();
    await changing.deliverLate();
    expect(await service.item(app)).toEqual(after);
    expectRefusal(await onKey('getApiKey', app, hrn), '404666');
  });
});

it('20 changes at once to two keys: each that is acknowledged is there', async () => {
  const app = await seedWithKeys(service, { a: {}, b: {} });
  const replies = await Promise.all([
    ...Array.from({ length: 10 }, () => onKey('disableApiKey', app, a)),
    ...Array.from({ length: 10 }, () => onKey('updateApiKey', app, b, { expiresAt: 4e12 })),
  ]);
  expect(codesOf(replies)).toEqual({ '204': 10, '200': 10 });
  expect(await service.item(app)).toMatchObject({
    rev: app.rev + 2,
    keys: { [a]: { enabled: false, expiresAt: -1 }, [b]: { enabled: true, expiresAt: 4e12 } },
  });
});
