import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import middy from '@middy/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import express from 'express';
import fastify from 'fastify';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { listen } from '../../../infra/local/ports.ts';
import { errorReply } from '../../../lib/contract/schemas.ts';
import { formatApiKeyId } from '../../../lib/domain/api-key-id.ts';
import {
  createVerifier,
  type KeyVerifier,
  type ValidKey,
  type VerifierOptions,
} from '../../../lib/package/verifier/create-verifier.ts';
import { requireApiKey as guardExpress } from '../../../lib/package/verifier/express.ts';
import { requireApiKey as guardFastify } from '../../../lib/package/verifier/fastify.ts';
import { requireApiKey as guardFetch } from '../../../lib/package/verifier/fetch.ts';
import { requireApiKey as guardMiddy, type KeyContext } from '../../../lib/package/verifier/middy.ts';
import { http2Request, restRequest } from '../../support/authorizer-events.ts';
import { lambdaContext } from '../../support/events.ts';
import { hrnOf, startService, type TestService } from '../../support/service.ts';

let service: TestService;
let verifier: KeyVerifier;
let apiKeyId: string;
let apiKey: string;
let disabled: string;
const unknown = formatApiKeyId('ak', 'nobody', new Uint8Array(32));
const realms = ['myrealm'];
const log = vi.fn();

beforeAll(async () => {
  service = await startService();
  const app = await service.seed();
  ({ apiKeyId, apiKey } = (await service.generate(app)).body);
  disabled = (await service.generate(app, { name: 'x', enabled: false })).body.apiKeyId;
  verifier = createVerifier({ realms, tableName: service.tableName });
});

afterEach(() => log.mockReset());

/** A verifier that cannot ask its database. */
function brokenVerifier(): KeyVerifier {
  return createVerifier({ realms, tableName: 'no-such-table' });
}

