import { createHash } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { formatApiKeyId, handleOf } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import { requestId, secretInput } from '../../lib/domain/idempotency.ts';
import { openMac } from '../../lib/service/kms.ts';
import { codesOf, handleOfLetter, keyPath, seedWithKeys, tokenOf, writesOf } from '../support/calls.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts';
import { expectRefusal, hrnOf, startService, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;
let proxy: DatabaseProxy;
let name = '';

beforeAll(async () => {
  proxy = await startDatabaseProxy(inject('endpoint'));
  service = await startService({}, { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint });
  return () => proxy.stop();
});

beforeEach(() => {
  name = `key-${Math.random()}`;
  proxy.requests.length = 0;
  proxy.faults = [];
});

afterEach(() => {
  vi.useRealTimers();
  service.kms.setUp(true);
});

const a = handleOfLetter('a');
const day = 24 * 3_600_000;
const second = 1_000;

type Headers = Record<string, string | readonly string[]>;

/** One way to ask for an API key, and what it needs to begin with. */
interface Way {
  seed(parts?: Partial<App>): Promise<App>;
  ask(app: App, body?: object, headers?: Headers): Promise<TestReply>;
  /** keys that stand there when it was done once */
  readonly keyCount: number;
}

const ways: Record<string, Way> = {
  generate: {
    seed: (parts) => service.seed(parts),
    ask: (app, body, headers) => service.generate(app, { name: 'x', ...body }, { 'Idempotency-Key': name, ...headers }),
    keyCount: 1,
  },
  rotate: {
    seed: (parts) => seedWithKeys(service, { a: {} }, parts),
    ask: (app, body = {}, headers = {}) =>
      service.call('rotateApiKey', { path: keyPath(app, a), body, headers: { 'Idempotency-Key': name, ...headers } }),
    keyCount: 1,
  },
  'rotate with overlap': {
    seed: (parts) => seedWithKeys(service, { a: {} }, parts),
    ask: (app, body = {}, headers = {}) =>
      service.call('rotateApiKey', {
        path: keyPath(app, a),
        body: { overlapSeconds: 600, ...body },
        headers: { 'Idempotency-Key': name, ...headers },
      }),
    keyCount: 2,
  },
};

/** What the answer says again. From when on a rotation is effective is counted anew: its write may have come late. */
function saidAgain({ body }: TestReply): object {
  return { ...body, ...(body.effectiveBy !== undefined && { effectiveBy: expect.any(Number) }) };
}

function expectReplayed(reply: TestReply, first: TestReply): void {
  expect(reply.body).toEqual(saidAgain(first));
  expect(reply.statusCode).toBe(first.statusCode);
  expect(reply.headers['Idempotency-Replayed']).toBe('true');
  expect(reply.headers['Cache-Control']).toBe('no-store');
}

/** Sets the clock of the whole process, and makes a token that is good then. */
async function at(time: number, claims: Record<string, unknown> = {}): Promise<Headers> {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(time);
  return tokenOf(service, claims);
}

describe.each(Object.entries(ways))('%s', (way, { seed, ask, keyCount }) => {
  it('the same request gives the same 201 with the same apiKeyId, and makes one key', async () => {
    const app = await seed();
    const first = await ask(app);
    expect(first.statusCode).toBe(201);
    expect(first.headers).not.toHaveProperty('Idempotency-Replayed');
    expect(first.body.apiKey).toContain(handleOf(first.body.apiKeyId));
    const after = await service.item(app);
    expectReplayed(await ask(app), first);
    expectReplayed(await ask(app), first);
    expect(await service.item(app)).toEqual(after);
    expect(after.keyCount).toBe(keyCount);
  });

  it('shows the key as it stands now', async () => {
    const app = await seed();
    const first = await ask(app);
    const path = keyPath(app, first.body.apiKey);
    await service.call('updateApiKey', { path, body: { name: 'changed', expiresAt: 4e12 } });
    await service.call('disableApiKey', { path });
    const again = await ask(app);
    expect(again.body).toEqual({ ...saidAgain(first), name: 'changed', expiresAt: 4e12, enabled: false });
    expect(again.headers['Idempotency-Replayed']).toBe('true');
  });

  it('422409 with another body, and nothing is written', async () => {
    const app = await seed();
    await ask(app);
    const after = await service.item(app);
    for (const body of [{ name: 'y' }, { expiresAt: 4e12 }, { name: 'x', expiresAt: 4e12 }]) {
      expectRefusal(await ask(app, body), '422409');
    }
    expect(await service.item(app)).toEqual(after);
  });

  it('the order and the white space of the JSON text do not matter', async () => {
    const app = await seed();
    const first = await ask(app, { expiresAt: 4e12, name: 'x' });
    expectReplayed(await ask(app, { name: 'x', expiresAt: 4e12 }), first);
  });

  it('409305 after the key was deleted, for good: it never comes back', async () => {
    const app = await seed();
    const first = await ask(app);
    await service.call('deleteApiKey', { path: keyPath(app, first.body.apiKey) });
    const after = await service.item(app);
    expectRefusal(await ask(app), '409305');
    expectRefusal(await ask(app), '409305');
    expect(await service.item(app)).toEqual(after);
    expectRefusal(await ask(app, { name: 'y' }), '422409');
  });

  it('409305 after all keys were deleted', async () => {
    const app = await seed();
    await ask(app);
    await service.call('deleteApiKeys', { path: { app: hrnOf(app) } });
    expectRefusal(await ask(app), '409305');
    expect((await service.item(app)).keyCount).toBe(0);
  });

  it('409305 after the key was rotated; in an overlap it is still there', async () => {
    const app = await seed();
    const first = await ask(app);
    const rotate = (body: object) => {
      return service.call('rotateApiKey', { path: keyPath(app, first.body.apiKey), body });
    };
    if (keyCount === 1) {
      await rotate({ overlapSeconds: 600 });
      const again = await ask(app);
      expect([again.statusCode, again.body.apiKeyId]).toEqual([201, first.body.apiKeyId]);
      await service.call('deleteApiKey', { path: keyPath(app, first.body.apiKey) });
    } else {
      expect((await rotate({})).statusCode).toBe(201);
    }
    expectRefusal(await ask(app), '409305');
  });

  it('409305 after the expired key was replaced', async () => {
    const app = await seed();
    const first = await ask(app, { expiresAt: Date.now() + 60 * second });
    const headers = await at(Date.now() + 120 * second);
    const { keyCount: count } = await service.item(app);
    for (let made = count; made <= 2; made += 1) {
      expect((await service.generate(app, { name: 'filler' }, headers)).statusCode).toBe(201);
    }
    const handle = first.body.apiKey.split('/').at(-1);
    expect((await service.item(app)).removed).toMatchObject({ [handle]: { why: 'replaced' } });
    expectRefusal(await ask(app, { expiresAt: first.body.expiresAt }, headers), '409305');
  });

  it('409305 for 24 hours after the key was deleted, though its tombstone goes after 10 minutes', async () => {
    const app = await seed();
    const first = await ask(app);
    const headers = await at(Date.now() + 60 * second);
    await service.call('deleteApiKey', { path: keyPath(app, first.body.apiKey), headers });
    const later = await at(Date.now() + 23 * 3_600 * second);
    await service.call('updateApp', { path: keyPath(app, first.body.apiKey), body: { name: 'later' }, headers: later });
    expect((await service.item(app)).removed).toEqual({});
    expectRefusal(await ask(app, {}, later), '409305');
  });

  it('a caller who has lost the right gets what it would get for a new request', async () => {
    const app = await seed();
    await ask(app);
    const stored = { ...(await service.item(app)), appId: app.appId };
    await service.seed({ ...stored, grants: { demo: ['read'], other: ['manage'] } });
    expectRefusal(await ask(app), '403403');
    await service.seed({ ...stored, grants: { other: ['manage'] } });
    expectRefusal(await ask(app), '404660');
    expectRefusal(await ask(app, { name: 'another body' }), '404660');
    await service.seed({ ...stored, grants: {}, status: 'deleted', keys: {}, keyCount: 0, requests: {} });
    expectRefusal(await ask(app), '404660');
  });

  it("another caller's is another request", async () => {
    const app = await seed({ grants: { demo: ['manage'], other: ['manage'] } });
    const first = await ask(app);
    const second = await ask(app, {}, await tokenOf(service, { sub: 'other' }));
    expect(second.headers).not.toHaveProperty('Idempotency-Replayed');
    expect(second.body.apiKeyId).not.toBe(first.body.apiKeyId);
  });

  it('on another application it is another request', async () => {
    const [app, other] = [await seed(), await seed()];
    const [first, second] = [await ask(app), await ask(other)];
    expect(second.statusCode).toBe(201);
    expect(second.headers).not.toHaveProperty('Idempotency-Replayed');
    expect(second.body.apiKeyId.split('_').at(-1)).not.toBe(first.body.apiKeyId.split('_').at(-1));
  });

  it('in another realm it is another request', async () => {
    const app = await seed({ realm: 'other' });
    const headers = await tokenOf(service, { rlm: 'other' });
    const first = await ask(app, {}, headers);
    expect(first.statusCode).toBe(201);
    expectRefusal(await ask({ ...app, realm: 'myrealm' }), '404660');
    expectReplayed(await ask(app, {}, headers), first);
  });

  it('a new token of the same caller, or another correlation id, is the same request', async () => {
    const app = await seed();
    const first = await ask(app);
    const headers = await tokenOf(service, { jti: 'new', permissions: ['account:manage:*'] });
    expectReplayed(await ask(app, {}, { ...headers, 'X-Correlation-ID': 'another' }), first);
  });

  it('holds for 24 hours, and not longer', async () => {
    const app = await seed();
    const first = await ask(app);
    const start = Date.now();
    expectReplayed(await ask(app, {}, await at(start + day - 10 * second)), first);
    await service.call('deleteApiKeys', { path: { app: hrnOf(app) }, headers: await at(start + day - second) });
    expectRefusal(await ask(app, {}, await at(start + day - second)), '409305');
    const headers = await at(start + day + second);
    const late = await ask(app, {}, headers);
    expect(late.headers).not.toHaveProperty('Idempotency-Replayed');
    if (a in app.keys) expect(['404666', '409304']).toContain(late.body.code);
    else expect([late.statusCode, late.body.apiKeyId]).not.toContain(first.body.apiKeyId);
  });

  it('an old record gives way to the new one of the same name', async () => {
    const app = await seed();
    const first = await ask(app);
    const { requests } = await service.item(app);
    const [[hash, record] = expect.fail()] = Object.entries(requests);
    const old = { [hash]: { ...record, at: record.at - day } };
    await service.seed({ ...app, requests: old });
    const second = await ask(app);
    expect(second.statusCode).toBe(201);
    expect(second.body.apiKeyId).not.toBe(first.body.apiKeyId);
    const stored = (await service.item(app)).requests;
    expect(Object.keys(stored)).toEqual([hash]);
    expect(stored[hash]?.handle).toBe(handleOf(second.body.apiKeyId));
    expectReplayed(await ask(app), second);
  });

  it('an expiresAt that has passed since does not matter, where there is a record', async () => {
    const app = await seed();
    const expiresAt = Date.now() + 60 * second;
    const first = await ask(app, { expiresAt });
    const headers = await at(expiresAt + 2 * second);
    expectReplayed(await ask(app, { expiresAt }, headers), first);
    expectRefusal(await ask(app, { expiresAt: expiresAt + second }, headers), '422409');
    name = 'not-seen-before';
    const unseen = await ask(app, { expiresAt }, headers);
    expectRefusal(unseen, '400200');
    expect(unseen.body.details).toMatchObject([{ source: '$.expiresAt' }]);
  });

  it('422409 or 409305 though its expiresAt has passed since', async () => {
    const app = await seed();
    const expiresAt = Date.now() + 60 * second;
    const first = await ask(app, { expiresAt });
    const headers = await at(expiresAt + 2 * second);
    await service.call('deleteApiKey', { path: keyPath(app, first.body.apiKey), headers });
    expectRefusal(await ask(app, { expiresAt }, headers), '409305');
    expectRefusal(await ask(app, { expiresAt, name: 'y' }, headers), '422409');
  });

  it.each([[''], [' '], ['a b'], ['x'.repeat(256)], ['ü'], ['a\tb'], ['\u007f'], [['a', 'b']], [['a', 'a']]])(
    '400200 for the header %j, and nothing is written',
    async (value) => {
      const app = await seed();
      const reply = await ask(app, {}, { 'Idempotency-Key': value });
      expectRefusal(reply, '400200');
      expect(reply.body.details).toMatchObject([{ source: expect.stringContaining('Idempotency-Key') }]);
      expect((await service.item(app)).rev).toBe(app.rev);
    },
  );

  it.each(['!', '~', 'x'.repeat(255), '{"a":1}', '../%2F'])('201 for the header %j, in any case', async (value) => {
    const app = await seed();
    name = value;
    const first = await ask(app);
    expect(first.statusCode).toBe(201);
    const headers = { 'Idempotency-Key': [], 'IDEMPOTENCY-key': value };
    expectReplayed(await ask(app, {}, headers), first);
  });

  it('20 at once with one header: one key, one apiKeyId', async () => {
    const app = await seed();
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask(app)));
    expect(codesOf(replies)).toEqual({ '201': 20 });
    expect(new Set(replies.map(({ body }) => body.apiKeyId)).size).toBe(1);
    expect(replies.filter(({ headers }) => headers['Idempotency-Replayed'] !== 'true')).toHaveLength(1);
    const { keyCount: count, rev, keys } = await service.item(app);
    expect([count, rev, Object.keys(keys).length]).toEqual([keyCount, app.rev + 1, keyCount]);
  });

  it('20 at once with one header and two bodies: one key; the other body is 422409', async () => {
    const app = await seed();
    const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(app, { name: i % 2 ? 'x' : 'y' })));
    expect(codesOf(replies)).toEqual({ '201': 10, '422409': 10 });
    expect((await service.item(app)).keyCount).toBe(keyCount);
  });

  it('answers lost between: one key, one apiKeyId', async () => {
    const app = await seed();
    proxy.faults = ['loseAnswer', 'loseAnswer', 'none', 'loseAnswer', 'loseRequest'];
    const first = await ask(app);
    expect(first.statusCode).toBe(201);
    proxy.faults = ['loseRequest', 'loseAnswer'];
    const second = await ask(app);
    expect(second.body).toEqual(saidAgain(first));
    expect((await service.item(app)).keyCount).toBe(keyCount);
  });

  it('a late copy of the write changes nothing, nor brings back the key', async () => {
    const app = await seed();
    let made = '';
    const copies = await writesOf(async () => {
      made = (await ask(app)).body.apiKey;
    });
    await service.call('deleteApiKey', { path: keyPath(app, made) });
    const after = await service.item(app);
    expect(new Set(await copies.deliverLate())).toEqual(new Set(['ConditionalCheckFailedException']));
    expect(await service.item(app)).toEqual(after);
  });

  it('KMS down: 503 with Retry-After, and nothing is written', async () => {
    const app = await seed();
    service.kms.setUp(false);
    const reply = await ask(app);
    expectRefusal(reply, '503000');
    expect(reply.headers['Retry-After']).toMatch(/^\d+$/);
    expect(reply.body.cause).toContain('Nothing was changed');
    expect(reply.text).not.toMatch(/kms/i);
    expect((await service.item(app)).rev).toBe(app.rev);
    service.kms.setUp(true);
    const first = await ask(app);
    expect([first.statusCode, first.headers['Idempotency-Replayed']]).toEqual([201, undefined]);
  });

  it('KMS never answers: 503, and nothing is written', async () => {
    const app = await seed();
    service.kms.setUp('hangs');
    const [path, headers] = [{ app: hrnOf(app) }, { 'Idempotency-Key': 'k' }];
    const reply = await service.call('generateApiKey', { path, headers, body: { name: 'x' }, remainingMs: 1_500 });
    expectRefusal(reply, '503000');
    expect(reply.body.cause).toContain('Nothing was changed');
    expect((await service.item(app)).rev).toBe(app.rev);
  });

  it('without the header KMS is not called, and no record is kept; also when KMS is down', async () => {
    const app = await seed();
    service.kms.setUp(false);
    const before = service.kms.requests();
    const reply = await ask(app, {}, { 'Idempotency-Key': [] });
    expect(reply.statusCode).toBe(201);
    expect(reply.headers).not.toHaveProperty('Idempotency-Replayed');
    expect(service.kms.requests()).toBe(before);
    expect((await service.item(app)).requests).toEqual({});
  });

  it('nothing in the item gives the secret, not even with the service key: that takes the Idempotency-Key too', async () => {
    const app = await seed();
    const { apiKeyId } = (await ask(app)).body;
    const stored = await service.item(app);
    const text = JSON.stringify(stored);
    const secret = apiKeyId.split('_').at(-1);
    const [[hash, record] = expect.fail()] = Object.entries(stored.requests);
    const mac = (message: Uint8Array) => openMac('alias/appkeys-test')(message, 1_000);
    const hrn = decodeURIComponent(hrnOf(app));
    const resource =
      way === 'generate'
        ? ['generateApiKey', hrn, '']
        : ['rotateApiKey', hrn, decodeURIComponent(keyPath(app, a).apiKey)];
    const known = requestId(['https://issuer.test', 'demo', app.realm, ...resource, name]);
    expect(known.hash).toBe(hash);
    const bytes = await mac(secretInput(known, record.salt));
    expect(formatApiKeyId('ak', app.appId, bytes)).toBe(apiKeyId);
    expect(text).not.toContain(known.secretHash);

    expect(Buffer.from(record.salt, 'base64')).toHaveLength(32);
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      expect(text).not.toContain(Buffer.from(bytes).toString(encoding).replace(/=+$/, ''));
    }
    expect(text).not.toContain(secret);
    expect(text).not.toContain(name);
    expect(service.log.lines().join()).not.toContain(secret);
    const guesses = [
      secretInput({ hash, secretHash: hash }, record.salt),
      createHash('sha256').update(record.salt, 'base64').digest(),
      Buffer.from(record.salt, 'base64'),
      Buffer.from(hash, 'base64url'),
      Buffer.from(record.bodyHash, 'base64url'),
    ];
    for (const guess of guesses) {
      expect(formatApiKeyId('ak', app.appId, guess)).not.toBe(apiKeyId);
      expect(formatApiKeyId('ak', app.appId, await mac(guess))).not.toBe(apiKeyId);
    }
  });

  it('the salt is new each time, so that the same request on the same name later is another secret', async () => {
    const app = await seed();
    await ask(app);
    const [first] = Object.values((await service.item(app)).requests);
    await service.seed(app);
    await ask(app);
    const [second] = Object.values((await service.item(app)).requests);
    expect(first?.salt).not.toBe(second?.salt);
    expect(first?.handle).not.toBe(second?.handle);
  });
});

