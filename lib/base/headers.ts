import { holdsApiKeyId } from '../domain/api-key-id.ts';

/** Every header of a request by its lower-case name, with all its values: names come in any case, and repeated. */
export type Headers = ReadonlyMap<string, readonly string[]>;

/** As gateways hand them over: each name with one value, or with several. */
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

/** @returns the id in the header if there is exactly one that may be used, else undefined */
export function idIn(headers: Headers, name: string): string | undefined {
  const [id, ...more] = headers.get(name) ?? [];
  return id !== undefined && more.length === 0 && isId(id) ? id : undefined;
}

/** Whether a correlation or request id may be used: 1 to 128 visible ASCII characters that hold no API key. */
export function isId(text: string): boolean {
  return /^[\x21-\x7e]{1,128}$/.test(text) && !holdsApiKeyId(text);
}
