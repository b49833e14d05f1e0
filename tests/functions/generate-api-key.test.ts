import { beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, hrnOf, startService, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

describe('generate an API key', () => {
  it('201 with the key, its HRN and what was asked for', async () => {
    const app = await service.seed();
    const before = Date.now();
    const reply = await service.generate(app, { name: '  billing ', expiresAt: 4_000_000_000_000, enabled: false });
    expect(reply.statusCode).toBe(201);
    expect(reply.body).toMatchObject({
      identity: `hrn:here:account::myrealm:app/${app.appId}`,
      realm: 'hrn:here:account::myrealm:realm/myrealm',
      name: 'billing',
      enabled: false,
      expiresAt: 4_000_000_000_000,
    });
    expect(reply.body.createdTime).toBeGreaterThanOrEqual(before);
  });

  it('201 with the defaults: never expires, enabled', async () => {
    const reply = await service.generate(await service.seed(), { name: 'x' });
    expect(reply.body).toMatchObject({ expiresAt: -1, enabled: true });
  });

  it('409303 when both places are taken, a disabled key included', async () => {
    const app = await service.seed();
    await service.generate(app, { name: 'one', enabled: false });
    await service.generate(app, { name: 'two' });
    const before = await service.item(app);
    expectRefusal(await service.generate(app), '409303');
    expect(await service.item(app)).toEqual(before);
  });

  it('404660 for an application that does not exist', async () => {
    expectRefusal(await service.generate({ ...(await service.seed()), appId: 'missing' }), '404660');
  });

  it('200 concurrent calls make exactly two keys', async () => {
    const app = await service.seed();
    const replies = await Promise.all(Array.from({ length: 200 }, () => service.generate(app)));
    const statuses = Map.groupBy(replies, ({ statusCode }) => statusCode);
    expect(statuses.get(201)).toHaveLength(2);
    expect(statuses.get(409)).toHaveLength(198);
    const { keys, keyCount } = await service.item(app);
    expect([Object.keys(keys).length, keyCount]).toEqual([2, 2]);
  });
});
