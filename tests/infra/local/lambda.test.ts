import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createLambda } from '../../../infra/local/lambda.ts';
import { listen, loopback } from '../../../infra/local/ports.ts';

let server: Server;
let endpoint: string;
let client: LambdaClient;

beforeAll(async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  server = createLambda();
  endpoint = `http://${loopback}:${await listen(server)}`;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new LambdaClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
});
afterAll(() => {
  client.destroy();
  server.close();
});

const send = (input: Partial<InvokeCommand['input']>) =>
  client.send(new InvokeCommand({ FunctionName: 'appkeys-local-read', Payload: '{}', ...input }));

it.each(['appkeys-local-read', 'arn:aws:lambda:us-east-1:000000000000:function:appkeys-local-read'])(
  'invokes %s',
  async (FunctionName) => {
    const { StatusCode, FunctionError, Payload } = await send({ FunctionName });
    expect([StatusCode, FunctionError]).toEqual([200, undefined]);
    expect(JSON.parse(Payload?.transformToString() ?? '')).toMatchObject({ statusCode: 404 });
  },
);

it('tells of a crash as Lambda does', async () => {
  const { FunctionError, Payload } = await send({ FunctionName: 'appkeys-local-authorizeApiKey' });
  expect(FunctionError).toBe('Unhandled');
  expect(JSON.parse(Payload?.transformToString() ?? '')).toMatchObject({
    errorType: 'Error',
    errorMessage: expect.any(String),
  });
});

it.each([
  ['Event', 202],
  ['DryRun', 204],
] as const)('answers an invocation of type %s with %i', async (InvocationType, status) => {
  expect(await send({ InvocationType })).toMatchObject({ StatusCode: status });
});

it.each([
  ['ResourceNotFoundException', { FunctionName: 'appkeys-local-nothing' }],
  ['ResourceNotFoundException', { FunctionName: 'appkeys-local-constructor' }],
  ['InvalidRequestContentException', { Payload: '{' }],
  ['RequestTooLargeException', { Payload: JSON.stringify('x'.repeat(6 * 1024 * 1024)) }],
])('%s for %o', async (name, input) => {
  await expect(send(input)).rejects.toMatchObject({ name });
});

it('outlives a client that leaves before the end of its payload', async () => {
  const socket = connect(Number(new URL(endpoint).port), loopback);
  const head = 'POST /2015-03-31/functions/appkeys-local-read/invocations HTTP/1.1\r\nHost: localhost\r\n';
  socket.write(`${head}Content-Length: 100\r\n\r\n{`, () => socket.destroy());
  await once(socket, 'close');
  expect(await send({})).toMatchObject({ StatusCode: 200 });
});

it('refuses what a web page posts', async () => {
  const url = `${endpoint}/2015-03-31/functions/appkeys-local-read/invocations`;
  const posted = await fetch(url, { method: 'POST', body: '{}', headers: { Origin: 'https://evil.example' } });
  expect(posted.status).toBe(403);
  expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(200);
});