describe('createVerifier', () => {
  it('verifies a key: whose it is, or why it is not valid', async () => {
    expect(await verifier.verify(apiKeyId)).toMatchObject({ valid: true, apiKey, name: 'a key', enabled: true });
    expect(await verifier.verify(disabled)).toEqual({ valid: false, reason: 'disabled' });
    expect(await verifier.verify(unknown)).toEqual({ valid: false, reason: 'unknown' });
    expect(await verifier.verify('x')).toEqual({ valid: false, reason: 'malformed' });
  });

  it('gives up a database whose answers stall in their bodies, also for calls that join in', async () => {
    const stalling = createServer((_, response) => void response.writeHead(200).write('{'));
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${await listen(stalling)}`);
    const stalled = createVerifier({ realms, tableName: service.tableName });
    const startedAt = Date.now();
    const calls = [0, 1_000, 2_500].map(async (waitMs) => {
      await sleep(waitMs);
      await expect(stalled.verify(apiKeyId)).rejects.toMatchObject({ code: '503000' });
    });
    await Promise.all(calls);
    expect(Date.now() - startedAt).toBeLessThan(7_000);
    vi.unstubAllEnvs();
    stalling.close().closeAllConnections();
  });

  it('notes the use, unless that is off', async () => {
    const app = await service.seed();
    const { body } = await service.generate(app);
    const shown = async () =>
      (await service.call('getApiKey', { path: { app: hrnOf(app), apiKey: encodeURIComponent(body.apiKey) } })).body;
    await createVerifier({ realms, tableName: service.tableName, lastUsedSeconds: 'off' }).verify(body.apiKeyId);
    expect(await shown()).not.toHaveProperty('lastUsedTime');
    await createVerifier({ realms, tableName: service.tableName }).verify(body.apiKeyId);
    await expect.poll(shown).toHaveProperty('lastUsedTime');
  });

  it('finds the key in a request of node:http', async () => {
    const seen: unknown[] = [];
    const server = createServer(async ({ headers, url }, response) => {
      const query = Object.fromEntries(new URL(url ?? '', 'http://x').searchParams);
      seen.push(await verifier.verifyRequest({ headers, query }));
      response.end();
    });
    const address = `http://127.0.0.1:${await listen(server)}`;
    await fetch(address, { headers: { 'X-API-Key': apiKeyId } });
    await fetch(`${address}?apiKey=${apiKeyId}`);
    await fetch(address, { headers: { Authorization: `Bearer ${disabled}` } });
    await fetch(address);
    server.close();
    expect(seen).toMatchObject([
      { valid: true },
      { valid: true },
      { valid: false, reason: 'disabled' },
      { valid: false, reason: 'missing' },
    ]);
  });

  it('takes options as the service takes its settings', async () => {
    const options: VerifierOptions = {
      realms,
      tableName: service.tableName,
      prefixes: ['sk', 'ak'],
      locations: ['x-api-key'],
    };
    const other = createVerifier(options);
    expect(await other.verify(apiKeyId)).toMatchObject({ valid: true });
    expect(await other.verifyRequest({ query: { apiKey: apiKeyId } })).toEqual({ valid: false, reason: 'misplaced' });
    const inTwo = createVerifier({ ...options, locations: ['x-api-key', 'query'] });
    expect(await inTwo.verifyRequest({ query: { apiKey: apiKeyId } })).toMatchObject({ valid: true });
    expect(await createVerifier({ ...options, prefixes: ['sk'] }).verify(apiKeyId)).toMatchObject({ valid: false });
    const several = createVerifier({ ...options, prefixes: ['sk', 'old', 'ak'] });
    expect(await several.verify(apiKeyId)).toMatchObject({ valid: true });
  });

  it.each([
    [{ tableName: undefined }, /^tableName is missing\. Pass createVerifier the name of the table [^\n]+$/],
    [{ tableName: '' }, /^tableName is missing\. [^\n]+$/],
    [{ tableName: 'appkeys-dev' }, /^region is missing\. Pass createVerifier the Region [^\n]+ AWS_REGION\.$/],
  ])('says in one line what is missing: %j', (options, message) => {
    vi.stubEnv('AWS_REGION', '');
    try {
      expect(() => createVerifier({ realms, ...options })).toThrow(
        expect.objectContaining({ message: expect.stringMatching(message) }),
      );
      expect(() => createVerifier({ realms, tableName: 'appkeys-dev', region: 'eu-central-1' })).not.toThrow();
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('throws when the database cannot be asked', async () => {
    await expect(brokenVerifier().verify(apiKeyId)).rejects.toMatchObject({ code: '503000' });
    expect(await brokenVerifier().verify('x')).toEqual({ valid: false, reason: 'malformed' });
  });
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown>;
}

/** Each middleware, around a handler that answers with the key it was given. */
const guards: Record<string, (headers: Record<string, string>, verifier: KeyVerifier) => Promise<Answer>> = {
  'Request and Response': async (headers, by) => {
    const request = new Request('https://api.example.com/invoices', { headers });
    const response = await guardFetch(by, { log })(request, (key) => Response.json(key));
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: (await response.json()) as Answer['body'],
    };
  },
  Express: async (headers, by) => {
    const app = express().disable('etag');
    app.get(
      '/',
      guardExpress(by, { log }),
      (_request, response) => void response.json(response.locals.apiKey as object),
    );
    const server = createServer(app);
    const answer = await answerOf(`http://127.0.0.1:${await listen(server)}`, headers);
    server.close();
    return answer;
  },
  Fastify: async (headers, by) => {
    const app = fastify();
    app.get('/', { onRequest: guardFastify(by, { log }) }, ({ apiKey }) => apiKey);
    const answer = await answerOf(await app.listen({ host: '127.0.0.1', port: 0 }), headers);
    await app.close();
    return answer;
  },
  'middy behind a REST API': (headers, by) => runMiddy(restRequest({ headers }), by),
  'middy behind an HTTP API': (headers, by) => runMiddy(http2Request({ headers }), by),
};

async function answerOf(url: string, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(url, { headers });
  const { date: _, ...others } = Object.fromEntries(response.headers);
  return { status: response.status, headers: others, body: (await response.json()) as Answer['body'] };
}

async function runMiddy(event: unknown, by: KeyVerifier): Promise<Answer> {
  const handler = middy()
    .use(guardMiddy(by, { log }))
    .handler(async (_event, context: KeyContext) => ({
      statusCode: 200,
      headers: {},
      body: JSON.stringify(context.apiKey),
    }));
  const { statusCode, headers, body } = (await handler(event as never, lambdaContext() as KeyContext)) as {
    statusCode: number;
    headers: Record<string, string>;
    body: string;
  };
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { status: statusCode, headers: Object.fromEntries(lower), body: JSON.parse(body) };
}

describe.each(Object.keys(guards))('middleware for %s', (kind) => {
  const send = (headers: Record<string, string>, by = verifier) => (guards[kind] ?? expect.fail())(headers, by);

  it('lets a good key through, and says whose it is', async () => {
    const { status, body } = await send({ 'X-Api-Key': apiKeyId });
    expect([status, body as unknown as ValidKey]).toMatchObject([200, { valid: true, apiKey }]);
    expect(log).not.toHaveBeenCalled();
  });

  it('security 8: answers every other with one and the same 401, and tells the reason to the log alone', async () => {
    const presented = {
      missing: {},
      malformed: { 'x-api-key': 'x' },
      unknown: { 'x-api-key': unknown },
      disabled: { 'x-api-key': disabled },
    };
    const answers = await Promise.all(
      Object.values(presented).map((headers) => send({ ...headers, 'X-Correlation-ID': 'from-caller' })),
    );
    const plain = answers.map(({ status, headers, body }) => ({ status, headers, body: { ...body, errorId: '' } }));
    for (const answer of plain) expect(answer).toEqual(plain[0]);
    expect(plain[0]).toMatchObject({
      status: 401,
      headers: {
        'www-authenticate': 'ApiKey',
        'content-type': expect.stringMatching(/^application\/json/),
        'cache-control': 'no-store',
        'x-correlation-id': 'from-caller',
      },
      body: { code: '401300', cause: 'The request does not contain an API key that this service accepts.' },
    });
    const validate = new Ajv2020({ formats: { int32: true } }).compile(errorReply);
    for (const { body } of answers) expect(validate(body)).toBe(true);
    const records = log.mock.calls.map(([record]) => record);
    expect(records.map(({ result }) => result).sort()).toEqual(Object.keys(presented).sort());
    expect(records.map(({ errorId }) => errorId).sort()).toEqual(answers.map(({ body }) => body.errorId).sort());
    expect(JSON.stringify(records)).not.toContain(unknown);
  });

  it('503 when the database is unavailable: no key is accepted', async () => {
    const { status, headers, body } = await send({ 'x-api-key': apiKeyId }, brokenVerifier());
    expect([status, headers['retry-after'], body.code]).toEqual([503, '1', '503000']);
    expect(JSON.stringify(body)).not.toMatch(/table|Resource/);
    expect(log.mock.calls).toMatchObject([
      [
        {
          event: 'verification',
          level: 'ERROR',
          result: 'unavailable',
          why: expect.stringMatching(/ResourceNotFound/),
        },
      ],
    ]);
  });
});

it('a refusal is one line of JSON on stdout unless it is sent elsewhere', async () => {
  const before = service.log.records().length;
  await guardFetch(verifier)(new Request('https://api.example.com'), () => new Response());
  expect(service.log.records().slice(before)).toMatchObject([{ event: 'verification', result: 'missing' }]);
});
