import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { beforeAll, expect, it } from 'vitest';
import { listen, loopback } from '../../infra/local/ports.ts';
import { FunctionCrash, generateApiKey, verifyApiKey } from '../../lib/direct/client.ts';

let lambda: LambdaClient;
/** What Lambda was asked for last, and what it answers. */
let asked: { path: string | undefined; payload: unknown };
let answer: { body: string; headers?: Record<string, string> };

beforeAll(async () => {
  const server = createServer(async (request, response) => {
    asked = { path: request.url, payload: JSON.parse(await text(request)) };
    response.writeHead(200, answer.headers).end(answer.body);
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
  ['returns nothing', { body: '' }, 'check: no answer'],
])('a function that %s is a FunctionCrash', async (_, given, message) => {
  answer = given;
  const crash = await verifyApiKey(lambda, 'check', { apiKeyId: 'ak' }).catch((error: unknown) => error);
  expect(crash).toBeInstanceOf(FunctionCrash);
  expect(crash).toMatchObject({ name: 'FunctionCrash', message });
});
