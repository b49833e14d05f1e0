import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { forOwnHosts } from './own-hosts.ts';
import { listen, loopback } from './ports.ts';

/** A stand-in for KMS with one key and one operation. */
export type LocalKms = {
  endpoint: string;
  /** how many requests it has received */
  requests: () => number;
  /** whether requests succeed; with `hangs`, they get no response */
  setUp: (isUp: boolean | 'hangs') => void;
  stop: () => void;
};

/** Serves KMS's operation GenerateMac with `key` on a free port of the loopback address. */
export async function startLocalKms(key: Uint8Array): Promise<LocalKms> {
  let requests = 0;
  let isUp: boolean | 'hangs' = true;
  const server = createServer(async (request, response) => {
    requests += 1;
    if (isUp === 'hangs') return;
    const { status, body } = isUp
      ? await answer(request, key)
      : { status: 500, body: { __type: 'KMSInternalException' } };
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  const port = await listen(forOwnHosts(server));
  server.unref();
  return {
    endpoint: `http://${loopback}:${port}`,
    requests: () => requests,
    setUp: (up) => {
      isUp = up;
    },
    stop: () => void server.close().closeAllConnections(),
  };
}

async function answer(request: IncomingMessage, key: Uint8Array): Promise<{ status: number; body: object }> {
  if (request.headers['x-amz-target'] !== 'TrentService.GenerateMac') {
    return { status: 400, body: { __type: 'UnknownOperationException' } };
  }
  const { KeyId, MacAlgorithm, Message } = JSON.parse(await text(request));
  const mac = createHmac('sha256', key).update(Message, 'base64').digest('base64');
  return { status: 200, body: { KeyId, MacAlgorithm, Mac: mac } };
}
