import type { AnyOperation, Exchange } from './exchange.ts';

/** Only the local service has such a host, and only with plain http. */
const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * The URL of the deployment as the caller reached it, with its stage or the base path of its domain. It comes from API
 * Gateway's own routing, never from a forwarded header, which any client can set.
 * @returns `undefined` if the event does not have it
 */
export function baseUrlOf({ headers, event, operation }: Pick<Exchange, 'headers' | 'event' | 'operation'>) {
  const origin = originOf(headers.get('host')?.[0], event.requestContext?.domainName);
  const basePath = basePathOf(event.requestContext?.path, operation);
  return origin !== undefined && basePath !== undefined ? origin + basePath : undefined;
}

function originOf(host = '', domainName = ''): string | undefined {
  if (loopbackHost.test(host)) return `http://${host}`;
  return /^[A-Za-z0-9.-]+$/.test(domainName) ? `https://${domainName}` : undefined;
}

/** What is before the operation's own path: `/prod`, or nothing. */
function basePathOf(requested = '', { path = '' }: AnyOperation): string | undefined {
  const plain = requested.replace(/\/$/, '');
  return plain.endsWith(path) ? plain.slice(0, -path.length) : undefined;
}
