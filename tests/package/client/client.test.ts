import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../infra/local/ports.ts';
import { type App, AppkeysError, type Client, createClient, Secret } from '../../../lib/package/client/client.ts';
import { clientCases } from '../../deployed/writing.ts';
import { useLocalService } from '../../support/local-service.ts';
import { type LossyProxy, startLossyProxy } from '../../support/lossy-proxy.ts';

const permissions = ['account:createApp', 'account:verify'];
const busy = { status: 503, headers: { 'Retry-After': '1' } };

/** few requests, so that they are soon too many; each test is a principal of its own */
const service = useLocalService({ rateLimit: '1,20' });
let proxy: LossyProxy;
let appkeys: Client;
let principal = '';

beforeAll(async () => {
  proxy = await startLossyProxy(service().url);
  appkeys = createClient({ url: proxy.url, token });
});
beforeEach(() => {
  principal = randomUUID();
});
afterAll(() => proxy?.stop());

const token = () => service().token({ principal, permissions });
const newApp = (): Promise<App> => appkeys.createApp({ name: 'made by a test' });

/** What a failing call is rejected with. */
async function failure(call: Promise<unknown>): Promise<AppkeysError> {
  const error = await call.then(
    () => expect.fail('It did not fail.'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppkeysError);
  return error as AppkeysError;
}

function abortSoon(reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 20);
  return controller.signal;
}

/** Runs a call while the proxy loses what `losses` say, and tells what the proxy saw of it. */
async function during(losses: LossyProxy['losses'], call: () => Promise<unknown>) {
  const before = proxy.seen.length;
  proxy.losses = losses;
  const result = await call().catch((error: unknown) => error);
  expect(proxy.losses).toEqual([]);
  return { result, seen: proxy.seen.slice(before) };
}

clientCases(() => ({
  url: proxy.url,
  client: appkeys,
  appkeys: () => expect.fail('There is no command line here.'),
  newName: () => 'made by a test',
}));

describe('a call', () => {
  it('revokes a key without a token', async () => {
    const { hrn: app } = await newApp();
    const { apiKey, apiKeyId } = await appkeys.generateApiKey({ app, name: 'public by mistake' });
    expect(await createClient({ url: proxy.url }).revokeApiKey({ apiKeyId })).toEqual({
      accepted: true,
      effectiveBy: expect.any(Number),
    });
    expect(await appkeys.getApiKey({ app, apiKey })).toMatchObject({ enabled: false, disabledReason: 'leaked' });
  });

  it('needs no token where the service needs none', async () => {
    expect(await createClient({ url: service().url }).getOpenapi()).toMatchObject({ openapi: '3.1.0' });
  });

  it.each(['', '.', '..'])('refuses %j where it would be a part of the path, and sends nothing', async (value) => {
    const calls = [
      () => appkeys.deleteApiKey({ app: 'hrn:x', apiKey: value }),
      () => appkeys.deleteGrant({ app: 'hrn:x', principal: value }),
      () => appkeys.deleteApp({ app: value }),
    ];
    for (const call of calls) {
      const { result, seen } = await during([], call);
      expect([result, seen]).toEqual([expect.any(TypeError), []]);
    }
  });

  it.each(['ftp://x', 'http://me:pw@x', 'http://x?y', 'http://x#y', 'x'])('refuses the URL %s', (url) => {
    expect(() => createClient({ url })).toThrow(TypeError);
  });
});

