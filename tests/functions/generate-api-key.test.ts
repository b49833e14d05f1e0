import { beforeAll, describe, expect, inject, it } from 'vitest';
import { handleOf } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import { expectRefusal, startService, type TestReply, type TestService } from '../support/service.ts';

const longAgo = 1_000;
let service: TestService;

beforeAll(async () => {
  service = await startService();
});

const key = { name: 'seeded', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: -1 };

function withKeys(keys: Record<string, Partial<typeof key>>): Promise<App> {
  const whole = Object.fromEntries(Object.entries(keys).map(([handle, parts]) => [handle, { ...key, ...parts }]));
  return service.seed({ keys: whole, keyCount: Object.keys(keys).length });
}

async function expectNothingChanged(app: App, code: Parameters<typeof expectRefusal>[1]): Promise<void> {
  const before = await service.item(app);
  expectRefusal(await service.generate(app), code);
  expect(await service.item(app)).toEqual(before);
}

describe('201', () => {
  it('shows the key, its HRN and what was asked for', async () => {
    const app = await service.seed();
    const before = Date.now();
    const { body, statusCode } = await service.generate(app, { name: ' billing ', expiresAt: 4e12, enabled: false });
    expect(statusCode).toBe(201);
    expect(body).toMatchObject({
      apiKey: `hrn:here:account::myrealm:apikey/${handleOf(body.apiKeyId)}`,
      identity: `hrn:here:account::myrealm:app/${app.appId}`,
      realm: 'hrn:here:account::myrealm:realm/myrealm',
      name: 'billing',
      enabled: false,
      expiresAt: 4e12,
    });
    expect(body.createdTime).toBeGreaterThanOrEqual(before);
    expect(body.createdTime).toBeLessThanOrEqual(Date.now());
  });

  it('never expires and is enabled by default', async () => {
    const { body } = await service.generate(await service.seed(), { name: 'x' });
    expect(body).toMatchObject({ expiresAt: -1, enabled: true });
  });

  it('stores the key under its handle, and who made it', async () => {
    const app = await service.seed();
    const { body } = await service.generate(app, { name: 'x' });
    const { keys, keyCount, rev, lastChange } = await service.item(app);
    const { name, enabled, expiresAt, createdTime } = body;
    expect(keys).toEqual({ [handleOf(body.apiKeyId)]: { name, enabled, expiresAt, createdTime, createdBy: 'demo' } });
    expect([keyCount, rev]).toEqual([1, app.rev + 1]);
    expect(lastChange).toMatchObject({ action: 'generateApiKey', by: 'demo', keyHrn: body.apiKey });
  });

  it('an expired key is replaced, in one write, and leaves a tombstone', async () => {
    const app = await withKeys({ live: {}, old: { expiresAt: longAgo } });
    const { body, statusCode } = await service.generate(app);
    expect(statusCode).toBe(201);
    const { keys, keyCount, removed } = await service.item(app);
    expect(Object.keys(keys).sort()).toEqual([handleOf(body.apiKeyId), 'live'].sort());
    expect(keyCount).toBe(2);
    expect(removed).toMatchObject({ old: { why: 'replaced' } });
  });

  it('two expired keys go at once', async () => {
    const app = await withKeys({ older: { expiresAt: longAgo }, old: { expiresAt: longAgo } });
    await service.generate(app);
    const { keyCount, removed } = await service.item(app);
    expect(keyCount).toBe(1);
    expect(Object.keys(removed).sort()).toEqual(['old', 'older']);
  });

  it('201 for a key right after another was removed, at the same millisecond', async () => {
    const sealed = Date.now() + 60_000;
    const app = await service.seed({ sealed });
    const { statusCode, body } = await service.generate(app);
    expect([statusCode, body.createdTime]).toEqual([201, sealed + 1]);
    expect((await service.item(app)).keys[handleOf(body.apiKeyId)]).toMatchObject({ createdTime: sealed + 1 });
  });
});

