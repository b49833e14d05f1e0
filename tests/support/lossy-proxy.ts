import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What becomes of a request: `loseAnswer` lets it reach the service, and cuts the connection before the answer; `breakOff`
 * after half of the answer's body. An answer is given in the service's place.
 */
export type Loss = 'none' | 'loseAnswer' | 'loseRequest' | 'breakOff' | 'hang' | CannedAnswer;

interface CannedAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** A proxy in front of a service that keeps what it saw, and loses what it is told to lose. */
export interface LossyProxy {
  readonly url: string;
  readonly seen: Array<{ readonly method: string; readonly headers: IncomingHttpHeaders; readonly at: number }>;
  /** what happens to each of the next requests; then `none` */
  losses: Loss[];
  stop(): void;
}

export async function startLossyProxy(url: string): Promise<LossyProxy> {
  const server = createServer((incoming, reply) => {
    proxy.seen.push({ method: incoming.method ?? '', headers: incoming.headers, at: performance.now() });
    const loss = proxy.losses.shift() ?? 'none';
    if (loss === 'loseRequest') incoming.socket.destroy();
    else if (typeof loss === 'object') reply.writeHead(loss.status, loss.headers).end(loss.body);
    else if (loss !== 'hang') forward(url, loss, incoming, reply);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: LossyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    losses: [],
    stop: () => void server.close().closeAllConnections(),
  };
  return proxy;
}

function forward(url: string, loss: Loss, incoming: IncomingMessage, reply: ServerResponse): void {
  const { method = 'GET', headers } = incoming;
  const outgoing = request(url + incoming.url, { method, headers }, (answer) => {
    if (loss === 'loseAnswer') return void incoming.socket.destroy();
    reply.writeHead(answer.statusCode ?? 502, answer.headers);
    if (loss === 'none') return void answer.pipe(reply);
    answer.once('data', (chunk) => reply.write(chunk.subarray(0, chunk.length / 2), () => incoming.socket.destroy()));
  });
  incoming.pipe(outgoing).on('error', () => incoming.socket.destroy());
}
