import { BatchWriteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type App, newApp } from '../../lib/domain/app.ts';
import { type Action, includes } from '../../lib/domain/policy.ts';
import { memberItem } from '../../lib/store/members.ts';
import { aKey, handle } from '../support/apps.ts';
import { database, tokenOf } from '../support/calls.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts';
import { interceptSends } from '../support/intercept-sends.ts';
import { expectRefusal, hrnOf, startService, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;
let proxy: DatabaseProxy;

beforeAll(async () => {
  proxy = await startDatabaseProxy(inject('endpoint'));
});

beforeEach(async () => {
  service = await startService({}, { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint });
  proxy.faults = [];
  proxy.requests.length = 0;
});

type Claims = Record<string, unknown>;
const everything = { sub: 'admin', permissions: ['account:read:*'] };

async function list(claims: Claims = {}, query: Record<string, string> = {}): Promise<TestReply> {
  return service.call('listApps', { query, headers: await tokenOf(service, claims) });
}

/** @returns the ids of every page, and the pages' sizes; the total is that of the ids on every page, up to 1,000 */
async function pages(claims: Claims, limit: number, action?: Action): Promise<{ ids: string[]; sizes: number[] }> {
  const headers = await tokenOf(service, claims);
  const [ids, sizes, totals]: [string[], number[], Set<number>] = [[], [], new Set()];
  let pageToken: string | undefined;
  do {
    const query = { limit: String(limit), ...(action && { action }), ...(pageToken && { pageToken }) };
    const { statusCode, body } = await service.call('listApps', { query, headers });
    expect([statusCode, body.limit]).toEqual([200, body.items.length]);
    ids.push(...idsIn(body));
    sizes.push(body.items.length);
    totals.add(body.total);
    pageToken = body.pageToken;
  } while (pageToken);
  expect([...totals]).toEqual([Math.min(ids.length, 1_000)]);
  return { ids, sizes };
}

function idsIn(body: { items: { clientId: string }[] }): string[] {
  return body.items.map(({ clientId }) => clientId);
}

describe('?due=true', () => {
  it('tells which notices hold for the keys of the page', async () => {
    const [day, now] = [86_400_000, Date.now()];
    const old = { ...aKey({ createdTime: now - 100 * day }) };
    const keys = {
      [handle('i')]: old,
      [handle('u')]: old,
      [handle('e')]: { ...old, expiresAt: now + day / 2 },
      [handle('x')]: { ...old, expiresAt: now - day },
      [handle('n')]: { ...old, createdTime: now },
    };
    const app = await seedAt('due1', 1, { keys, keyCount: 5 });
    await seedAt('due2', 2);
    const use = { pk: `used#${app.appId}`, sk: handle('u'), at: now - day };
    await database().send(new PutCommand({ TableName: service.tableName, Item: use }));
    expect((await list(everything)).body).not.toHaveProperty('due');
    const { items, due } = (await list(everything, { due: 'true' })).body;
    expect(items).toHaveLength(2);
    const told = due.map((one: Record<string, string>) => [
      one.app === items[1].hrn,
      one.apiKey?.slice(-1),
      one.notice,
    ]);
    expect(told.sort()).toEqual([
      [true, 'e', 'apiKeyExpiring'],
      [true, 'e', 'apiKeyIdle'],
      [true, 'i', 'apiKeyIdle'],
      [true, 'x', 'apiKeyExpired'],
    ]);
    expectRefusal(await list(everything, { due: 'yes' }), '400200');
  });

  it('tells no idle keys where their uses cannot be read', async () => {
    await seedAt('due1', 1, { keys: { [handle('i')]: aKey({ createdTime: 1 }) }, keyCount: 1 });
    const token = await list(everything, { due: 'true' });
    expect(token.body.due).toHaveLength(1);
    proxy.faults = ['none', 'none', 'loseAnswer', 'loseAnswer', 'loseAnswer', 'loseAnswer'];
    const { body } = await list(everything, { due: 'true' });
    expect(body.due).toEqual([]);
  });
});

/** Seeds an application and its pointers, as the service does that made it at that time. */
async function seedAt(appId: string, now: number, parts: Partial<App> = {}): Promise<App> {
  const made = { appId, realm: 'myrealm', name: appId, owner: 'demo', now, op: 'seed', correlationId: 'seed' };
  const app = await service.seed({ ...newApp(made), ...parts });
  for (const principal of new Set([app.createdBy, ...Object.keys(app.grants)]))
    await database().send(new PutCommand(pointerTo(app, principal)));
  return app;
}

function pointerTo(app: App, principal: string) {
  return { TableName: service.tableName, Item: memberItem(app, principal) };
}

function hrn(appId: string, realm = 'myrealm'): string {
  return `hrn:here:account::${realm}:app/${appId}`;
}

it.each([
  [['account:createApp'], true],
  [['account:manage:*'], false],
])('a token with %j tells by mayCreate that it may create applications: %s', async (permissions, mayCreate) => {
  const token = await service.issuer.sign({ sub: 'nobody', permissions });
  const { body } = await service.call('listApps', { headers: { Authorization: `Bearer ${token}` } });
  expect(body.mayCreate).toBe(mayCreate);
});

describe('which applications', () => {
  it('200 with those that the caller made or has a grant on, the newest first', async () => {
    await seedAt('second', 2_000);
    await seedAt('third', 30_000, { grants: { other: ['manage'], demo: ['read'] } });
    await seedAt('first', 1, { grants: { demo: ['write'] } });
    await seedAt('hidden', 4_000, { grants: { other: ['manage'] } });
    const { statusCode, body } = await list();
    expect(statusCode).toBe(200);
    expect(body).toEqual({
      mayCreate: false,
      limit: 3,
      total: 3,
      principal: 'demo',
      items: [expect.anything(), expect.anything(), expect.anything()],
    });
    expect(idsIn(body)).toEqual(['third', 'second', 'first']);
    expect(body.items[1]).toEqual({
      hrn: hrn('second'),
      id: 'second',
      clientId: 'second',
      name: 'second',
      description: '',
      referrers: [],
      realm: 'myrealm',
      status: 'active',
      createdTime: 2_000,
      createdBy: 'demo',
      lastChange: { at: 2_000, by: 'demo', action: 'createApp' },
    });
  });

  it('200 with nothing for who has no right on any', async () => {
    await seedAt('hidden', 1);
    expect((await list({ sub: 'stranger' })).body).toEqual({
      limit: 0,
      total: 0,
      principal: 'stranger',
      mayCreate: false,
      items: [],
    });
    expect((await list({ sub: 'toString' })).body.items).toEqual([]);
  });

  it('those that the service made, at once: created, granted, deactivated', async () => {
    const { body: one } = await service.call('createApp', { body: { name: 'one' } });
    expect(idsIn((await list()).body)).toEqual([one.clientId]);
    const path = { app: encodeURIComponent(one.hrn) };
    await service.call('putGrant', { path: { ...path, principal: 'ann' }, body: { actions: ['read'] } });
    await service.call('updateApp', { path, body: { status: 'deactivated' } });
    expect((await list({ sub: 'ann' })).body.items).toMatchObject([{ clientId: one.clientId, status: 'deactivated' }]);
  });

  it.each([
    ['every application of every service', ['account:read:*'], ['b2', 'b1', 'a1']],
    ['all of the realm', ['account:read:hrn:here:account::myrealm:app/*'], ['b2', 'b1', 'a1']],
    ['write, which implies read', ['account:write:*'], ['b2', 'b1', 'a1']],
    ['manage, which implies read', ['account:manage:hrn:*'], ['b2', 'b1', 'a1']],
    ['a pattern for some', ['account:read:hrn:here:account::myrealm:app/b*'], ['b2', 'b1']],
    ['two patterns', ['account:read:hrn:here:account::myrealm:app/a*', `account:read:${hrn('b2')}*`], ['b2', 'a1']],
    ['single names', [`account:read:${hrn('a1')}`, `account:manage:${hrn('b2')}`], ['b2', 'a1']],
    ['a name twice', [`account:read:${hrn('a1')}`, `account:write:${hrn('a1')}`], ['a1']],
    [
      'a name and a pattern',
      [`account:read:${hrn('a1')}`, 'account:read:hrn:here:account::myrealm:app/*'],
      ['b2', 'b1', 'a1'],
    ],
    ['the name of none', [`account:read:${hrn('none')}`], []],
    ['a name that is empty', [`account:read:${hrn('')}`, `account:read:${hrn('a1')}`], ['a1']],
    ['a name that is too long', [`account:read:${hrn('x'.repeat(2_100))}`, `account:read:${hrn('a1')}`], ['a1']],
    ['a name of another realm', [`account:read:${hrn('c1', 'other')}`], []],
    ['a pattern of another realm', ['account:read:hrn:here:account::other:app/*'], []],
    ['another service', ['billing:read:*'], []],
    ['no resource', ['account:read', 'account:read:'], []],
    ['the start of a name without *', [`account:read:${hrn('b')}`], []],
    ['createApp', ['account:createApp'], []],
    ['an unknown action', ['account:delete:*', 'account:*:*'], []],
  ])('by the token, %s', async (_, permissions, expected) => {
    await seedAt('a1', 1, { grants: {} });
    await seedAt('b1', 2, { grants: {} });
    await seedAt('b2', 3, { grants: {} });
    await seedAt('c1', 4, { grants: {}, realm: 'other' });
    expect(idsIn((await list({ sub: 'x', permissions })).body)).toEqual(expected);
  });

  it('by grant, by name and by pattern at once: each once, the newest first', async () => {
    await seedAt('granted', 1, { createdBy: 'other', grants: { demo: ['read'] } });
    await seedAt('named', 2, { createdBy: 'other', grants: {} });
    await seedAt('pattern1', 3, { createdBy: 'other', grants: {} });
    await seedAt('all1', 4, { createdBy: 'other', grants: { demo: ['manage'] } });
    await seedAt('hidden', 5, { createdBy: 'other', grants: {} });
    const permissions = [
      `account:read:${hrn('named')}`,
      `account:read:${hrn('all1')}`,
      'account:read:hrn:here:account::myrealm:app/pattern*',
      'account:read:hrn:here:account::myrealm:app/all*',
    ];
    const expected = ['all1', 'pattern1', 'named', 'granted'];
    expect(idsIn((await list({ permissions })).body)).toEqual(expected);
    for (const limit of [1, 2, 3, 4]) expect((await pages({ permissions }, limit)).ids).toEqual(expected);
  });

  it('every single name that a token has room for', async () => {
    const ids = Array.from({ length: 105 }, (_, index) => `n${index}`);
    await Promise.all(ids.map((id, index) => seedAt(id, index + 1, { grants: {} })));
    const permissions = ids.map((id) => `account:read:${hrn(id)}`);
    const found = (await pages({ sub: 'x', permissions }, 100)).ids;
    expect(found).toEqual(ids.toReversed());
  });

  it('never one of another realm, though the principal has the same name there', async () => {
    const theirs = await seedAt('theirs', 1, { realm: 'other' });
    await seedAt('ours', 2);
    expect(idsIn((await list()).body)).toEqual(['ours']);
    expect(idsIn((await list({ rlm: 'other' })).body)).toEqual(['theirs']);
    expect(idsIn((await list({ ...everything, rlm: 'other' })).body)).toEqual(['theirs']);
    await database().send(new PutCommand(pointerTo({ ...theirs, realm: 'myrealm' }, 'demo')));
    expect(idsIn((await list()).body)).toEqual(['ours']);
  });

  it('a grant that was revoked is dropped at once, also where its pointer is still there', async () => {
    const app = await seedAt('app1', 1, { grants: { demo: ['manage'], ann: ['read'] } });
    expect(idsIn((await list({ sub: 'ann' })).body)).toEqual(['app1']);
    const path = { app: hrnOf(app), principal: 'ann' };
    expect((await service.call('deleteGrant', { path })).statusCode).toBe(204);
    expect((await list({ sub: 'ann' })).body.items).toEqual([]);
    await database().send(new PutCommand(pointerTo(app, 'ann')));
    expect((await list({ sub: 'ann' })).body.items).toEqual([]);
  });

  it('a deleted application is dropped at once, however it is found', async () => {
    const app = await seedAt('app1', 1, { grants: { demo: ['manage'] } });
    await service.call('deleteApp', { path: { app: hrnOf(app) } });
    await database().send(new PutCommand(pointerTo(app, 'demo')));
    for (const permissions of [[], ['account:read:*'], [`account:read:${hrn('app1')}`]]) {
      expect((await list({ permissions })).body.items).toEqual([]);
    }
  });

  it('an application whose creation was repeated with an Idempotency-Key stands there once', async () => {
    const create = () => service.call('createApp', { body: { name: 'x' }, headers: { 'Idempotency-Key': 'same' } });
    const { body } = await create();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await create();
    expect(idsIn((await list()).body)).toEqual([body.clientId]);
    expect((await pages({}, 1)).ids).toEqual([body.clientId]);
    expect(idsIn((await list({ permissions: ['account:read:*'] })).body)).toEqual([body.clientId]);
  });

  it('a grant made while its revocation is being finished is in the list', async () => {
    const app = await seedAt('app1', 1, { grants: { demo: ['manage'], ann: ['read'] } });
    const path = { app: hrnOf(app), principal: 'ann' };
    let granted: Promise<TestReply> | undefined;
    const stop = afterEachUpdate(async () => {
      granted ??= service.call('putGrant', { path, body: { actions: ['read'] } });
      await granted;
    });
    const revoked = await service.call('deleteGrant', { path }).finally(stop);
    expect([(await granted)?.statusCode, revoked.statusCode]).toEqual([200, 204]);
    expect((await service.item(app)).grants.ann).toEqual(['read']);
    expect(idsIn((await list({ sub: 'ann' })).body)).toEqual(['app1']);
  });

  it('a request that was lost on the way is made again', async () => {
    await seedAt('app1', 1);
    proxy.faults = ['loseRequest', 'loseAnswer', 'none', 'loseRequest'];
    expect(idsIn((await list()).body)).toEqual(['app1']);
  });

  it('no scan', async () => {
    await seedAt('app1', 1);
    proxy.requests.length = 0;
    await list(everything);
    expect(proxy.requests).toContain('Query');
    expect(proxy.requests).not.toContain('Scan');
  });
});

describe('pages', () => {
  it('as many as limit, the newest first; the last page has no pageToken', async () => {
    for (let index = 1; index <= 5; index += 1) await seedAt(`app${index}`, index);
    const expected = ['app5', 'app4', 'app3', 'app2', 'app1'];
    for (const claims of [{}, everything]) {
      expect(await pages(claims, 2)).toEqual({ ids: expected, sizes: [2, 2, 1] });
      expect(await pages(claims, 5)).toEqual({ ids: expected, sizes: [5] });
      expect(await pages(claims, 4)).toEqual({ ids: expected, sizes: [4, 1] });
    }
  });

  it('applications made at the same time are told apart', async () => {
    const ids = ['d', 'b', 'a', 'c', 'e'];
    for (const id of ids) await seedAt(id, 7);
    for (const claims of [{}, everything]) expect((await pages(claims, 2)).ids).toEqual(['e', 'd', 'c', 'b', 'a']);
  });

  it('what may not be seen makes no short page', async () => {
    for (let index = 1; index <= 9; index += 1) {
      const app = await seedAt(`app${index}`, index, { grants: index % 3 === 0 ? { demo: ['read'] } : {} });
      await database().send(new PutCommand(pointerTo(app, 'demo')));
    }
    expect(await pages({}, 2)).toEqual({ ids: ['app9', 'app6', 'app3'], sizes: [2, 1] });
  });

  it('neither skip nor repeat one when others come and go meanwhile', async () => {
    for (let index = 1; index <= 6; index += 1) await seedAt(`app${index}`, index);
    const first = (await list({}, { limit: '2' })).body;
    await seedAt('newer', 100);
    await service.call('deleteApp', { path: { app: hrnOf({ realm: 'myrealm', appId: 'app5' }) } });
    await service.call('deleteApp', { path: { app: hrnOf({ realm: 'myrealm', appId: 'app4' }) } });
    const second = (await list({}, { limit: '2', pageToken: first.pageToken })).body;
    expect([idsIn(first), idsIn(second)]).toEqual([
      ['app6', 'app5'],
      ['app3', 'app2'],
    ]);
  });

  it('pageToken: 400200 when it was changed, or is of another caller, realm or list', async () => {
    for (let index = 1; index <= 3; index += 1) {
      await seedAt(`app${index}`, index, { grants: { demo: ['manage'], ann: ['manage'] } });
    }
    const { pageToken } = (await list({}, { limit: '1' })).body;
    expect(idsIn((await list({}, { pageToken })).body)).toEqual(['app2', 'app1']);
    const changed = [`${pageToken}x`, pageToken.slice(1), pageToken.replace('.', '..'), '', '.', 'x'];
    for (const token of changed) {
      const reply = await list({}, { pageToken: token });
      expectRefusal(reply, '400200');
      expect(reply.body.details).toMatchObject([{ source: '$.pageToken' }]);
    }
    expectRefusal(await list({ sub: 'ann' }, { pageToken }), '400200');
    expectRefusal(await list({ rlm: 'other' }, { pageToken }), '400200');
    const path = { app: hrnOf({ realm: 'myrealm', appId: 'app1' }) };
    expectRefusal(await service.call('listApiKeys', { path, query: { pageToken } }), '400200');
  });

  it.each(['00', '101', '-1', '1.5', 'x', ''])('400200 for limit %j', async (limit) => {
    expectRefusal(await list({}, { limit }), '400200');
  });
});

describe('a filter by right', () => {
  const of = (...actions: Action[]) => ({ createdBy: 'other', grants: { other: ['manage'], demo: actions } as const });
  const seedRights = async () => {
    await seedAt('reads', 1, of('read'));
    await seedAt('writes', 2, of('write'));
    await seedAt('manages', 3, of('read', 'manage'));
    await seedAt('none', 4, { grants: {} });
  };

  it.each<[Action | undefined, string[]]>([
    [undefined, ['manages', 'writes', 'reads']],
    ['read', ['manages', 'writes', 'reads']],
    ['write', ['manages', 'writes']],
    ['manage', ['manages']],
  ])('by grants: with action %s, %j', async (action, ids) => {
    await seedRights();
    for (const limit of [1, 2, 9]) expect((await pages({}, limit, action)).ids).toEqual(ids);
  });

  it.each<[Action, string[]]>([
    ['read', ['none', 'manages', 'writes', 'reads']],
    ['write', ['none', 'manages', 'writes']],
    ['manage', ['manages']],
  ])('by the token as well: with action %s, %j', async (action, ids) => {
    await seedRights();
    const permissions = [`account:read:${hrn('none')}`, `account:write:${hrn('n')}*`, `account:read:${hrn('w')}*`];
    for (const limit of [1, 2, 9]) expect((await pages({ permissions }, limit, action)).ids).toEqual(ids);
  });

  it('by a permission on the whole realm: only for the rights that it includes', async () => {
    await seedRights();
    const permissions = ['account:write:*'];
    for (const action of ['read', 'write'] as const)
      expect((await pages({ permissions }, 3, action)).ids).toEqual(['none', 'manages', 'writes', 'reads']);
    expect((await pages({ permissions }, 3, 'manage')).ids).toEqual(['manages']);
  });

  it('follows a grant that is changed, and one that is taken from the creator', async () => {
    const app = await seedAt('app1', 1, { grants: { demo: ['manage'], ann: ['read'] } });
    const idsFor = async (sub: string, action: Action) => (await pages({ sub }, 9, action)).ids;
    const grantTo = (principal: string, actions: Action[]) =>
      service.call('putGrant', { path: { app: hrnOf(app), principal }, body: { actions } });
    for (const actions of [['manage'], ['read'], ['write']] satisfies Action[][]) {
      await grantTo('ann', actions);
      for (const action of ['read', 'write', 'manage'] satisfies Action[])
        expect(await idsFor('ann', action)).toEqual(includes(actions, action) ? ['app1'] : []);
    }
    await grantTo('ann', ['manage']);
    await service.call('deleteGrant', { path: { app: hrnOf(app), principal: 'demo' } });
    expect((await list({}, { limit: '0' })).body.total).toBe(0);
  });

  it.each(['delete', 'READ', 'read ', ''])('400200 for action %j', async (action) => {
    const reply = await list({}, { action });
    expectRefusal(reply, '400200');
    expect(reply.body.details).toMatchObject([{ source: '$.action', message: 'must be one of: read, write, manage' }]);
  });

  it('400200 for a pageToken of another action', async () => {
    for (let index = 1; index <= 3; index += 1) await seedAt(`app${index}`, index);
    const { pageToken } = (await list({}, { limit: '1', action: 'write' })).body;
    for (const action of ['read', 'manage']) expectRefusal(await list({}, { action, pageToken }), '400200');
    expect(idsIn((await list({}, { action: 'write', pageToken })).body)).toEqual(['app2', 'app1']);
  });
});

describe('the total', () => {
  it('alone for limit 0, however the applications are found', async () => {
    for (let index = 1; index <= 5; index += 1) await seedAt(`app${index}`, index);
    const named = { sub: 'x', permissions: [`account:read:${hrn('app1')}`, `account:read:${hrn('none')}`] };
    const pattern = { permissions: [`account:read:${hrn('app')}*`] };
    for (const [claims, total] of [
      [{}, 5],
      [everything, 5],
      [pattern, 5],
      [named, 1],
    ] as const) {
      const { body } = await list(claims, { limit: '0' });
      expect(body).toEqual({ limit: 0, total, mayCreate: false, principal: expect.any(String), items: [] });
    }
  });

  it('is that of the items where they are all on one page, whatever the pointers say', async () => {
    const app = await seedAt('app1', 1);
    await seedAt('app2', 2);
    await database().send(new PutCommand(pointerTo({ ...app, appId: 'gone', listKey: `${app.listKey}x` }, 'demo')));
    expect((await list()).body).toMatchObject({ limit: 2, total: 2 });
  });
});

describe('what the caller created comes first', () => {
  const foreign = { createdBy: 'mallory', grants: { mallory: ['manage'], demo: ['manage'] } } as const;

  it('security 26: 120 newer applications of another principal do not push it off the first page', async () => {
    const mine = await service.call('createApp', { body: { name: 'my-app' } });
    const headers = await tokenOf(service, { sub: 'mallory', permissions: ['account:createApp'] });
    for (let index = 0; index < 120; index += 1) {
      const { body } = await service.call('createApp', { body: { name: 'my-app' }, headers });
      const path = { app: encodeURIComponent(body.hrn), principal: 'demo' };
      await service.call('putGrant', { path, body: { actions: ['manage'] }, headers });
    }
    const { body } = await list();
    expect(body.items[0]).toEqual(mine.body);
    expect(body.items.slice(1)).toHaveLength(99);
    for (const app of body.items.slice(1)) expect(app).toMatchObject({ name: 'my-app', createdBy: 'mallory' });
    const { ids } = await pages({}, 7);
    expect([ids[0], ids.length, new Set(ids).size]).toEqual([mine.body.clientId, 121, 121]);
  });

  it('on every page, each newest first, however the others are found', async () => {
    for (let index = 1; index <= 9; index += 1)
      await seedAt(`a${index}`, index, index % 3 === 0 ? {} : index % 3 === 1 ? foreign : { ...foreign, grants: {} });
    const permissions = [
      `account:read:${hrn('a2')}`,
      `account:read:${hrn('a6')}`,
      'account:read:hrn:here:account::myrealm:app/a5*',
      'account:read:hrn:here:account::myrealm:app/a9*',
    ];
    const expected = ['a9', 'a6', 'a3', 'a7', 'a5', 'a4', 'a2', 'a1'];
    for (const limit of [1, 2, 3, 4, 8, 9]) expect((await pages({ permissions }, limit)).ids).toEqual(expected);
  });

  it('who sees the whole realm by the token gets it newest first', async () => {
    await seedAt('mine', 1);
    for (let index = 2; index <= 5; index += 1) await seedAt(`theirs${index}`, index, foreign);
    const expected = ['theirs5', 'theirs4', 'theirs3', 'theirs2', 'mine'];
    for (const permission of ['account:read:*', 'account:manage:hrn:here:account::myrealm:app/*'])
      for (const limit of [1, 2, 5]) expect((await pages({ permissions: [permission] }, limit)).ids).toEqual(expected);
  });

  it('also where the creator has no grant any more, and sees it by a pattern or a name in the token', async () => {
    const app = await seedAt('mine', 1);
    await seedAt('mine2', 2, foreign);
    const path = { app: hrnOf(app), principal: 'demo' };
    await service.call('putGrant', { path: { ...path, principal: 'ann' }, body: { actions: ['manage'] } });
    expect((await service.call('deleteGrant', { path })).statusCode).toBe(204);
    expect(idsIn((await list()).body)).toEqual(['mine2']);
    for (const permission of [`account:read:${hrn('mine')}`, 'account:read:hrn:here:account::myrealm:app/mine*'])
      expect(idsIn((await list({ permissions: [permission] })).body)).toEqual(['mine', 'mine2']);
  });
});

describe('10,000 applications in a realm', () => {
  it('are paged without skipping or repeating one: by index and by pointers', async () => {
    const apps = Array.from({ length: 10_000 }, (_, index) => {
      const appId = `app${String(index).padStart(5, '0')}`;
      const made = { appId, realm: 'myrealm', name: 'x', owner: 'demo', op: 'seed', correlationId: 'seed' };
      return newApp({ ...made, now: 1_000 + Math.floor(index / 7) });
    });
    await seedAll(apps);
    const newestFirst = apps.map(({ appId }) => appId).reverse();
    const expected = { ids: newestFirst, sizes: Array.from({ length: 100 }, () => 100) };
    expect((await list({}, { limit: '0' })).body.total).toBe(1_000);
    expect(await pages(everything, 100)).toEqual(expected);
    expect(await pages({}, 100)).toEqual(expected);
  });
});

/** Does something between a write of the service to an application and what the service does next. Answers with its end. */
function afterEachUpdate(work: () => Promise<unknown>): () => void {
  let isBusy = false;
  return interceptSends(
    (send) =>
      async function (command, ...rest) {
        const result = await send.call(this, command, ...rest);
        if (command instanceof UpdateCommand && !isBusy) {
          isBusy = true;
          await work();
          isBusy = false;
        }
        return result;
      },
  );
}

/** Writes applications and the pointers of `demo` to them, 25 items a request, as many as DynamoDB takes. */
async function seedAll(apps: App[]): Promise<void> {
  const items = apps.flatMap((app) => {
    const { appId, ...attributes } = app;
    return [{ pk: appId, sk: 'app', ...attributes }, pointerTo(app, 'demo').Item];
  });
  const batches = Array.from({ length: Math.ceil(items.length / 25) }, (_, index) =>
    items.slice(index * 25, index * 25 + 25),
  );
  const client = database();
  const seedNext = async (): Promise<void> => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) {
      const RequestItems = { [service.tableName]: batch.map((Item) => ({ PutRequest: { Item } })) };
      const { UnprocessedItems: left } = await client.send(new BatchWriteCommand({ RequestItems }));
      expect(left ?? {}).toEqual({});
    }
  };
  await Promise.all(Array.from({ length: 4 }, seedNext));
}
