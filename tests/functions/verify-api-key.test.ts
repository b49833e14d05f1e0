import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import { tokenOf } from '../support/calls.ts';
import type { OperationId } from '../support/events.ts';
import { expectRefusal, hrnOf, startService, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;
let trusted: { Authorization: string };

beforeAll(async () => {
  service = await startService({ keys: { maxPerApp: 50 } });
  trusted = await tokenOf(service, { sub: 'gateway', permissions: ['account:verify'] });
});

const verify = (body: unknown, headers: Record<string, string> = trusted) =>
  service.call('verifyApiKey', { body, headers });

async function makeKey(body: object = {}, parts: Partial<App> = {}) {
  const app = await service.seed(parts);
  const { body: made } = await service.generate(app, { name: 'a key', ...body });
  const path = { app: hrnOf(app), apiKey: encodeURIComponent(made.apiKey) };
  return { app, apiKeyId: made.apiKeyId as string, apiKey: made.apiKey as string, path };
}

const accessRecord = () =>
  service.log
    .records()
    .filter(({ event }) => event === 'access')
    .at(-1) ?? expect.fail();

describe('POST /apiKeys/verify', () => {
  it('200 with whose key it is, as the key is shown, but for who made and changed it', async () => {
    const key = await makeKey({ expiresAt: 4e12 });
    const { createdBy: _, lastChange: __, ...shown } = (await service.call('getApiKey', { path: key.path })).body;
    expect((await verify({ apiKeyId: key.apiKeyId })).body).toEqual({ valid: true, ...shown });
  });

  const ends: Record<string, [OperationId, object?]> = {
    disabled: ['disableApiKey'],
    deleted: ['deleteApiKey'],
    deactivated: ['updateApp', { status: 'deactivated' }],
  };
  it.each(Object.keys(ends))('200 with the reason: %s', async (reason) => {
    const key = await makeKey();
    const [id, body] = ends[reason] ?? expect.fail();
    await service.call(id, { path: key.path, ...(body && { body }) });
    expect((await verify({ apiKeyId: key.apiKeyId })).body).toEqual({ valid: false, reason });
  });

  describe('a key of an application with scopes, sources and referrers', () => {
    const narrow = {
      description: 'x',
      scopes: ['a', 'b', 'c'],
      allowedSources: ['10.0.0.0/8', '2001:db8::/32'],
    };
    const restrictions = { scopes: ['a', 'c', 'd'], referrers: ['www.example.com/app', 'b.test:8443'] };
    const right = { source: '10.1.2.3', referrer: 'https://www.example.com/app/x?y' };
    let key: Awaited<ReturnType<typeof makeKey>>;

    beforeAll(async () => {
      key = await makeKey(narrow, { appId: 'restricted' });
      await service.seed({ ...(await service.item(key.app)), appId: key.app.appId, restrictions });
    });

    it.each<[object, string | undefined]>([
      [{}, undefined],
      [{ realms: ['other', 'myrealm'], apps: ['other', 'restricted'], scopes: ['c', 'a'] }, undefined],
      [{ source: '::ffff:10.1.2.3' }, undefined],
      [{ source: '2001:DB8::7' }, undefined],
      [{ referrer: 'https://b.test:8443' }, undefined],
      [{ realms: ['other'] }, 'realm'],
      [{ apps: ['restricte'] }, 'app'],
      [{ scopes: ['b'] }, 'scope'],
      [{ scopes: ['a', 'd'] }, 'scope'],
      [{ source: '11.1.2.3' }, 'source'],
      [{ source: undefined }, 'source'],
      [{ referrer: 'https://www.example.com/other' }, 'referrer'],
      [{ referrer: 'no URL' }, 'referrer'],
      [{ referrer: undefined }, 'referrer'],
      [{ realms: ['other'], apps: ['other'], scopes: ['b'], source: '::', referrer: 'x' }, 'realm'],
    ])('%j: %s, over HTTP and directly', async (demands, reason) => {
      const { apiKeyId } = key;
      const {
        lastUsedTime: _,
        createdBy: __,
        lastChange: ___,
        ...shown
      } = (await service.call('getApiKey', { path: key.path })).body;
      const answer = reason ? { valid: false, reason } : { valid: true, ...shown, scopes: ['a', 'c'] };
      const asked = { apiKeyId, ...right, ...demands };
      expect((await verify(asked)).body).toEqual(answer);
      expect(await service.invokeVerify(asked)).toEqual({ ok: true, verification: answer });
      expect(service.log.records().at(-1)).toMatchObject({ result: reason ?? 'valid', appId: 'restricted' });
    });
  });

  it('200 with the reason that the key has in itself before all others', async () => {
    const { apiKeyId, path } = await makeKey();
    await service.call('disableApiKey', { path });
    expect((await verify({ apiKeyId, realms: ['other'] })).body).toEqual({ valid: false, reason: 'disabled' });
  });

  it('a restriction that this version does not know makes a key unknown, of its application or its own', async () => {
    const key = await makeKey();
    const stored = { ...(await service.item(key.app)), appId: key.app.appId };
    const newer = { methods: ['GET'] } as App['restrictions'];
    await service.seed({ ...stored, restrictions: newer });
    expect((await verify({ apiKeyId: key.apiKeyId })).body).toEqual({ valid: false, reason: 'unknown' });
    const own = await makeKey();
    const { keys, ...rest } = await service.item(own.app);
    const restricted = Object.entries(keys).map(([handle, one]) => [handle, { ...one, restrictions: newer }]);
    await service.seed({ ...rest, appId: own.app.appId, keys: Object.fromEntries(restricted) });
    expect((await verify({ apiKeyId: own.apiKeyId })).body).toEqual({ valid: false, reason: 'unknown' });
  });

  it('200 with the reason: malformed', async () => {
    expect((await verify({ apiKeyId: 'no key' })).body).toEqual({ valid: false, reason: 'malformed' });
    expect((await verify({ apiKeyId: 'x'.repeat(10_000) })).body).toEqual({ valid: false, reason: 'malformed' });
  });

  it("a key of another realm than the caller's is unknown", async () => {
    const key = await makeKey();
    const foreign = await tokenOf(service, { sub: 'gateway', rlm: 'other', permissions: ['account:verify'] });
    expect((await verify({ apiKeyId: key.apiKeyId }, foreign)).body).toEqual({ valid: false, reason: 'unknown' });
    expect((await verify({ apiKeyId: key.apiKeyId })).body.valid).toBe(true);
  });

  it.each([
    ['no permission', {}],
    ['manage on everything', { permissions: ['account:manage:*'] }],
    ['verify of something', { permissions: ['account:verify:*', 'account:verify:hrn:here:account::myrealm:app/*'] }],
    ['verify of another service', { permissions: ['billing:verify'] }],
  ])('403403 with %s', async (_, claims) => {
    const { apiKeyId } = await makeKey();
    const reply = await verify({ apiKeyId }, await tokenOf(service, { sub: 'demo', ...claims }));
    expectRefusal(reply, '403403');
    expect(reply.body.cause).toContain('account:verify');
  });

  it.each([
    [{}, '400201', '$.apiKeyId'],
    [{ apiKeyId: 1 }, '400200', '$.apiKeyId'],
    [{ apiKeyId: ' ' }, '400200', '$.apiKeyId'],
    [{ apiKeyId: 'x', realm: 'other' }, '400200', '$.realm'],
    [{ apiKeyId: 'x', source: '10.0.0.0/8' }, '400200', '$.source'],
    [{ apiKeyId: 'x', source: '10.0.0' }, '400200', '$.source'],
    [{ apiKeyId: 'x', source: 'localhost' }, '400200', '$.source'],
    [{ apiKeyId: 'x', realms: [] }, '400200', '$.realms'],
    [{ apiKeyId: 'x', realms: ['a', 'b c'] }, '400200', '$.realms[1]'],
    [{ apiKeyId: 'x', apps: [] }, '400200', '$.apps'],
    [{ apiKeyId: 'x', apps: ['a-b'] }, '400200', '$.apps[0]'],
    [{ apiKeyId: 'x', scopes: ['A'] }, '400200', '$.scopes[0]'],
    [{ apiKeyId: 'x', scopes: ['a', 'a'] }, '400200', '$.scopes[1]'],
    [{ apiKeyId: 'x', referrer: ' ' }, '400200', '$.referrer'],
    [{ apiKeyId: 'x', referrer: 'x'.repeat(2_049) }, '400200', '$.referrer'],
    [[], '400200', '$'],
  ] as const)('%j: %s', async (body, code, source) => {
    const reply = await verify(body);
    expectRefusal(reply, code);
    expect(reply.body.details[0].source).toBe(source);
    const unprivileged = await verify(body, await tokenOf(service, {}));
    expect(unprivileged.statusCode).toBe(400);
    expect(await service.invokeVerify(body)).toMatchObject({ ok: false, error: { code } });
  });

  it.each(['127.0.0.1', '::1', '::ffff:1.2.3.4'])('takes %s as a source', async (source) => {
    expect((await verify({ apiKeyId: 'x', source })).body).toEqual({ valid: false, reason: 'malformed' });
  });

  it.each([
    ['null', '400200'],
    ['{"apiKeyId":"x","apiKeyId":"y"}', '400002'],
    ['{"apiKeyId":"x"', '400002'],
    [`{"apiKeyId":"${'x'.repeat(16_384)}"}`, '413000'],
  ] as const)('security 14 and 15: %.40s: %s', async (body, code) => {
    const reply = await verify(body);
    expect([reply.statusCode, code.slice(0, 3)]).toEqual([Number(code.slice(0, 3)), code.slice(0, 3)]);
  });

  it('is no change: an access line with result and figures, and no audit line', async () => {
    const { apiKeyId, apiKey } = await makeKey();
    const audits = () => service.log.records().filter(({ event }) => event === 'audit').length;
    const before = audits();
    await verify({ apiKeyId });
    expect(accessRecord()).toMatchObject({
      operation: 'verifyApiKey',
      result: 'valid',
      keyHrn: apiKey,
      Verifications: 1,
      CacheHits: 0,
    });
    await verify({ apiKeyId });
    expect(accessRecord()).toMatchObject({ result: 'valid', CacheHits: 1, VerificationLatency: expect.any(Number) });
    expect(audits()).toBe(before);
  });

  it('security 7: what was presented is in no line of the log, in whatever field', async () => {
    const { apiKeyId } = await makeKey();
    await verify({ apiKeyId });
    await verify({ apiKeyId: `${apiKeyId.slice(0, -1)}~` });
    await verify({ key: apiKeyId, [apiKeyId]: 1 });
    await verify(`{"apiKeyId": ${apiKeyId}`);
    expect(service.log.lines().join('\n')).not.toContain(apiKeyId.split('_').at(-1)?.slice(0, 40));
  });
});

describe('verifyApiKeyDirect', () => {
  it('ok with the verification, of any realm', async () => {
    const app = await service.seed({ realm: 'third' });
    const made = await service.invoke({ app: `hrn:here:account::third:app/${app.appId}`, name: 'x' });
    const { apiKeyId, ...shown } = made.ok ? made.apiKey : expect.fail();
    expect(await service.invokeVerify({ apiKeyId, correlationId: 'mine' })).toEqual({
      ok: true,
      verification: { valid: true, ...shown },
    });
    const [record] = service.log.records().slice(-1);
    expect(record).toMatchObject({
      event: 'invocation',
      operation: 'verifyApiKeyDirect',
      correlation_id: 'mine',
      result: 'valid',
      Verifications: 1,
    });
    expect(await service.invokeVerify({ apiKeyId: 'x' })).toEqual({
      ok: true,
      verification: { valid: false, reason: 'malformed' },
    });
  });

  it.each([null, {}, { apiKeyId: 1 }, { apiKeyId: 'x', realm: 'y' }, 'x', []])(
    '%j is refused as a result',
    async (payload) => {
      expect(await service.invokeVerify(payload)).toMatchObject({ ok: false, error: { status: 400 } });
    },
  );
});

describe('metrics', () => {
  const records = () => service.log.records();
  const last = (event: string) =>
    records()
      .filter((record) => record.event === event)
      .at(-1) ?? expect.fail();

  it('count each key that is made, by operation, and no repeated answer', async () => {
    const app = await service.seed();
    const repeat = { 'Idempotency-Key': 'metrics' };
    const { body } = await service.generate(app, { name: 'x' }, repeat);
    expect(last('access')).toMatchObject({ operation: 'generateApiKey', KeysMade: 1 });
    await service.generate(app, { name: 'x' }, repeat);
    expect(last('access')).not.toHaveProperty('KeysMade');
    const path = { app: hrnOf(app), apiKey: encodeURIComponent(body.apiKey) };
    await service.call('rotateApiKey', { path });
    expect(last('access')).toMatchObject({ operation: 'rotateApiKey', KeysMade: 1 });
    await service.invoke({ app: `hrn:here:account::myrealm:app/${app.appId}`, name: 'x' });
    expect(last('invocation')).toMatchObject({ operation: 'generateApiKeyDirect', KeysMade: 1 });
    await service.call('listApiKeys', { path });
    expect(last('access')).not.toHaveProperty('_aws');
  });

  it('count each rejection, by code', async () => {
    await service.call('getApp', { path: { app: 'x' } });
    expect(last('access')).toMatchObject({ code: '400288', Refusals: 1 });
    expect(JSON.stringify(last('access')._aws)).toContain('"Dimensions":[["code"]]');
    await service.invoke({});
    expect(last('invocation')).toMatchObject({ code: '400201', Refusals: 1 });
  });
});

it('verifying does not count toward the rate of its caller, as other calls do', async () => {
  const limited = await startService({ rateLimit: '0.001,1' });
  const headers = await tokenOf(limited, { sub: 'gateway', permissions: ['account:verify', 'account:createApp'] });
  const statusesOf = async (send: () => Promise<TestReply>) =>
    [await send(), await send()].map(({ statusCode }) => statusCode);
  expect(await statusesOf(() => limited.call('verifyApiKey', { body: { apiKeyId: 'x' }, headers }))).toEqual([
    200, 200,
  ]);
  expect(await statusesOf(() => limited.call('listApps', { headers }))).toEqual([200, 429]);
  expect(await statusesOf(() => limited.call('verifyApiKey', { body: { apiKeyId: 'x' }, headers }))).toEqual([
    200, 200,
  ]);
});

it('503000 when the database cannot be asked', async () => {
  const { apiKeyId } = await makeKey();
  const down = await startService({}, { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' });
  const headers = await tokenOf(down, { sub: 'gateway', permissions: ['account:verify'] });
  expectRefusal(await down.call('verifyApiKey', { body: { apiKeyId }, headers }), '503000');
  expect(await down.invokeVerify({ apiKeyId })).toMatchObject({ ok: false, error: { code: '503000' } });
  const counted = { result: 'unavailable', Verifications: 1, Refusals: 1 };
  const ends = down.log.records().filter(({ event }) => event === 'access' || event === 'invocation');
  expect(ends).toMatchObject([counted, counted]);
});
