import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  AppkeysError,
  type Client,
  type ClientOptions,
  createClient,
  Secret,
} from '../../../lib/package/client/client.ts';
import { useCannedService } from '../../support/canned-service.ts';

const service = useCannedService();
const app = 'hrn:here:account::r:app/a';
const apiKey = 'hrn:here:account::r:apikey/k';
const inPath = '/apps/hrn%3Ahere%3Aaccount%3A%3Ar%3Aapp%2Fa';
const keyInPath = `${inPath}/apiKeys/hrn%3Ahere%3Aaccount%3A%3Ar%3Aapikey%2Fk`;
const refusal = { code: '409303', title: 'T', cause: 'C', action: 'A', correlationId: 'c', errorId: 'ERROR-1' };

const clientWith = (options: Partial<ClientOptions> = {}): Client => createClient({ url: service().url, ...options });
const answerWith = (...answers: ReturnType<typeof service>['answers']) => {
  service().answers = answers;
};

beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => void vi.restoreAllMocks());
});

/** What a call sends, whatever becomes of it. */
async function sentBy(call: Promise<unknown>) {
  await call.catch(() => {});
  return service().seen.at(-1) ?? expect.fail('Nothing was sent.');
}

/** The error of a call, which must be one of the client. */
async function errorOf(call: Promise<unknown>): Promise<AppkeysError> {
  const error = await call.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AppkeysError);
  return error as AppkeysError;
}

describe('what is sent', () => {
  it.each<[string, string, string, (client: Client) => Promise<unknown>]>([
    ['nothing', 'GET /apps', '', (client) => client.listApps()],
    ['an empty query', 'GET /apps', '', (client) => client.listApps({})],
    ['a query', 'GET /apps?limit=2&pageToken=a%2Fb', '', (client) => client.listApps({ limit: 2, pageToken: 'a/b' })],
    ['a path and a query', `GET ${inPath}/apiKeys?limit=3`, '', (client) => client.listApiKeys({ app, limit: 3 })],
    ['two in the path', `DELETE ${keyInPath}`, '', (client) => client.deleteApiKey({ app, apiKey })],
    ['a body', 'POST /apps', '{"name":"x"}', (client) => client.createApp({ name: 'x' })],
    [
      'a path and a body',
      `POST ${inPath}/apiKeys`,
      '{"name":"x","expiresAt":-1}',
      (client) => client.generateApiKey({ app, name: 'x', expiresAt: -1 }),
    ],
    ['a body that has nothing', `POST ${keyInPath}/rotate`, '{}', (client) => client.rotateApiKey({ app, apiKey })],
    ['no body', `POST ${keyInPath}/enable`, '', (client) => client.enableApiKey({ app, apiKey })],
    [
      'a secret',
      'POST /apiKeys/verify',
      '{"apiKeyId":"ak_x"}',
      (client) => client.verifyApiKey({ apiKeyId: new Secret('ak_x') }),
    ],
    [
      'a secret as text',
      'POST /apiKeys/verify',
      '{"apiKeyId":"ak_x"}',
      (client) => client.verifyApiKey({ apiKeyId: 'ak_x' }),
    ],
  ])('%s: %s %s', async (_, line, body, call) => {
    const sent = await sentBy(call(clientWith()));
    expect([sent.line, sent.body, sent.headers['content-type']]).toEqual([
      line,
      body,
      body === '' ? undefined : 'application/json',
    ]);
  });

  it.each(['', '/', '/prod', '/prod/'])('goes where the service is: %j', async (stage) => {
    const { line } = await sentBy(createClient({ url: service().url + stage }).listApps());
    expect(line).toBe(`GET ${stage.replace(/\/$/, '')}/apps`);
  });

  it.each(['', '.', '..'])('is nothing, where %j would stand in the path', async (value) => {
    const refusalOf = (name: string) => new TypeError(`"${name}" must not be empty, "." or "..".`);
    await expect(clientWith().deleteApp({ app: value })).rejects.toThrow(refusalOf('app'));
    await expect(clientWith().deleteApiKey({ app, apiKey: value })).rejects.toThrow(refusalOf('apiKey'));
    await expect(clientWith().deleteGrant({ app, principal: value })).rejects.toThrow(refusalOf('principal'));
    expect(service().seen).toEqual([]);
  });
});

