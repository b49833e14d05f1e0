/** The headers by which a browser says from which page a request comes. */
export interface ReferringPage {
  readonly origin?: string | undefined;
  readonly referer?: string | undefined;
}

/** Host, port and path. */
const entryForm = /^([a-z0-9._-]+)(?::(\d{1,5}))?((?:\/[A-Za-z0-9._-]+)*)\/?$/;
const usualPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** @returns the canonical form of a host with perhaps a port and a path; undefined if the text is no such thing */
export function canonicalReferrer(text: string): string | undefined {
  const [host = ''] = text.split('/');
  const [, name, port, path = ''] = entryForm.exec(host.toLowerCase() + text.slice(host.length)) ?? [];
  if (name === undefined || !isPath(path)) return undefined;
  if (port === undefined) return name + path;
  return isPort(Number(port)) ? `${name}:${Number(port)}${path}` : undefined;
}

/**
 * Whether a request comes from a page that one of the entries names: the same host, the port if the entry has one, and
 * the path from its start if the entry has one. Only `Referer` has a path.
 */
export function isReferredBy({ origin, referer }: ReferringPage, entries: readonly string[]): boolean {
  return entries.some((entry) => {
    const [, host, port, path = ''] = entryForm.exec(entry) ?? [];
    const page = pageOf(path === '' ? (origin ?? referer) : referer);
    if (page?.host !== host) return false;
    return (port === undefined || page?.port === port) && `${page?.path}/`.startsWith(`${path}/`);
  });
}

function pageOf(text: string | undefined) {
  const url = URL.parse(text ?? '');
  const usualPort = url && usualPorts[url.protocol];
  return url && usualPort ? { host: url.hostname, port: url.port || usualPort, path: url.pathname } : undefined;
}

/** The path of a URL has no such segments. */
function isPath(path: string): boolean {
  return !path.split('/').some((segment) => segment === '.' || segment === '..');
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}