describe('generate', () => {
  it('the response is repeated though both slots are taken, the application is deactivated or has an issuer', async () => {
    const app = await service.seed();
    const first = await ways.generate?.ask(app);
    if (!first) expect.fail();
    await service.generate(app);
    expectReplayed((await ways.generate?.ask(app)) ?? expect.fail(), first);
    const stored = { ...(await service.item(app)), appId: app.appId };
    await service.seed({ ...stored, status: 'deactivated', issuers: ['https://issuer.example.com'] });
    expectReplayed((await ways.generate?.ask(app)) ?? expect.fail(), first);
  });

  it('the answer has the prefix that the key was made with', async () => {
    const app = await service.seed();
    const first = (await ways.generate?.ask(app)) ?? expect.fail();
    const { requests } = await service.item(app);
    expect(Object.values(requests)).toMatchObject([{ prefix: 'ak' }]);
    expect(first.body.apiKeyId).toMatch(/^ak_/);
  });

  it('a refusal is not recorded: the request may succeed later', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    expectRefusal((await ways.generate?.ask(app)) ?? expect.fail(), '409303');
    await service.call('deleteApiKey', { path: keyPath(app, a) });
    const reply = (await ways.generate?.ask(app)) ?? expect.fail();
    expect([reply.statusCode, reply.headers['Idempotency-Replayed']]).toEqual([201, undefined]);
  });

  it.each([{ name: ' x ' }, { name: 'x', expiresAt: -1 }, { enabled: true, name: 'x' }])(
    'is repeated by %j, which asks for the same',
    async (body) => {
      const app = await service.seed();
      const first = (await ways.generate?.ask(app)) ?? expect.fail();
      expectReplayed(await service.generate(app, body, { 'Idempotency-Key': name }), first);
    },
  );

  it('security 26: is never rejected for lack of room: 60 keys are generated and deleted, and the item stays small', {
    timeout: 120_000,
  }, async () => {
    const app = await service.seed();
    for (let round = 0; round < 60; round += 1) {
      name = `round-${round}`;
      const made = (await ways.generate?.ask(app)) ?? expect.fail();
      expect(made.statusCode).toBe(201);
      expect((await service.call('deleteApiKey', { path: keyPath(app, made.body.apiKey) })).statusCode).toBe(204);
    }
    const { requests, removed } = await service.item(app);
    expect([Object.keys(requests).length, Object.keys(removed).length]).toEqual([20, 50]);
    expectRefusal((await ways.generate?.ask(app)) ?? expect.fail(), '409305');
    name = 'round-0';
    expect(((await ways.generate?.ask(app)) ?? expect.fail()).headers).not.toHaveProperty('Idempotency-Replayed');
  });

  it('one header for generating and rotating is two requests', async () => {
    const app = await service.seed();
    const first = (await ways.generate?.ask(app)) ?? expect.fail();
    const headers = { 'Idempotency-Key': name };
    const path = keyPath(app, first.body.apiKey);
    const rotated = await service.call('rotateApiKey', { path, body: { name: 'x' }, headers });
    expect(rotated.statusCode).toBe(201);
    expect(rotated.headers).not.toHaveProperty('Idempotency-Replayed');
  });
});

