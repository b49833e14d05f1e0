import { createHash } from 'node:crypto';
import { invalidField } from '../../domain/errors.ts';

/** Which page of a list is asked for. */
export interface PageRequest {
  readonly limit: number;
  /** sort key of the last item of the page before */
  readonly after: string | undefined;
}

const maxLimit = 100;
type Query = Readonly<Record<string, string[] | undefined>> | null | undefined;

/**
 * @param list what is listed, and to whom: a token for one list is none for another
 * @throws ApiError 400200 when `limit` is not 1 to 100, or `pageToken` is not as this service gave it
 */
export function parsePage(query: Query, list: readonly string[]): PageRequest {
  const limit = only(query, 'limit') ?? String(maxLimit);
  if (!/^([1-9]\d?|100)$/.test(limit)) throw invalidField('$.limit', `must be an integer from 1 to ${maxLimit}`);
  const token = only(query, 'pageToken');
  return { limit: Number(limit), after: token === undefined ? undefined : parseToken(token, list) };
}

/** @returns an opaque token for the page after the item with that sort key, which the caller has just been shown */
export function formatPageToken(after: string, list: readonly string[]): string {
  return `${Buffer.from(after).toString('base64url')}.${checksum(after, list)}`;
}

function parseToken(token: string, list: readonly string[]): string {
  const after = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString();
  const isSortKey = /^(?:own#)?\d{16}#[A-Za-z0-9_-]{1,64}$/.test(after);
  if (!isSortKey || token !== formatPageToken(after, list))
    throw invalidField('$.pageToken', 'is not one that this list gave');
  return after;
}

/** Finds out a changed token. Who makes one anew comes to a place in a list of what may be seen anyway. */
function checksum(after: string, list: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([after, ...list]))
    .digest('base64url')
    .slice(0, 16);
}

function only(query: Query, name: string): string | undefined {
  const [value, ...more] = [query?.[name]].flat().filter((text) => typeof text === 'string');
  if (more.length > 0) throw invalidField(`$.${name}`, 'must be given once');
  return value;
}
