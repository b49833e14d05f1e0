import { oncePerList } from './lists.ts';

/** The headers in which a browser names the page of a request. */
export interface ReferringPage {
  readonly origin?: string | undefined;
  readonly referer?: string | undefined;
}

/** Host, port and path. */
const entryForm = /^([a-z0-9._-]+)(?::(\d{1,5}))?((?:\/[A-Za-z0-9._-]+)*)\/?$/;
/** What a browser sends as `Origin`: no path, no user, and only one value. */
const originForm = /^https?:\/\/[^/?#@\\,]+$/i;
const maxLength = 255;
const usualPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** @returns the canonical form of a host with an optional port and path; undefined if the text is something else */
export function canonicalReferrer(text: string): string | undefined {
  const [host = ''] = text.split('/');
  const [, name, port, path = ''] = entryForm.exec(host.toLowerCase() + text.slice(host.length)) ?? [];
  if (name === undefined || !isHost(name) || !isPath(path) || name.length + path.length > maxLength) return undefined;
  if (port === undefined) return name + path;
  return isPort(Number(port)) ? `${name}:${Number(port)}${path}` : undefined;
}

/**
 * Whether a request comes from a page of one of the entries. The host must be the same. The port and the start of the
 * path must be the same, if the entry has them. Only `Referer` has a path.
 */
export function isReferredBy({ origin, referer }: ReferringPage, entries: readonly string[]): boolean {
  const from = pageOf(origin === undefined || originForm.test(origin) ? (origin ?? referer) : '');
  const page = pageOf(referer);
  return pagesOf(entries).some((entry) => isWithin(entry.path === '' ? from : page, entry));
}

/**
 * Whether the others allow every request that the first entries allow. Entries with a path are compared with another
 * header than entries without one.
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

/** A URL has another form for some hosts, such as 127.1, so no page would ever match. */
function isHost(name: string): boolean {
  return URL.parse(`http://${name}`)?.hostname === name;
}

/** The path of a URL never has such segments. */
function isPath(path: string): boolean {
  return !path.split('/').some((segment) => segment === '.' || segment === '..');
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}
