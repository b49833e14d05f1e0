import { headersOf, type NamedValues } from '../base/headers.ts';
import { looksLikeApiKeyId } from '../domain/api-key-id.ts';
import type { RequestOrigin } from '../domain/restrictions.ts';

/** Where a request can have an API key: `?apiKey=`, the header `x-api-key`, or `Authorization: Bearer` or `ApiKey`. */
export const keyLocations = ['query', 'x-api-key', 'authorization'] as const;
export type KeyLocation = (typeof keyLocations)[number];

/**
 * The parts of a request that can contain a key or decide about it. Header names are in any letter case, with one value
 * or several.
 */
export interface RequestParts {
  readonly headers?: NamedValues;
  readonly query?: Readonly<Record<string, unknown>> | null | undefined;
  /** IP address of the client, never from a header */
  readonly source?: string | undefined;
}

/**
 * The key of a request and the whole values that contain it, or why the request has none.
 * - `ambiguous`: the allowed locations have different values.
 * - `misplaced`: a location that is not allowed has a key.
 */
export type Presented =
  | { readonly apiKeyId: string; readonly values: readonly string[] }
  | { readonly why: 'missing' | 'ambiguous' | 'misplaced' };

/**
 * Finds the key in the allowed locations, which must all have the same one. A gateway caches a response under one
 * location. If a key from another location were accepted, the gateway would then allow any request with the same value
 * in its own location.
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
 * The origin of a request. A header that is present twice counts as present, but names no page. Headers are read only
 * when needed, because few keys need them.
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

/** @returns an empty text for an Authorization header of another scheme, or without one */
function keyIn(value: string, location: KeyLocation): string {
  if (location !== 'authorization') return value.trim();
  const [, credentials = ''] = /^\s*(?:Bearer|ApiKey)\s+(.*)$/is.exec(value) ?? [];
  return credentials.trim();
}
