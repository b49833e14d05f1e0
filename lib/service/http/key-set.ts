import type { JSONWebKeySet, JWK } from 'jose';
import { withinMs } from '../../base/time-limit.ts';
import { ApiError } from '../../domain/errors.ts';
import type { GetKeys, KeysAnswer } from './get-keys.ts';

const maxBytes = 256 * 1024;
const fetchMs = 2_000;

/**
 * Fetches a key set of at most 256 KB, decoded, within 2 s.
 * @throws ApiError 503000 if its server does not return it, or returns something else
 */
export async function fetchKeySet(url: string, getKeys: GetKeys): Promise<JSONWebKeySet> {
  const { contentEncoding, bytes } = await withinMs(fetchMs, async (signal) =>
    receive(await getKeys(url, signal)),
  ).catch((why) => {
    throw noKeys(why, 'could not be fetched');
  });
  try {
    return parseKeySet(await decode(bytes, contentEncoding));
  } catch (why) {
    throw unusableKeys(why);
  }
}

/** @returns the error for keys of an issuer's server that can't be used */
export function unusableKeys(why: unknown): ApiError {
  return noKeys(why, 'were fetched, but cannot be used');
}

function noKeys(why: unknown, words: string): ApiError {
  const cause = `The keys of the token issuer ${words}. Nothing was changed.`;
  return new ApiError('503000', { why, cause, retryAfterSeconds: 5 });
}

/** @returns the body; reading stops when it is too large */
async function receive({ status, contentEncoding, body }: KeysAnswer) {
  if (status !== 200) throw new Error(`the key set's server responded with status ${status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return { contentEncoding, bytes: Buffer.concat(chunks) };
}

/**
 * Some servers encode the response although the request does not accept it. Only then zlib is loaded, because it takes
 * long.
 */
async function decode(bytes: Buffer, contentEncoding = 'identity'): Promise<Buffer> {
  if (bytes.length > maxBytes) throw tooLarge();
  const encoding = contentEncoding.trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return bytes;
  const { brotliDecompressSync, inflateRawSync, unzipSync } = await import('node:zlib');
  const limit = { maxOutputLength: maxBytes };
  try {
    if (encoding === 'br') return brotliDecompressSync(bytes, limit);
    if (encoding === 'gzip' || encoding === 'x-gzip') return unzipSync(bytes, limit);
    // Some servers send the bare format.
    if (encoding === 'deflate') return isZlib(bytes) ? unzipSync(bytes, limit) : inflateRawSync(bytes, limit);
  } catch (why) {
    throw (why as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : why;
  }
  throw new Error('the key set has an unknown Content-Encoding');
}

/** @see https://www.rfc-editor.org/rfc/rfc1950#section-2.2 */
function isZlib(bytes: Buffer): boolean {
  return bytes.length > 1 && ((bytes[0] ?? 0) & 15) === 8 && bytes.readUInt16BE() % 31 === 0;
}

function tooLarge(): Error {
  return new Error('the key set is too large');
}

function parseKeySet(bytes: Buffer): JSONWebKeySet {
  // JSON.parse rejects a byte order mark.
  const { keys } = (JSON.parse(bytes.toString().replace(/^\uFEFF/, '')) ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('the response is not a key set');
  const found = keys.filter(isJwk).map(toVerify);
  if (found.length === 0 && keys.length > 0) throw new Error('the key set has no key');
  return { keys: found };
}

/** An invalid key is left out, and the others are used. */
function isJwk(key: unknown): key is JWK {
  return typeof key === 'object' && key !== null && !Array.isArray(key);
}

/** Removes the other uses of a key that can verify: Web Crypto would reject them for a public key. */
function toVerify({ ext: _, key_ops: uses, ...jwk }: JWK): JWK {
  const mayVerify = Array.isArray(uses) && uses.includes('verify');
  return uses === undefined || mayVerify ? jwk : { ...jwk, key_ops: uses };
}