describe('rotate', () => {
  it('one header and {} for two keys of an application is two requests', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    const rotate = (letter: string) => {
      const headers = { 'Idempotency-Key': name };
      return service.call('rotateApiKey', { path: keyPath(app, handleOfLetter(letter)), body: {}, headers });
    };
    const [one, two] = [await rotate('a'), await rotate('b')];
    expect([one.statusCode, two.statusCode]).toEqual([201, 201]);
    expect(two.headers).not.toHaveProperty('Idempotency-Replayed');
    expect(two.body.rotatedFrom).toContain(handleOfLetter('b'));
    expectReplayed(await rotate('a'), one);
    expectReplayed(await rotate('b'), two);
  });

  it('{} and no body are the same request, however the path is written', async () => {
    const app = await seedWithKeys(service, { a: {} });
    const headers = { 'Idempotency-Key': name };
    const path = keyPath(app, a);
    const first = await service.call('rotateApiKey', { path, body: null, headers });
    expectReplayed(await service.call('rotateApiKey', { path, body: {}, headers }), first);
    const decoded = { app: decodeURIComponent(path.app), apiKey: decodeURIComponent(path.apiKey) };
    expectReplayed(await service.call('rotateApiKey', { path: decoded, body: {}, headers }), first);
    const lower = { app: path.app.replaceAll('%3A', '%3a'), apiKey: path.apiKey.replaceAll('%3A', '%3a') };
    expectReplayed(await service.call('rotateApiKey', { path: lower, body: {}, headers }), first);
  });

  it('without the header a second rotation is 409304', async () => {
    const app = await seedWithKeys(service, { a: {} });
    await ways.rotate?.ask(app);
    expectRefusal(await service.call('rotateApiKey', { path: keyPath(app, a), body: {} }), '409304');
  });

  it('another name for the same rotation is 409304', async () => {
    const app = await seedWithKeys(service, { a: {} });
    await ways.rotate?.ask(app);
    name = 'another';
    expectRefusal((await ways.rotate?.ask(app)) ?? expect.fail(), '409304');
  });
});

