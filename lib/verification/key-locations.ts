import { headersOf, type NamedValues } from '../base/headers.ts';
import { looksLikeApiKeyId } from '../domain/api-key-id.ts';
import type { RequestOrigin } from '../domain/restrictions.ts';

/** Where a request may hold an API key: `?apiKey=`, the header `x-api-key`, or `Authorization: Bearer` or `ApiKey`. */
export const keyLocations = ['query', 'x-api-key', 'authorization'] as const;
export type KeyLocation = (typeof keyLocations)[number];

/** What of a request may hold a key, or decides where that may be used: names of headers in any case, one value or several. */
export interface RequestParts {
  readonly headers?: NamedValues;
  readonly query?: Readonly<Record<string, unknown>> | null | undefined;
  /** IP address of the client, never from a header */
  readonly source?: string | undefined;
}

/**
 * The key that a request presents, and the whole values in which it stands; or why there is none to look at. `ambiguous`:
 * the allowed locations hold different things. `misplaced`: a key stands where none is allowed.
 */
export type Presented =
  | { readonly apiKeyId: string; readonly values: readonly string[] }
  | { readonly why: 'missing' | 'ambiguous' | 'misplaced' };

/**
 * Finds the key in the first of `allowed` where there is one; what the others hold must be the same. For a gateway
 * remembers an answer by one location: were a key in another looked at, whatever stands in that location would be let in next.
 */
export function presentedKey({ headers, query }: RequestParts, allowed: readonly KeyLocation[]): Presented {
  const named = headersOf({ headers });
  const heldIn = (location: KeyLocation) => {
    const values = location === 'query' ? textsOf(query?.apiKey) : (named.get(location) ?? []);
    return values.map((value) => ({ value, apiKeyId: keyIn(value, location) }));
  };
  const [first, ...more] = allowed.flatMap(heldIn);
  if (more.some(({ apiKeyId }) => apiKeyId !== first?.apiKeyId)) return { why: 'ambiguous' };
  const elsewhere = keyLocations.filter((location) => !allowed.includes(location)).flatMap(heldIn);
  if (elsewhere.some(({ value, apiKeyId }) => [value.trim(), apiKeyId].some(looksLikeApiKeyId))) {
    return { why: 'misplaced' };
  }
  if (!first) return { why: 'missing' };
  return { apiKeyId: first.apiKeyId, values: [first, ...more].map(({ value }) => value) };
}

/**
 * Where a request comes from. A header that is there twice is there, and no address of a page. The headers are read when
 * they are asked for, because few keys need them.
 */
export class HeaderOrigin implements RequestOrigin {
  readonly source: string | undefined;
  readonly #headers: NamedValues;

  constructor({ headers, source }: RequestParts) {
    this.source = source;
    this.#headers = headers;
  }

  get origin(): string | undefined {
    return this.#header('origin');
  }

  get referer(): string | undefined {
    return this.#header('referer');
  }

  #header(name: string): string | undefined {
    const values = headersOf({ headers: this.#headers }).get(name) ?? [];
    return values.length > 1 ? '' : values[0];
  }
}

function textsOf(values: unknown): string[] {
  return [values].flat().filter((value) => typeof value === 'string');
}

/** @returns an empty text for an Authorization of another scheme, or of none */
function keyIn(value: string, location: KeyLocation): string {
  if (location !== 'authorization') return value.trim();
  const [, credentials = ''] = /^\s*(?:Bearer|ApiKey)\s+(.*)$/is.exec(value) ?? [];
  return credentials.trim();
}