describe('a refusal', () => {
  it('carries what the contract says of it', async () => {
    const { hrn: app } = await newApp();
    for (const name of ['one', 'two']) await appkeys.generateApiKey({ app, name });
    const error = await failure(appkeys.generateApiKey({ app, name: 'three' }, { correlationId: 'mine' }));
    expect(error).toMatchObject({ code: '409303', status: 409, correlationId: 'mine' });
    expect(error.errorId).toMatch(/^ERROR-/);
    expect(error.message).toBe(`409303 ${error.cause} ${error.action}`);
    expect(error.cause).toContain('has reached its key limit');
  });

  it.each([
    ['401200 without a token', {}, '401200'],
    ['401300 with a wrong one', { token: 'not.a.token' }, '401300'],
    ['BAD_TOKEN with one that cannot be sent', { token: 'to\nken' }, 'BAD_TOKEN'],
  ])('%s', async (_, options, code) => {
    const error = await failure(createClient({ url: service().url, ...options }).listApps());
    expect(error.code).toBe(code);
    expect(inspect(error)).not.toContain('ken"');
  });

  it('the error of the token function is thrown as it is', async () => {
    const reason = new Error('The issuer is down.');
    const token = () => Promise.reject(reason);
    await expect(createClient({ url: service().url, token }).listApps()).rejects.toBe(reason);
  });

  it.each([['x'], [null], [[null]], [[{ source: '$.name' }]]])(
    'UNEXPECTED with %j for its details',
    async (details) => {
      const body = JSON.stringify({ code: '400200', cause: 'C', action: 'A', details });
      const { result } = await during([{ status: 400, body }], () => appkeys.listApps());
      expect(result).toMatchObject({ code: 'UNEXPECTED', status: 400 });
    },
  );

  it('takes of its body what the contract has, and nothing else', async () => {
    const told = { code: '400200', title: 'T', cause: 'C', action: 'A', correlationId: 'c', errorId: 'ERROR-1' };
    const others = { status: 999, message: 'M', name: 'N', stack: 'S', idempotencyKey: 'i', retryAfterSeconds: 'r' };
    const { result } = await during([{ status: 400, body: JSON.stringify({ ...told, ...others }) }], () =>
      appkeys.listApps(),
    );
    expect({ ...(result as AppkeysError) }).toEqual({ ...told, name: 'AppkeysError', status: 400 });
    expect(result).toMatchObject({ message: '400200 C A', stack: expect.stringContaining('client') });
  });

  it('UNEXPECTED when something else answers', async () => {
    const html = { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<h1>Log in</h1>' };
    for (const answer of [html, { ...html, status: 403 }, { status: 404, body: '{"message":"Not Found"}' }]) {
      const { result } = await during([answer], () => appkeys.listApps());
      expect(result).toMatchObject({ code: 'UNEXPECTED', status: answer.status });
    }
  });

  it('UNREACHABLE when nothing answers: a creation tells its Idempotency-Key', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const down = createClient({ url, token: 'x', attempts: 2 });
    const error = await failure(down.createApp({ name: 'x' }, { idempotencyKey: 'again' }));
    expect(error).toMatchObject({ code: 'UNREACHABLE', idempotencyKey: 'again' });
    expect(error.cause).toContain('ECONNREFUSED');
    expect((await failure(down.listApps())).idempotencyKey).toBeUndefined();
  });
});

describe('a call that gets no answer', () => {
  it.each(['loseRequest', 'loseAnswer', 'breakOff'] as const)('creates one key though the proxy %ss', async (loss) => {
    const { hrn: app } = await newApp();
    const { seen } = await during([loss, loss], () => appkeys.generateApiKey({ app, name: 'once' }));
    expect(seen).toHaveLength(3);
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(new Set(seen.map(({ headers }) => headers['x-correlation-id'])).size).toBe(1);
    expect(await appkeys.listApiKeys({ app })).toMatchObject({ total: 1 });
  });

  it('has another Idempotency-Key than the call before', async () => {
    const { seen } = await during([], async () => [await newApp(), await newApp()]);
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });

  it('has deleted the key that the next attempt does not find', async () => {
    const { hrn: app } = await newApp();
    const { apiKey } = await appkeys.generateApiKey({ app, name: 'to be deleted' });
    const { result, seen } = await during(['loseAnswer'], () => appkeys.deleteApiKey({ app, apiKey }));
    expect([result, seen.length]).toEqual([{}, 2]);
    expect(await failure(appkeys.deleteApiKey({ app, apiKey }))).toMatchObject({ code: '404666' });
    expect((await during(['loseAnswer'], () => appkeys.deleteApp({ app }))).result).toEqual({});
    expect(await failure(appkeys.deleteApp({ app }))).toMatchObject({ code: '404660' });
  });

  it('404666 when the first attempt was only told to wait', async () => {
    const { hrn: app } = await newApp();
    const { apiKey } = await appkeys.generateApiKey({ app, name: 'x' });
    await appkeys.deleteApiKey({ app, apiKey });
    const { result } = await during([{ status: 429 }], () => appkeys.deleteApiKey({ app, apiKey }));
    expect(result).toMatchObject({ code: '404666' });
  });

  it('is tried again when an attempt hangs', async () => {
    const patient = createClient({ url: proxy.url, token, attemptTimeoutMs: 2000 });
    const { result, seen } = await during(['hang'], () => patient.listApps());
    expect(result).toMatchObject({ total: 0 });
    expect(seen.length).toBeGreaterThanOrEqual(2);
  });

  it('UNREACHABLE when its time is up', async () => {
    const hurried = createClient({ url: proxy.url, token: 'x', timeoutMs: 2000 });
    const { result, seen } = await during(['hang'], () => hurried.listApps());
    expect(result).toMatchObject({ code: 'UNREACHABLE', cause: expect.stringContaining('not within 2000 ms') });
    expect(seen).toHaveLength(1);
  });

  it('ends though its token never comes', async () => {
    const waiting = createClient({ url: proxy.url, timeoutMs: 100, token: () => new Promise(() => {}) });
    const reason = new Error('changed my mind');
    expect(await failure(waiting.listApps())).toMatchObject({ code: 'UNREACHABLE' });
    await expect(waiting.listApps({}, { signal: abortSoon(reason) })).rejects.toBe(reason);
  });

  it('ends with its signal, whose reason it is rejected with', async () => {
    const reason = new Error('changed my mind');
    const controller = new AbortController();
    const hanging = during(['hang'], () => appkeys.listApps({}, { signal: controller.signal }));
    await expect.poll(() => proxy.losses).toEqual([]);
    controller.abort(reason);
    expect((await hanging).result).toBe(reason);
    const other = new AbortController();
    const waiting = during([{ ...busy, headers: { 'Retry-After': '30' } }], () =>
      appkeys.listApps({}, { signal: other.signal }),
    );
    await expect.poll(() => proxy.losses).toEqual([]);
    other.abort(reason);
    expect((await waiting).result).toBe(reason);
    expect((await during([], () => appkeys.listApps({}, { signal: controller.signal }))).seen).toEqual([]);
  });
});