describe('refused, with nothing changed', () => {
  it('409303 when both slots are taken', async () => {
    await expectNothingChanged(await withKeys({ one: {}, two: {} }), '409303');
  });

  it('409303 when one of the two is disabled: it can come back', async () => {
    await expectNothingChanged(await withKeys({ one: { enabled: false }, two: {} }), '409303');
  });

  it('409303 within 5 seconds after one has expired: clocks differ', async () => {
    await expectNothingChanged(await withKeys({ one: { expiresAt: Date.now() - 100 }, two: {} }), '409303');
  });

  it('400337 when the application has an issuer', async () => {
    await expectNothingChanged(await service.seed({ issuers: ['https://issuer.example.com'] }), '400337');
  });

  it('409306 when the application is deactivated', async () => {
    await expectNothingChanged(await service.seed({ status: 'deactivated' }), '409306');
  });

  it('404660 when the application is deleted', async () => {
    await expectNothingChanged(await service.seed({ status: 'deleted' }), '404660');
  });

  it('404660 when there is no such application, and none is made', async () => {
    const missing = { ...(await service.seed()), appId: 'missing' };
    expectRefusal(await service.generate(missing), '404660');
    expect(await service.item(missing)).toBeUndefined();
  });

  it('every reason in its order: deactivated before issuers before full', async () => {
    const all = {
      status: 'deactivated',
      issuers: ['https://x.example'],
      keyCount: 2,
      keys: { a: key, b: key },
    } as const;
    expectRefusal(await service.generate(await service.seed(all)), '409306');
    expectRefusal(await service.generate(await service.seed({ ...all, status: 'active' })), '400337');
    expectRefusal(await service.generate(await service.seed({ ...all, status: 'active', issuers: [] })), '409303');
  });
});

describe('races', () => {
  it('security 9: 200 concurrent calls make exactly two keys', async () => {
    const app = await service.seed();
    const replies = await Promise.all(Array.from({ length: 200 }, () => service.generate(app)));
    expectMade(codesOf(replies), 2);
    const { keys, keyCount } = await service.item(app);
    expect([Object.keys(keys).length, keyCount]).toEqual([2, 2]);
  });

  it('200 concurrent calls of one who may not make as many: two keys, the rest is refused', async () => {
    const strict = await startService({ rateLimit: '10,20' });
    const app = await strict.seed();
    const replies = await Promise.all(Array.from({ length: 200 }, () => strict.generate(app)));
    const { 429003: limited = 0, ...others } = codesOf(replies);
    expectMade(others, 2);
    expect(limited).toBeGreaterThan(0);
    expect((await strict.item(app)).keyCount).toBe(2);
  });

  it('50 concurrent calls replace one expired key once', async () => {
    const app = await withKeys({ live: {}, old: { expiresAt: longAgo } });
    const replies = await Promise.all(Array.from({ length: 50 }, () => service.generate(app)));
    expectMade(codesOf(replies), 1);
    expect((await service.item(app)).keyCount).toBe(2);
  });

  it('the setting keys.maxPerApp is another limit', async () => {
    service = await startService({ keys: { maxPerApp: 3 } });
    const app = await service.seed();
    const replies = await Promise.all(Array.from({ length: 10 }, () => service.generate(app)));
    expectMade(codesOf(replies), 3);
    service = await startService();
  });
});

/** So many calls have made a key. The others are refused, or told to come again: a busy machine sheds calls. */
function expectMade(codes: Record<string, number>, count: number): void {
  const { 201: made, 409303: _refused, 503000: _shed, ...others } = codes;
  expect([made, others]).toEqual([count, {}]);
}

function codesOf(replies: TestReply[]): Record<string, number> {
  const byCode = Map.groupBy(replies, ({ body, statusCode }) => body.code ?? String(statusCode));
  return Object.fromEntries([...byCode].map(([code, group]) => [code, group.length]));
}

it('runs on the engine that it was asked to run on', () => {
  expect(['dynalite', 'dynamodb-local']).toContain(inject('engine'));
});
