import { looksLikeApiKeyId } from '../domain/api-key-id.ts';
import { type Headers, headersOf, type NamedValues } from '../http/headers.ts';

/** Where a request may hold an API key: `?apiKey=`, the header `x-api-key`, or `Authorization: Bearer` or `ApiKey`. */
export const places = ['query', 'x-api-key', 'authorization'] as const;
export type Place = (typeof places)[number];

/** What of a request may hold a key: names of headers in any case, one value or several. */
export interface RequestParts {
  readonly headers?: NamedValues;
  readonly query?: NamedValues;
}

/** The key that a request presents, and the whole value in which it stands; or why there is none to look at. */
export type Presented =
  | { readonly apiKeyId: string; readonly value: string }
  | { readonly why: 'missing' | 'repeated' | 'misplaced' };

/**
 * Finds the key in the first of `allowed` where there is one. Where just one place is allowed, an answer about it may
 * be remembered by it, so that a key in another place is not looked over but refused.
 */
export function presentedKey({ headers, query }: RequestParts, allowed: readonly Place[]): Presented {
  const named = headersOf({ headers });
  const valuesIn = (place: Place) => (place === 'query' ? apiKeysOf(query) : headerValues(named, place));
  const isMisplaced = (place: Place) => valuesIn(place).some((value) => looksLikeApiKeyId(keyIn(value, place)));
  if (allowed.length === 1 && places.some((place) => !allowed.includes(place) && isMisplaced(place))) {
    return { why: 'misplaced' };
  }
  const place = allowed.find((each) => valuesIn(each).length > 0);
  if (!place) return { why: 'missing' };
  const [value = '', ...more] = valuesIn(place);
  return more.length > 0 ? { why: 'repeated' } : { apiKeyId: keyIn(value, place), value };
}

function apiKeysOf(query: NamedValues): string[] {
  return [query?.apiKey].flat().filter((value) => typeof value === 'string');
}

const scheme = /^\s*(?:Bearer|ApiKey)\s+/i;

/** An Authorization header of another scheme holds no key. */
function headerValues(headers: Headers, name: Exclude<Place, 'query'>): readonly string[] {
  const values = headers.get(name) ?? [];
  return name === 'authorization' ? values.filter((value) => scheme.test(value)) : values;
}

function keyIn(value: string, place: Place): string {
  return (place === 'authorization' ? value.replace(scheme, '') : value).trim();
}
