import { beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, hrnOf, startService, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

describe('create an application', () => {
  it('200 with the application, in the realm of the caller, who gets manage on it', async () => {
    const { statusCode, body } = await service.call('createApp', { body: { name: ' shop ', description: 'sells' } });
    expect(statusCode).toBe(200);
    expect(body).toMatchObject({ name: 'shop', description: 'sells', status: 'active' });
    expect(body.hrn).toBe(`hrn:here:account::myrealm:app/${body.clientId}`);
    expect(body.clientId).toMatch(/^[A-Za-z0-9]{20}$/);
    const app = { ...(await service.seed()), appId: body.clientId };
    expect((await service.item(app)).grants).toEqual({ demo: ['manage'] });
    expect((await service.generate(app)).statusCode).toBe(201);
  });

  it('an empty description where none is given', async () => {
    expect((await service.call('createApp', { body: { name: 'x' } })).body.description).toBe('');
  });

  it('403403 without the permission account:createApp, which account:manage:* does not include', async () => {
    const token = await service.issuer.sign({ permissions: ['account:manage:*'] });
    const reply = await service.call('createApp', {
      body: { name: 'x' },
      headers: { Authorization: `Bearer ${token}` },
    });
    expectRefusal(reply, '403403');
    expect(reply.body.cause).toContain('account:createApp');
  });

  it('400201 without a name, 400200 with a field of the server', async () => {
    expectRefusal(await service.call('createApp', { body: {} }), '400201');
    expectRefusal(await service.call('createApp', { body: { name: 'x', status: 'active' } }), '400200');
  });
});

describe('get an application', () => {
  it('200 with the application as it is now', async () => {
    const app = await service.seed({ name: 'seen', status: 'deactivated' });
    const { statusCode, body } = await service.call('getApp', { path: { app: hrnOf(app) } });
    expect(statusCode).toBe(200);
    expect(body).toMatchObject({ name: 'seen', status: 'deactivated', clientId: app.appId });
  });

  it('404660 for one that is deleted', async () => {
    const app = await service.seed({ status: 'deleted' });
    expectRefusal(await service.call('getApp', { path: { app: hrnOf(app) } }), '404660');
  });
});

describe('the rights that an application tells its caller', () => {
  it.each([
    ['a grant', { grants: { alice: ['write'] as const } }, [], ['read', 'write']],
    ['manage', { grants: { alice: ['manage'] as const } }, [], ['read', 'write', 'manage']],
    ['a permission', {}, ['account:read:*'], ['read']],
    ['both', { grants: { alice: ['read'] as const } }, ['account:manage:*'], ['read', 'write', 'manage']],
  ])('by %s', async (_, parts, permissions, rights) => {
    const app = await service.seed(parts);
    const token = await service.issuer.sign({ sub: 'alice', permissions });
    const headers = { Authorization: `Bearer ${token}` };
    const { body } = await service.call('getApp', { path: { app: hrnOf(app) }, headers });
    expect(body.rights).toEqual(rights);
  });
});

it('an application tells who changed it last', async () => {
  const { body: made } = await service.call('createApp', { body: { name: 'x' } });
  expect(made.lastChange).toEqual({ at: made.createdTime, by: 'demo', action: 'createApp' });
  const { body } = await service.call('updateApp', { path: { app: made.hrn }, body: { name: 'y' } });
  expect(body.lastChange).toEqual({ at: expect.any(Number), by: 'demo', action: 'updateApp' });
});
