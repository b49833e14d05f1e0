import { oncePerList } from './lists.ts';

/** The headers by which a browser says from which page a request comes. */
export interface ReferringPage {
  readonly origin?: string | undefined;
  readonly referer?: string | undefined;
}

/** Host, port and path. */
const entryForm = /^([a-z0-9._-]+)(?::(\d{1,5}))?((?:\/[A-Za-z0-9._-]+)*)\/?$/;
/** What a browser sends as `Origin`: no path, no user, and one value. */
const originForm = /^https?:\/\/[^/?#@\\,]+$/i;
const maxLength = 255;
const usualPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** @returns the canonical form of a host with perhaps a port and a path; undefined if the text is no such thing */
export function canonicalReferrer(text: string): string | undefined {
  const [host = ''] = text.split('/');
  const [, name, port, path = ''] = entryForm.exec(host.toLowerCase() + text.slice(host.length)) ?? [];
  if (name === undefined || !isHost(name) || !isPath(path) || name.length + path.length > maxLength) return undefined;
  if (port === undefined) return name + path;
  return isPort(Number(port)) ? `${name}:${Number(port)}${path}` : undefined;
}

/**
 * Whether a request comes from a page that one of the entries names: the same host, the port if the entry has one, and
 * the path from its start if the entry has one. Only `Referer` has a path.
 */
export function isReferredBy({ origin, referer }: ReferringPage, entries: readonly string[]): boolean {
  const from = pageOf(origin === undefined || originForm.test(origin) ? (origin ?? referer) : '');
  const page = pageOf(referer);
  return pagesOf(entries).some((entry) => isWithin(entry.path === '' ? from : page, entry));
}

/**
 * Whether every request that the first entries allow is one that the others allow. Entries with a path are held against
 * another header than those without one.
 */
export function areReferrersOf(entries: readonly string[], others: readonly string[]): boolean {
  const isCovered = (page: Page) =>
    pagesOf(others).some((other) => hasPath(page) === hasPath(other) && isWithin(page, other));
  return pagesOf(entries).every(isCovered);
}

function hasPath({ path }: Page): boolean {
  return path !== '';
}

interface Page {
  readonly host: string;
  readonly port: string | undefined;
  readonly path: string;
}

function isWithin(page: Page | undefined, { host, port, path }: Page): boolean {
  if (page?.host !== host) return false;
  return (port === undefined || page.port === port) && `${page.path}/`.startsWith(`${path}/`);
}

const pagesOf = oncePerList((entry): Page | undefined => {
  const [, host, port, path = ''] = entryForm.exec(entry) ?? [];
  return host === undefined ? undefined : { host, port, path };
});

function pageOf(text: string | undefined): Page | undefined {
  const url = URL.parse(text ?? '');
  const usualPort = url && usualPorts[url.protocol];
  return url && usualPort ? { host: url.hostname, port: url.port || usualPort, path: url.pathname } : undefined;
}

/** A URL has some hosts in another form, such as 127.1, which no page would ever match. */
function isHost(name: string): boolean {
  return URL.parse(`http://${name}`)?.hostname === name;
}

/** The path of a URL has no such segments. */
function isPath(path: string): boolean {
  return !path.split('/').some((segment) => segment === '.' || segment === '..');
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}