describe('create an application', () => {
  const create = (body: object = { name: 'x' }, headers: Headers = {}) =>
    service.call('createApp', { body, headers: { 'Idempotency-Key': name, ...headers } });
  const permissions = ['account:createApp'];

  it('the same request gives the same 200, and makes one application', async () => {
    const first = await create();
    expect(first.statusCode).toBe(200);
    expect(first.headers).not.toHaveProperty('Idempotency-Replayed');
    expect(first.body.clientId).toMatch(/^[A-Za-z0-9]{20}$/);
    expectReplayed(await create(), first);
    expectReplayed(await create(), first);
    const app = { ...(await service.seed()), appId: first.body.clientId };
    expect(await service.item(app)).toMatchObject({ rev: 1, grants: { demo: ['manage'] } });
  });

  it('20 at once with one header: one application', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => create()));
    expect(codesOf(replies)).toEqual({ '200': 20 });
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies.filter(({ headers }) => headers['Idempotency-Replayed'] !== 'true')).toHaveLength(1);
  });

  it('a repetition in the same millisecond is one', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const first = await create();
    expectReplayed(await create(), first);
  });

  it('a lost answer: one application', async () => {
    proxy.faults = ['loseAnswer', 'loseAnswer', 'loseAnswer', 'loseAnswer'];
    const first = await create();
    expect(first.statusCode).toBe(200);
    expect((await create()).body).toEqual(first.body);
  });

  it('shows the application as it stands now', async () => {
    const { body } = await create();
    const path = { app: encodeURIComponent(body.hrn) };
    await service.call('updateApp', { path, body: { name: 'changed', status: 'deactivated' } });
    const lastChange = { at: expect.any(Number), by: 'demo', action: 'updateApp' };
    expect((await create()).body).toEqual({ ...body, name: 'changed', status: 'deactivated', lastChange });
  });

  it('422409 with another body', async () => {
    await create();
    expectRefusal(await create({ name: 'y' }), '422409');
    expectRefusal(await create({ name: 'x', description: 'y' }), '422409');
    expect((await create({ name: 'x\t', description: '' })).headers['Idempotency-Replayed']).toBe('true');
  });

  it('409306 after it was deleted: it never comes back', async () => {
    const { body } = await create();
    const path = { app: encodeURIComponent(body.hrn) };
    await service.call('deleteApp', { path });
    expectRefusal(await create(), '409306');
    expectRefusal(await service.call('getApp', { path }), '404660');
  });

  it('404660 after others took every right of the creator away, also once they have deleted it', async () => {
    const { body } = await create();
    const path = { app: encodeURIComponent(body.hrn) };
    await service.call('putGrant', { path: { ...path, principal: 'ann' }, body: { actions: ['manage'] } });
    const headers = await tokenOf(service, { sub: 'ann' });
    await service.call('deleteGrant', { path: { ...path, principal: 'demo' }, headers });
    expectRefusal(await create(), '404660');
    await service.call('deleteApp', { path, headers });
    expectRefusal(await create(), '404660');
  });

  it('a late copy of the creation does not revive it', async () => {
    let hrn = '';
    const copies = await writesOf(async () => {
      hrn = (await create()).body.hrn;
    });
    const path = { app: encodeURIComponent(hrn) };
    await service.call('deleteApp', { path });
    await copies.deliverLate();
    expectRefusal(await service.call('getApp', { path }), '404660');
  });

  it("another caller's, another realm's and another name are other requests", async () => {
    const first = await create();
    const others = [
      await create({ name: 'x' }, await tokenOf(service, { sub: 'other', permissions })),
      await create({ name: 'x' }, await tokenOf(service, { rlm: 'other', permissions })),
      await create({ name: 'x' }, { 'Idempotency-Key': `${name}x` }),
      await create({ name: 'x' }, { 'Idempotency-Key': [] }),
    ];
    for (const { headers } of others) expect(headers).not.toHaveProperty('Idempotency-Replayed');
    expect(new Set([first, ...others].map(({ body }) => body.clientId)).size).toBe(5);
    expect(others[1]?.body.realm).toBe('other');
  });

  it('403403 for a caller that has lost account:createApp', async () => {
    await create();
    expectRefusal(await create({ name: 'x' }, await tokenOf(service, {})), '403403');
  });

  it('404660 for a caller that has lost its right on the application, with any body', async () => {
    const { body } = await create();
    const path = { app: encodeURIComponent(body.hrn), principal: 'heir' };
    await service.call('putGrant', { path, body: { actions: ['manage'] } });
    await service.call('deleteGrant', { path: { ...path, principal: 'demo' } });
    expectRefusal(await create(), '404660');
    expectRefusal(await create({ name: 'y' }), '404660');
  });

  it.each([[''], ['a b'], ['x'.repeat(256)], [['a', 'b']]])('400200 for the header %j', async (value) => {
    expectRefusal(await create({ name: 'x' }, { 'Idempotency-Key': value }), '400200');
  });

  it('KMS is not called', async () => {
    const before = service.kms.requests();
    await create();
    await create();
    expect(service.kms.requests()).toBe(before);
  });
});

