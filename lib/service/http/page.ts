import { createHash } from 'node:crypto';
import { invalidField } from '../../domain/errors.ts';
import { onlyValue, type Query } from './query.ts';

/** The requested page of a list. */
export interface PageRequest {
  readonly limit: number;
  /** undefined: the first page. */
  readonly from: PageStart | undefined;
}

/** Where a later page begins. */
export interface PageStart {
  /** Sort key of the previous page's last item. */
  readonly after: string;
  /** The total of the earlier pages. */
  readonly total: number;
}

const maxLimit = 100;

/**
 * @param list what is listed, and for whom: a token of one list is invalid for another
 * @throws ApiError 400200 if `limit` is not 0 to 100, or this service did not issue the `pageToken`
 */
export function parsePage(query: Query, list: readonly string[]): PageRequest {
  const limit = onlyValue(query, 'limit') ?? String(maxLimit);
  if (!/^(\d|[1-9]\d|100)$/.test(limit)) throw invalidField('$.limit', `must be an integer from 0 to ${maxLimit}`);
  const token = onlyValue(query, 'pageToken');
  return { limit: Number(limit), from: token === undefined ? undefined : parseToken(token, list) };
}

/** @returns an opaque token for the page after the item with that sort key, which the caller has just seen */
export function formatPageToken({ after, total }: PageStart, list: readonly string[]): string {
  const start = `${total}#${after}`;
  return `${Buffer.from(start).toString('base64url')}.${checksum(start, list)}`;
}

/**
 * @returns the requested part of a list in the order of its sort keys, and the token for the next page, if there is one
 */
export function pageOf<Entry extends { readonly sortKey: string }>(
  all: readonly Entry[],
  { limit, from }: PageRequest,
  list: readonly string[],
): { page: Entry[]; pageToken: { pageToken: string } | undefined } {
  const rest = all.filter(({ sortKey }) => sortKey > (from?.after ?? ''));
  const page = rest.slice(0, limit);
  const last = rest.length > limit ? page.at(-1) : undefined;
  const start = last && { after: last.sortKey, total: all.length };
  return { page, pageToken: start && { pageToken: formatPageToken(start, list) } };
}

function parseToken(token: string, list: readonly string[]): PageStart {
  const start = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString();
  const [, total = '', after = ''] = /^(\d{1,4})#((?:own#)?\d{16}#[A-Za-z0-9_-]{1,64})$/.exec(start) ?? [];
  const from = { after, total: Number(total) };
  if (after === '' || token !== formatPageToken(from, list))
    throw invalidField('$.pageToken', 'is not a page token of this list');
  return from;
}

/**
 * Detects a changed token. A caller who forges one only gets to another position in a list that the caller can see
 * anyway.
 */
function checksum(start: string, list: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([start, ...list]))
    .digest('base64url')
    .slice(0, 16);
}
