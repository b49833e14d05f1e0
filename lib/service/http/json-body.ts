import type { Headers } from '../../base/headers.ts';
import { ApiError, invalidField } from '../../domain/errors.ts';

const maxBodyBytes = 16 * 1024;
const maxDepth = 8;

/**
 * @throws ApiError 400003 if there is no Content-Type; 400004 if it is not application/json in UTF-8
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.3
 */
export function requireJsonContentType(headers: Headers): void {
  const [header, ...more] = headers.get('content-type') ?? [];
  if (header === undefined || header.trim() === '') throw new ApiError('400003');
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  const charsets = parameters.filter((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charsets.every((charset) => /^charset="?utf-8"?$/.test(charset));
  if (type !== 'application/json' || !isUtf8 || more.length > 0) throw new ApiError('400004');
}

/**
 * @returns the text of a request's body, as API Gateway passes it
 * @throws ApiError 413000 if it is larger than 16 KB; 400002 if it is empty or not UTF-8 without a byte order mark
 */
export function bodyText(body: unknown, isBase64Encoded: boolean | undefined): string {
  const bytes = Buffer.from(typeof body === 'string' ? body : '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > maxBodyBytes) throw new ApiError('413000');
  const text = decodeUtf8(bytes);
  if (text.startsWith('\uFEFF'))
    throw new ApiError('400002', { cause: 'The request body begins with a byte order mark.' });
  if (text.trim() === '') throw new ApiError('400002', { cause: 'The request body is empty.' });
  return text;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ApiError('400002', { cause: 'The request body is not encoded in UTF-8.' });
  }
}

/**
 * Checks the text of a JSON document for what `JSON.parse` hides, before it is parsed.
 * @throws ApiError 400200 if it nests deeper than 8, or an object repeats a key or has one that reaches a prototype;
 * 400002 if a key is not a JSON string
 */
export function requirePlain(text: string): void {
  const open: Set<string>[] = [];
  let lastString = '""';
  for (const token of tokensOf(text)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') addKey(open.at(-1), parseKey(lastString));
    else lastString = token;
    if (open.length > maxDepth) throw badJson(`nests deeper than ${maxDepth}`);
  }
}

function parseKey(text: string): string {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError('400002', { why: 'a key cannot be parsed' });
  }
}

/** Strings, brackets and colons: all that determines where keys are. */
function* tokensOf(text: string): Iterable<string> {
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[{}[\]:]/gs)) yield token;
}

function addKey(keys: Set<string> | undefined, key: string): void {
  if (['__proto__', 'constructor', 'prototype'].includes(key)) throw badJson('has a field whose name is not allowed');
  if (keys?.has(key)) throw badJson('has a field more than once');
  keys?.add(key);
}

function badJson(message: string): ApiError {
  return invalidField('$', message);
}
