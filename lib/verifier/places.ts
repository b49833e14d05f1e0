import { looksLikeApiKeyId } from '../domain/api-key-id.ts';
import { headersOf, type NamedValues } from '../http/headers.ts';

/** Where a request may hold an API key: `?apiKey=`, the header `x-api-key`, or `Authorization: Bearer` or `ApiKey`. */
export const places = ['query', 'x-api-key', 'authorization'] as const;
export type Place = (typeof places)[number];

/** What of a request may hold a key: names of headers in any case, one value or several. */
export interface RequestParts {
  readonly headers?: NamedValues;
  readonly query?: NamedValues;
}

/**
 * The key that a request presents, and the whole value in which it stands; or why there is none to look at. `ambiguous`:
 * the allowed places hold different things. `misplaced`: a key stands where none is allowed.
 */
export type Presented =
  | { readonly apiKeyId: string; readonly value: string }
  | { readonly why: 'missing' | 'ambiguous' | 'misplaced' };

/**
 * Finds the key in the first of `allowed` where there is one; what the others hold must be the same. For a gateway
 * remembers an answer by one place: were a key in another looked at, whatever stands in that place would be let in next.
 */
export function presentedKey({ headers, query }: RequestParts, allowed: readonly Place[]): Presented {
  const named = headersOf({ headers });
  const heldIn = (place: Place) => {
    const values = place === 'query' ? textsOf(query?.apiKey) : (named.get(place) ?? []);
    return values.map((value) => ({ value, apiKeyId: keyIn(value, place) }));
  };
  const [first, ...more] = allowed.flatMap(heldIn);
  if (more.some(({ apiKeyId }) => apiKeyId !== first?.apiKeyId)) return { why: 'ambiguous' };
  const elsewhere = places.filter((place) => !allowed.includes(place)).flatMap(heldIn);
  if (elsewhere.some(({ apiKeyId }) => looksLikeApiKeyId(apiKeyId))) return { why: 'misplaced' };
  return first ?? { why: 'missing' };
}

function textsOf(values: string | readonly string[] | undefined): string[] {
  return [values].flat().filter((value) => typeof value === 'string');
}

function keyIn(value: string, place: Place): string {
  return (place === 'authorization' ? value.replace(/^\s*(?:Bearer|ApiKey)\s+/i, '') : value).trim();
}