describe('a service that is busy', () => {
  it.each([429, 503])('is asked again when its Retry-After of a %i has passed', async (status) => {
    const { result, seen } = await during([{ ...busy, status }], () => appkeys.listApps());
    expect(result).toMatchObject({ total: 0 });
    const [first, second] = seen;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  it('is asked again when the date in its Retry-After has passed', async () => {
    const time = Date.now() + 3000;
    const dated = { status: 503, headers: { 'Retry-After': new Date(time).toUTCString() } };
    expect((await during([dated], () => appkeys.listApps())).result).toMatchObject({ total: 0 });
    expect(Date.now()).toBeGreaterThanOrEqual(Math.floor(time / 1000) * 1000);
  });

  it('is asked again soon when its Retry-After is none', async () => {
    const { result } = await during([{ status: 503, headers: { 'Retry-After': 'May 2099' } }], () =>
      appkeys.listApps(),
    );
    expect(result).toMatchObject({ total: 0 });
  });

  it('is not waited for longer than there is time', async () => {
    const body = JSON.stringify({ code: '429003', cause: 'Too many.', action: 'Wait.' });
    const slow = { status: 429, headers: { 'Retry-After': '3600' }, body };
    const { result, seen } = await during([slow], () => appkeys.listApps());
    expect(result).toMatchObject({ code: '429003', retryAfterSeconds: 3600 });
    expect(seen).toHaveLength(1);
  });

  it('is asked again until it answers, when it has been asked too often', async () => {
    const impatient = createClient({ url: service().url, token, attempts: 1 });
    const limited = await failure(Promise.all(Array.from({ length: 30 }, () => impatient.listApps())));
    expect(limited).toMatchObject({ code: '429003', status: 429, retryAfterSeconds: expect.any(Number) });
    expect(await appkeys.listApps()).toMatchObject({ items: [] });
  });

  it('is asked four times', async () => {
    const none = { status: 503, body: '{}' };
    const { result, seen } = await during([none, none, none, none], () => appkeys.listApps());
    expect([(result as AppkeysError).status, seen.length]).toEqual([503, 4]);
  });

  it('is not asked again after a 500', async () => {
    expect((await during([{ status: 500, body: '{}' }], () => appkeys.listApps())).seen).toHaveLength(1);
  });
});

describe('a secret', () => {
  it('shows itself nowhere but when it is asked to', async () => {
    const { hrn: app } = await newApp();
    const made = await appkeys.generateApiKey({ app, name: 'x' });
    const secret = made.apiKeyId.reveal();
    expect(secret).toMatch(/^ak_[A-Za-z0-9]{1,64}_[A-Za-z0-9]{49}$/);
    const shown = [
      inspect(made, { showHidden: true, depth: 9 }),
      JSON.stringify(made),
      `${made.apiKeyId}`,
      String(made.apiKeyId),
      `${new Error(`about ${made.apiKeyId}`).stack}`,
      JSON.stringify(Object.entries(made)),
    ];
    for (const text of shown) {
      expect(text).toContain('[secret]');
      expect(text).not.toContain(secret);
    }
    expect(inspect(structuredClone({ it: { ...made.apiKeyId } }))).not.toContain(secret);
  });

  it('is not in the error of a call that it was given to', async () => {
    const secret = 'ak_lACE8kgYxsahjbXnvy8w_0000000000000000000000000000000000000000000000000';
    const error = await failure(createClient({ url: service().url }).verifyApiKey({ apiKeyId: new Secret(secret) }));
    expect(inspect(error, { showHidden: true })).not.toContain(secret);
  });
});
