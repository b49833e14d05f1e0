import { createServer } from 'node:http';
import { beforeAll, expect, it, vi } from 'vitest';
import { listen, loopback } from '../infra/local/ports.ts';
import { openMac } from '../lib/kms.ts';

let answer: { status: number; body: object };

beforeAll(async () => {
  const server = createServer((_request, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer.body));
  });
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', `http://${loopback}:${await listen(server)}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  return () => void server.close().closeAllConnections();
});

const macOf = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64');
const ask = () => openMac('alias/test')(new Uint8Array(1), 5_000);

it('the MAC is the one that KMS gives', async () => {
  answer = { status: 200, body: { Mac: macOf(32) } };
  expect(Buffer.from(await ask())).toEqual(Buffer.alloc(32, 7));
});

it.each([
  ['none', {}],
  ['one of another length', { Mac: macOf(31) }],
])('503000 when it gives %s', async (_, body) => {
  answer = { status: 200, body };
  await expect(ask()).rejects.toMatchObject({ code: '503000', cause: 'KMS gave no MAC' });
});

it('503000 with the reason when it refuses', async () => {
  answer = { status: 400, body: { __type: 'DisabledException' } };
  await expect(ask()).rejects.toMatchObject({ code: '503000', cause: { name: 'DisabledException' } });
});
