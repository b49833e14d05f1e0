import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ApiError, formatError } from '../../lib/domain/errors.ts';

const hosts = ['127.0.0.1', 'localhost', '[::1]'];

const foreignHost = new ApiError('403403', {
  cause: 'The Host header names a host that is not this machine.',
  action: `Use one of these hosts in the URL: ${hosts.join(', ')}.`,
});

/**
 * Makes a server respond only to requests for a host name of the loopback address. A web page can point its own host
 * name to that address (DNS rebinding). The browser then treats the local service as part of the origin of that page.
 * The port does not matter, because a forwarded port has another number.
 */
export function forOwnHosts(server: Server): Server {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  return server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!isOwnHost(request.headers.host)) return refuse(response);
    for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
  });
}

function isOwnHost(host = ''): boolean {
  return hosts.includes(host.replace(/:\d*$/, '').toLowerCase());
}

function refuse(response: ServerResponse): void {
  const correlationId = randomUUID();
  const body = formatError(foreignHost, { correlationId, errorId: `ERROR-${correlationId}` });
  response.writeHead(body.status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
