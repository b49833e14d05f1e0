import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach } from 'vitest';

export interface CannedAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  /** JSON unless it is text */
  readonly body?: unknown;
}

export interface SeenRequest {
  /** method and path: `GET /apps?limit=1` */
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Stands in the service's place: it gives one answer after the other, and keeps what it was asked. */
export interface CannedService {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** what the next requests are answered with; then 418 */
  answers: CannedAnswer[];
}

/** One for the tests of a file; before each of them it forgets. */
export function useCannedService(): () => CannedService {
  let service: CannedService;
  const server = createServer(async (request, reply) => {
    const { method, url, headers } = request;
    service.seen.push({ line: `${method} ${url}`, headers, body: await text(request) });
    const { status, headers: own, body = '' } = service.answers.shift() ?? { status: 418 };
    reply.writeHead(status, own).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    service = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen: [], answers: [] };
  });
  beforeEach(() => {
    service.seen.length = 0;
    service.answers = [];
  });
  afterAll(() => void server.close().closeAllConnections());
  return () => service;
}
