import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Operation, operations } from '../../lib/contract/operations.ts';
import type { App } from '../../lib/domain/app.ts';
import { codesOf, database, handleOfLetter, keyPath, seedWithKeys, tokenOf, writesOf } from '../support/calls.ts';
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

function remove(app: Pick<App, 'realm' | 'appId'>, headers = {}): Promise<TestReply> {
  return service.call('deleteApp', { path: { app: hrnOf(app) }, headers });
}

/** An application that the service itself has made, with its pointer. */
async function made(): Promise<App> {
  const { body } = await service.call('createApp', { body: { name: 'mine' } });
  return { ...(await service.item({ appId: body.clientId } as App)), appId: body.clientId };
}

async function pointersOf(principal: string): Promise<unknown[]> {
  const { Items: items = [] } = await database().send(
    new QueryCommand({
      TableName: service.tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': `member#myrealm#${principal}` },
    }),
  );
  return items;
}

describe('204', () => {
  it('ends the application and its keys in one write; what stays keeps its id from being used again', async () => {
    const app = await seedWithKeys(service, { a: {}, b: { enabled: false } }, { grants: { demo: ['manage'] } });
    expect((await remove(app)).statusCode).toBe(204);
    const stored = await service.item(app);
    expect(stored).toMatchObject({ status: 'deleted', keys: {}, keyCount: 0, grants: {}, rev: app.rev + 1 });
    expect(stored).not.toHaveProperty('listKey');
    expect(stored.lastChange).toMatchObject({ action: 'deleteApp', by: 'demo' });
    expect(stored).not.toHaveProperty('ttl');
  });

  it('every other call is 404660 then, for every principal that had a right, and with manage on everything', async () => {
    const app = await seedWithKeys(service, { a: {} });
    await remove(app);
    const after = await service.item(app);
    const path = { ...keyPath(app, handleOfLetter('a')), principal: 'demo', issuer: encodeURIComponent('https://x.y') };
    const onApp = (Object.keys(operations) as OperationId[]).filter((id) =>
      (operations[id] as Operation).path?.includes('{app}'),
    );
    expect(onApp.length).toBeGreaterThan(10);
    for (const headers of [{}, await tokenOf(service, { permissions: ['account:manage:*'] })]) {
      for (const id of onApp) {
        const body = id === 'putGrant' ? { actions: ['read'] } : { name: 'x' };
        const request = { path, headers, ...((operations[id] as Operation).body && { body }) };
        expectRefusal(await service.call(id, request), '404660');
      }
    }
    expect(await service.item(app)).toEqual(after);
  });

  it('again is 404660', async () => {
    const app = await service.seed();
    await remove(app);
    expectRefusal(await remove(app), '404660');
  });

  it('a deactivated one, and one with issuers, too', async () => {
    const app = await service.seed({ status: 'deactivated', issuers: ['https://issuer.example.com'] });
    expect((await remove(app)).statusCode).toBe(204);
  });

  it('it is in no list any more, and its pointers are gone', async () => {
    const app = await made();
    const path = { app: hrnOf(app), principal: 'ann' };
    await service.call('putGrant', { path, body: { actions: ['read'] } });
    expect([(await pointersOf('ann')).length, (await pointersOf('demo')).length]).toEqual([1, 1]);
    await remove(app);
    for (const claims of [{}, { sub: 'ann' }, { sub: 'x', permissions: ['account:read:*'] }]) {
      const { body } = await service.call('listApps', { headers: await tokenOf(service, claims) });
      expect(body.items.map(({ clientId }: { clientId: string }) => clientId)).not.toContain(app.appId);
    }
    expect([await pointersOf('ann'), await pointersOf('demo')]).toEqual([[], []]);
  });

  it('leaves other applications alone', async () => {
    const [app, other] = [await seedWithKeys(service, { a: {} }), await seedWithKeys(service, { a: {} })];
    await remove(app);
    expect((await service.item(other)).rev).toBe(other.rev);
    expect((await service.call('getApp', { path: { app: hrnOf(other) } })).statusCode).toBe(200);
  });
});

describe('refused, with nothing changed', () => {
  it.each(['read', 'write'] as const)('403403 with %s', async (action) => {
    const app = await service.seed({ grants: { demo: ['manage'], ann: [action] } });
    expectRefusal(await remove(app, await tokenOf(service, { sub: 'ann' })), '403403');
    expect((await service.item(app)).rev).toBe(app.rev);
  });

  it('404660 without a right, and where there is none', async () => {
    const app = await service.seed();
    expectRefusal(await remove(app, await tokenOf(service, { sub: 'stranger' })), '404660');
    expect((await service.item(app)).rev).toBe(app.rev);
    expectRefusal(await remove({ ...app, appId: 'missing' }), '404660');
    expect(await service.item({ ...app, appId: 'missing' })).toBeUndefined();
  });
});

describe('lost answers and late copies', () => {
  it('a deletion whose answer was lost is one 204', async () => {
    const app = await seedWithKeys(service, { a: {} });
    proxy.faults = ['none', 'loseAnswer', 'loseAnswer'];
    expect((await remove(app)).statusCode).toBe(204);
    expect(await service.item(app)).toMatchObject({ status: 'deleted', rev: app.rev + 1 });
  });

  it('204 though its pointers cannot be removed: they lead to nothing', async () => {
    const app = await made();
    proxy.faults = ['none', 'none', ...Array.from({ length: 200 }, () => 'loseRequest' as const)];
    expect((await remove(app)).statusCode).toBe(204);
    proxy.faults = [];
    const { body } = await service.call('listApps');
    expect(body.items.map(({ clientId }: { clientId: string }) => clientId)).not.toContain(app.appId);
  });

  it('no late copy of an earlier write revives it, its keys or its grants', async () => {
    const app = await service.seed();
    let hrn = '';
    const writes = [
      await writesOf(async () => {
        hrn = (await service.generate(app)).body.apiKey;
      }),
      await writesOf(() => service.call('updateApp', { path: { app: hrnOf(app) }, body: { name: 'changed' } })),
      await writesOf(() => service.call('disableApiKey', { path: keyPath(app, hrn) })),
      await writesOf(() => service.call('rotateApiKey', { path: keyPath(app, hrn), body: {} })),
    ];
    await remove(app);
    const after = await service.item(app);
    for (const { deliverLate } of writes) expect(await deliverLate()).toEqual(['ConditionalCheckFailedException']);
    expect(await service.item(app)).toEqual(after);
  });

  it('a late copy of the deletion changes nothing', async () => {
    const app = await service.seed();
    const copies = await writesOf(() => remove(app));
    const after = await service.item(app);
    expect(await copies.deliverLate()).toEqual(['ConditionalCheckFailedException']);
    expect(await service.item(app)).toEqual(after);
  });
});

describe('races', () => {
  it('of 20 at once one is 204, and 19 are 404660', async () => {
    const app = await service.seed();
    const replies = await Promise.all(Array.from({ length: 20 }, () => remove(app)));
    expect(codesOf(replies)).toEqual({ '204': 1, '404660': 19 });
  });

  it('with keys being generated: no key outlives the application', async () => {
    const app = await service.seed();
    const [deleted] = await Promise.all([remove(app), ...Array.from({ length: 10 }, () => service.generate(app))]);
    expect(deleted.statusCode).toBe(204);
    expect(await service.item(app)).toMatchObject({ status: 'deleted', keys: {}, keyCount: 0 });
  });
});
