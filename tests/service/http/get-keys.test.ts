import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { listen } from '../../../infra/local/ports.ts';
import { version } from '../../../lib/base/version.ts';
import { getKeys } from '../../../lib/service/http/get-keys.ts';

const signal = new AbortController().signal;

async function urlOf(server: Server, scheme = 'http'): Promise<string> {
  onTestFinished(() => void server.close());
  return `${scheme}://127.0.0.1:${await listen(server as never)}/keys`;
}

it.each([200, 302, 500])('an answer with status %i is handed over as it is', async (status) => {
  const asked: IncomingMessage[] = [];
  const server = createHttpServer((request, response) => {
    asked.push(request);
    response.writeHead(status, { location: '/elsewhere' }).end('text');
  });
  const answer = await getKeys(await urlOf(server), signal);
  expect([answer.status, String(await buffer(answer.body ?? expect.fail()))]).toEqual([status, 'text']);
  expect(asked).toHaveLength(1);
  const accept = 'application/json, application/jwk-set+json';
  const headers = { accept, 'accept-encoding': 'identity', connection: 'close', 'user-agent': `appkeys/${version}` };
  expect(asked[0]).toMatchObject({ url: '/keys', headers });
});

it('https is spoken to an https URL', async () => {
  const server = createServer();
  const connected = once(server, 'connection');
  const answer = getKeys(await urlOf(server, 'https'), signal);
  const [socket] = (await connected) as [Socket];
  const [hello] = await once(socket, 'data');
  expect(hello[0]).toBe(0x16);
  socket.destroy();
  await expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
});

it('it fails when nobody listens', async () => {
  const server = createServer();
  const url = await urlOf(server);
  server.close();
  await expect(getKeys(url, signal)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('it fails as soon as it is told to', async () => {
  const controller = new AbortController();
  const server = createHttpServer(() => controller.abort());
  const answer = getKeys(await urlOf(server), controller.signal);
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
});
