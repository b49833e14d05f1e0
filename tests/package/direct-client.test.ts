import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { listen, loopback } from '../../infra/local/ports.ts';
import { FunctionCrash, generateApiKey, verifyApiKey } from '../../lib/package/direct-client.ts';

let lambda: LambdaClient;
let server: Server;
/** What Lambda was asked for last, and what it answers. */
let asked: { path: string | undefined; payload: unknown };
let answer: { body: string; headers?: Record<string, string> };

beforeAll(async () => {
  server = createServer(async (request, response) => {
    asked = { path: request.url, payload: JSON.parse(await text(request)) };
    response.writeHead(200, answer.headers);
    if (answer.headers?.['content-length']) response.write(answer.body);
    else response.end(answer.body);
  });
  const endpoint = `http://${loopback}:${await listen(server)}`;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  lambda = new LambdaClient({ endpoint, credentials, region: 'us-east-1', maxAttempts: 1 });
  return () => void server.close().closeAllConnections();
});

it('each call invokes the function that it is told, with its payload, and gives back what that returns', async () => {
  const calls = [
    [() => generateApiKey(lambda, 'make', { app: 'a', name: 'größer' }), 'make', { app: 'a', name: 'größer' }],
    [() => verifyApiKey(lambda, 'check', { apiKeyId: 'ak' }), 'check', { apiKeyId: 'ak' }],
  ] as const;
  for (const [call, name, payload] of calls) {
    answer = { body: '{"ok":false,"error":{"cause":"größer"}}' };
    expect(await call()).toEqual({ ok: false, error: { cause: 'größer' } });
    expect(asked).toEqual({ path: `/2015-03-31/functions/${name}/invocations`, payload });
  }
});

it.each([
  ['crashes', { body: '{"errorMessage":"x"}', headers: { 'x-amz-function-error': 'Unhandled' } }, 'check: Unhandled'],
  ['returns nothing', { body: '' }, 'check: no response'],
])('a function that %s is a FunctionCrash', async (_, given, message) => {
  answer = given;
  const crash = await verifyApiKey(lambda, 'check', { apiKeyId: 'ak' }).catch((error: unknown) => error);
  expect(crash).toBeInstanceOf(FunctionCrash);
  expect(crash).toMatchObject({ name: 'FunctionCrash', message });
});

it('a function whose answer stalls in its body is a FunctionCrash after 20 seconds', async () => {
  answer = { body: '{', headers: { 'content-length': '9' } };
  const isAsked = new Promise<void>((resolve) => server.once('request', () => setImmediate(resolve)));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const crash = verifyApiKey(lambda, 'check', { apiKeyId: 'ak' }).catch((error: unknown) => error);
  await isAsked;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await crash).toMatchObject({ name: 'FunctionCrash', message: 'check: no response within 20000 ms' });
});