describe('direct invocation', () => {
  const ask = (app: App, parts: object = {}) =>
    service.invoke({
      app: `hrn:here:account::${app.realm}:app/${app.appId}`,
      name: 'x',
      idempotencyKey: name,
      ...parts,
    });

  it('the same payload gives the same key, whatever the correlation id', async () => {
    const app = await service.seed();
    const first = await ask(app, { correlationId: 'one' });
    expect(first).toMatchObject({ ok: true });
    expect(await ask(app, { correlationId: 'two' })).toEqual(first);
    expect((await service.item(app)).keyCount).toBe(1);
  });

  it('20 at once: one key', async () => {
    const app = await service.seed();
    const results = await Promise.all(Array.from({ length: 20 }, () => ask(app)));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(results[0]).toMatchObject({ ok: true });
    expect((await service.item(app)).keyCount).toBe(1);
  });

  it('422409 with another payload, 409305 after the key was deleted', async () => {
    const app = await service.seed();
    const first = await ask(app);
    expect(await ask(app, { name: 'y' })).toMatchObject({ error: { code: '422409' } });
    await service.call('deleteApiKey', { path: keyPath(app, first.ok ? first.apiKey.apiKey : '') });
    expect(await ask(app)).toMatchObject({ error: { code: '409305' } });
  });

  it('another createdBy, another application, and a call over HTTP are other requests', async () => {
    const [app, other] = [await service.seed(), await service.seed()];
    const results = [await ask(app), await ask(app, { createdBy: 'signup' }), await ask(other)];
    expect(results).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
    const http = await service.generate(other, { name: 'x' }, { 'Idempotency-Key': name });
    expect([http.statusCode, http.headers['Idempotency-Replayed']]).toEqual([201, undefined]);
    const ids = results.map((result) => (result.ok ? result.apiKey.apiKeyId : ''));
    expect(new Set([...ids, http.body.apiKeyId]).size).toBe(4);
  });

  it('an expiresAt that has passed since does not matter', async () => {
    const app = await service.seed();
    const expiresAt = Date.now() + 60 * second;
    const first = await ask(app, { expiresAt });
    await at(expiresAt + second);
    expect(await ask(app, { expiresAt })).toEqual(first);
  });

  it('KMS down: 503, nothing written; without idempotencyKey it is not called', async () => {
    const app = await service.seed();
    service.kms.setUp(false);
    expect(await ask(app)).toMatchObject({ ok: false, error: { code: '503000' } });
    expect((await service.item(app)).rev).toBe(app.rev);
    const before = service.kms.requests();
    expect(await ask(app, { idempotencyKey: undefined })).toMatchObject({ ok: true });
    expect(service.kms.requests()).toBe(before);
  });

  it.each(['', 'a b', 'x'.repeat(256), 42, null])('400200 for the idempotencyKey %j', async (idempotencyKey) => {
    const result = await ask(await service.seed(), { idempotencyKey });
    const details = expect.arrayContaining([expect.objectContaining({ source: '$.idempotencyKey' })]);
    expect(result).toMatchObject({ error: { code: '400200', details } });
  });
});
