import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import { dayMs } from '../../lib/domain/lifetime.ts';
import { aKey, handle } from '../support/apps.ts';
import { startRotationService } from '../support/rotating-secret.ts';
import { expectRefusal, hrnOf, startService, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService({
    keys: { maxPerApp: 50, defaultDays: 10, maxDays: 90, realms: { other: { defaultDays: 5, maxDays: 5 } } },
  });
});

const keyHrn = (letter: string) => `hrn:here:account::myrealm:apikey/${handle(letter)}`;

function lifeOf({ body }: TestReply): number {
  return (body.expiresAt - body.createdTime) / dayMs;
}

/** An application with a key that is so many days old. */
function seedOld(days: number, expiresAt = -1): Promise<App> {
  const createdTime = Date.now() - days * dayMs;
  return service.seed({ keys: { [handle('a')]: aKey({ createdTime, expiresAt }) }, keyCount: 1 });
}

function onKey(id: 'updateApiKey' | 'rotateApiKey' | 'disableApiKey', app: App, body?: object) {
  return service.call(id, {
    path: { app: hrnOf(app), apiKey: encodeURIComponent(keyHrn('a')) },
    ...(body && { body }),
  });
}

describe('the lifetime of a new key', () => {
  it.each([
    ['the default', {}, 10],
    ['the maximum, for -1', { expiresAt: -1 }, 90],
  ])('is %s', async (_, input, days) => {
    expect(lifeOf(await service.generate(await service.seed(), { name: 'x', ...input }))).toBe(days);
  });

  it('is that of its realm, invoked directly too', async () => {
    const app = await service.seed({ realm: 'other' });
    const made = await service.invoke({ app: decodeURIComponent(hrnOf(app)), name: 'x', expiresAt: -1 });
    if (!made.ok) throw new Error(made.error.title);
    expect(lifeOf({ body: made.apiKey } as never)).toBe(5);
    const late = { app: decodeURIComponent(hrnOf(app)), name: 'x', expiresAt: Date.now() + 6 * dayMs };
    expect(await service.invoke(late)).toMatchObject({ ok: false, error: { code: '400200' } });
  });

  it('400200 that names the limit when it is to be longer', async () => {
    const reply = await service.generate(await service.seed(), { name: 'x', expiresAt: Date.now() + 91 * dayMs });
    expectRefusal(reply, '400200');
    expect(reply.body.details[0].message).toContain('at most 90 days after the creation of the API key');
  });

  it('is the same for the repeated request', async () => {
    const app = await service.seed();
    const asked = [app, { name: 'x' }, { 'Idempotency-Key': 'lifetime' }] as const;
    const [first, again] = [await service.generate(...asked), await service.generate(...asked)];
    expect(again.body).toEqual(first.body);
    expect(again.headers['Idempotency-Replayed']).toBe('true');
  });
});

it('is told with an application, as the settings have it for the realm', async () => {
  const app = await service.seed();
  const { body } = await service.call('getApp', { path: { app: hrnOf(app) } });
  expect(body.keyLifetime).toEqual({ defaultDays: 10, maxDays: 90 });
  const elsewhere = await service.seed({ realm: 'other' });
  const token = await service.issuer.sign({ rlm: 'other', permissions: ['account:read:*'] });
  const { body: told } = await service.call('getApp', {
    path: { app: hrnOf(elsewhere) },
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(told.keyLifetime).toEqual({ defaultDays: 5, maxDays: 5 });
});

describe('the end of a key', () => {
  it('can be moved as far as the maximum after its creation', async () => {
    const app = await seedOld(30);
    expect(lifeOf(await onKey('updateApiKey', app, { expiresAt: -1 }))).toBe(90);
    expectRefusal(await onKey('updateApiKey', app, { expiresAt: Date.now() + 61 * dayMs }), '400200');
    expect(lifeOf(await onKey('updateApiKey', app, { expiresAt: Date.now() + 59 * dayMs }))).toBeCloseTo(89, 2);
  });

  it('stays where it is when another part of an older key is changed, and cannot be moved', async () => {
    const app = await seedOld(100);
    expect((await onKey('updateApiKey', app, { name: 'new' })).body).toMatchObject({ name: 'new', expiresAt: -1 });
    expect((await onKey('disableApiKey', app)).statusCode).toBe(204);
    for (const expiresAt of [-1, Date.now() + dayMs])
      expectRefusal(await onKey('updateApiKey', app, { expiresAt }), '400200');
  });

  it('of a successor counts from its own creation', async () => {
    expect(lifeOf(await onKey('rotateApiKey', await seedOld(100)))).toBe(90);
    expect(lifeOf(await onKey('rotateApiKey', await seedOld(1), { expiresAt: -1 }))).toBe(90);
    expectRefusal(await onKey('rotateApiKey', await seedOld(1), { expiresAt: Date.now() + 91 * dayMs }), '400200');
  });
});

describe('GET apiKeys?overAge=true', () => {
  async function list(app: App, query: Record<string, string>) {
    return service.call('listApiKeys', { path: { app: hrnOf(app) }, query });
  }

  it('has the keys that are older than the maximum and still work, in pages', async () => {
    const old = { createdTime: Date.now() - 100 * dayMs };
    const keys = {
      [handle('a')]: aKey(old),
      [handle('b')]: aKey({ ...old, expiresAt: Date.now() - 1 }),
      [handle('c')]: aKey({ ...old, enabled: false }),
      [handle('d')]: aKey({ createdTime: Date.now() }),
    };
    const app = await service.seed({ keys, keyCount: 4 });
    expect((await list(app, { overAge: 'false' })).body.total).toBe(4);
    const { body } = await list(app, { overAge: 'true', limit: '1' });
    expect([body.total, body.items[0].apiKey]).toEqual([2, keyHrn('a')]);
    const next = await list(app, { overAge: 'true', limit: '1', pageToken: body.pageToken });
    expect(next.body.items[0].apiKey).toBe(keyHrn('c'));
    expectRefusal(await list(app, { pageToken: body.pageToken }), '400200');
    expectRefusal(await list(app, { overAge: 'yes' }), '400200');
  });
});

it('a rotation by schedule makes each key with the latest end that it may have', async () => {
  const limited = await startRotationService({ keys: { defaultDays: 1, maxDays: 30 } });
  const app = await limited.seed();
  const secret = limited.secretOf(app);
  await secret.rotate();
  expect(lifesIn(await limited.item(app))).toEqual([30]);
  await secret.rotate();
  expect(lifesIn(await limited.item(app)).at(-1)).toBe(30);
});

function lifesIn({ keys }: App): number[] {
  return Object.values(keys)
    .map(({ expiresAt, createdTime }) => (expiresAt - createdTime) / dayMs)
    .sort((one, other) => one - other);
}