describe('the URL', () => {
  it.each([
    'https://x.test/prod',
    'http://localhost:3000',
    'http://127.0.0.1:1',
    'http://127.1.2.3',
    'http://[::1]:3000/x',
  ])('may be %s', (url) => {
    expect(() => createClient({ url })).not.toThrow();
  });

  it.each(['http://x.test', 'http://localhost.x.test', 'http://127.0.0.1.x.test', 'http://[::2]', 'http://10.0.0.1'])(
    'must not be %s, unless it may be insecure',
    (url) => {
      const message =
        'The URL must be https, or name this machine. To send tokens over plain http, set insecure: true.';
      expect(() => createClient({ url })).toThrow(new TypeError(message));
      expect(() => createClient({ url, insecure: false })).toThrow(new TypeError(message));
      expect(() => createClient({ url, insecure: true })).not.toThrow();
    },
  );

  it.each([
    'ftp://x.test',
    'xhttp://x.test',
    'http://me@x.test',
    'http://:pw@x.test',
    'http://x.test?y',
    'http://x.test#y',
  ])('must not be %s', (url) => {
    const message = 'The URL must be http or https, without credentials, query, or fragment.';
    expect(() => createClient({ url })).toThrow(new TypeError(message));
  });

  it('is none without a protocol', () => {
    expect(() => createClient({ url: 'x.test' })).toThrow(TypeError);
  });
});

