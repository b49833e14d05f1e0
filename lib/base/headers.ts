import { holdsApiKeyId } from '../domain/api-key-id.ts';

/** All headers of a request by lower-case name, with all their values. */
export type Headers = ReadonlyMap<string, readonly string[]>;

/** Headers as gateways pass them: each name has one value or several. */
export type NamedValues = Readonly<Record<string, string | readonly string[] | undefined>> | null | undefined;

export function headersOf({
  headers,
  multiValueHeaders,
}: {
  headers?: NamedValues;
  multiValueHeaders?: NamedValues;
}): Headers {
  const found = new Map<string, string[]>();
  const all = Object.entries(multiValueHeaders ?? {});
  for (const [name, values] of all.length > 0 ? all : Object.entries(headers ?? {})) {
    const texts = [values].flat().filter((value) => typeof value === 'string');
    if (texts.length > 0) found.set(name.toLowerCase(), [...(found.get(name.toLowerCase()) ?? []), ...texts]);
  }
  return found;
}

/** @returns the ID in the header if there is exactly one and it is valid, else undefined */
export function idIn(headers: Headers, name: string): string | undefined {
  const [id, ...more] = headers.get(name) ?? [];
  return id !== undefined && more.length === 0 && isId(id) ? id : undefined;
}

/** Whether a correlation or request ID is valid: 1 to 128 visible ASCII characters that contain no API key. */
export function isId(text: string): boolean {
  return /^[\x21-\x7e]{1,128}$/.test(text) && !holdsApiKeyId(text);
}