describe('the token', () => {
  it.each<[string, ClientOptions['token']]>([
    ['as text', 'a.b.c'],
    ['from a function', () => 'a.b.c'],
    ['from a function that waits', async () => 'a.b.c'],
  ])('is sent, %s', async (_, token = '') => {
    expect((await sentBy(clientWith({ token }).listApps())).headers.authorization).toBe('Bearer a.b.c');
  });

  it('is not there where there is none', async () => {
    expect((await sentBy(clientWith().listApps())).headers).not.toHaveProperty('authorization');
  });

  it('is asked for before each attempt', async () => {
    const token = vi.fn().mockReturnValueOnce('first').mockReturnValueOnce('second');
    answerWith({ status: 503 }, { status: 200, body: { items: [] } });
    await clientWith({ token }).listApps();
    expect(service().seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
  });

  it.each(['', 'to ken', ' token', 'token\n', 'tokén'])('BAD_TOKEN for %j, which is not sent', async (token) => {
    const error = await errorOf(clientWith({ token }).listApps({}, { correlationId: 'mine' }));
    expect([error.code, error.correlationId, service().seen]).toEqual(['BAD_TOKEN', 'mine', []]);
  });

  it('is not sent on to where an answer leads', async () => {
    const elsewhere = { status: 302, headers: { Location: '/elsewhere' } };
    answerWith(elsewhere);
    const error = await errorOf(clientWith({ token: 'a.b.c', attempts: 1 }).listApps());
    expect([error.code, service().seen.length]).toEqual(['UNREACHABLE', 1]);
  });
});

describe('the ids of a call', () => {
  const idsOf = ({ headers }: Awaited<ReturnType<typeof sentBy>>) => [
    headers['x-correlation-id'],
    headers['idempotency-key'],
  ];

  it('are those that it is given', async () => {
    const options = { correlationId: 'mine', idempotencyKey: 'once' };
    expect(idsOf(await sentBy(clientWith().createApp({ name: 'x' }, options)))).toEqual(['mine', 'once']);
  });

  it('are random otherwise, 128 bits each', async () => {
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((bytes) => {
      (bytes as Uint8Array).fill(0xab).set([0, 7]);
      return bytes;
    });
    const id = `0007${'ab'.repeat(14)}`;
    expect(idsOf(await sentBy(clientWith().createApp({ name: 'x' })))).toEqual([id, id]);
  });

  it('are the same over all attempts', async () => {
    answerWith({ status: 503 }, { status: 502 }, { status: 200, body: { hrn: app } });
    await clientWith().createApp({ name: 'x' });
    expect(service().seen).toHaveLength(3);
    expect(new Set(service().seen.map((sent) => idsOf(sent).join())).size).toBe(1);
  });

  it('have no Idempotency-Key where nothing is created', async () => {
    expect(idsOf(await sentBy(clientWith().listApps({}, { correlationId: 'c', idempotencyKey: 'once' })))).toEqual([
      'c',
      undefined,
    ]);
  });
});

describe('an answer', () => {
  it('is given as it is', async () => {
    answerWith({ status: 200, body: { hrn: app, name: 'x' } });
    expect(await clientWith().getApp({ app })).toStrictEqual({ hrn: app, name: 'x' });
  });

  it('has its secret wrapped', async () => {
    answerWith({ status: 201, body: { apiKeyId: 'ak_x', name: 'x' } });
    const key = await clientWith().generateApiKey({ app, name: 'x' });
    expect(key.apiKeyId).toBeInstanceOf(Secret);
    expect([key.name, key.apiKeyId.reveal()]).toEqual(['x', 'ak_x']);
  });

  it('204 is undefined', async () => {
    answerWith({ status: 204 });
    expect(await clientWith().enableApiKey({ app, apiKey })).toBeUndefined();
  });

  it.each<[string, Record<string, string>, object]>([
    ['the time in the header', { 'Appkeys-Effective-By': '1800000000000' }, { effectiveBy: 1_800_000_000_000 }],
    ['nothing without the header', {}, {}],
    ['nothing where the header is no time', { 'Appkeys-Effective-By': 'soon' }, {}],
  ])('204 of a revocation is %s', async (_, headers, receipt) => {
    answerWith({ status: 204, headers });
    expect(await clientWith().deleteApp({ app })).toEqual(receipt);
  });

  it.each(['', 'null', '<h1>Log in</h1>'])('UNEXPECTED with 200 and %j', async (body) => {
    answerWith({ status: 200, body });
    const error = await errorOf(clientWith().getApp({ app }, { correlationId: 'mine' }));
    expect(error).toMatchObject({ code: 'UNEXPECTED', status: 200, correlationId: 'mine' });
  });
});

describe('a refusal', () => {
  it('is thrown with what its answer says', async () => {
    answerWith({ status: 409, body: refusal, headers: { 'Retry-After': '3' } });
    const error = await errorOf(clientWith().createApp({ name: 'x' }, { idempotencyKey: 'once' }));
    const others = { name: 'AppkeysError', status: 409, retryAfterSeconds: 3, idempotencyKey: 'once' };
    expect({ ...error }).toStrictEqual({ ...refusal, ...others });
  });

  it('UNEXPECTED when it is none of the service', async () => {
    answerWith({ status: 403, body: { message: 'Forbidden' } });
    expect(await errorOf(clientWith().listApps())).toMatchObject({ code: 'UNEXPECTED', status: 403 });
  });
});

describe('a call that is not answered', () => {
  it('UNREACHABLE after as many attempts as it may make', async () => {
    const client = createClient({ url: 'http://127.0.0.1:1/prod', attempts: 2 });
    const error = await errorOf(client.createApp({ name: 'x' }, { correlationId: 'mine', idempotencyKey: 'once' }));
    expect(error).toMatchObject({ code: 'UNREACHABLE', correlationId: 'mine', idempotencyKey: 'once' });
    expect(error.cause).toMatch(/^There was no response from http:\/\/127\.0\.0\.1:1: /);
  });

  it('UNREACHABLE when its time is up, though its token never comes', async () => {
    const client = clientWith({ timeoutMs: 20, token: () => new Promise(() => {}) });
    expect(await errorOf(client.listApps())).toMatchObject({ code: 'UNREACHABLE' });
  });

  it('ends with its signal, whose reason is thrown', async () => {
    const reason = new Error('changed my mind');
    await expect(clientWith().listApps({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const waiting = clientWith({ token: () => new Promise(() => {}) });
    await expect(waiting.listApps({}, { signal: AbortSignal.timeout(20) })).rejects.toThrow(DOMException);
  });

  it('ends with the error of the token function', async () => {
    const reason = new Error('The issuer is down.');
    await expect(clientWith({ token: () => Promise.reject(reason) }).listApps()).rejects.toBe(reason);
  });
});
