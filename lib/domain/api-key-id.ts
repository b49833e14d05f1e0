import { hash } from 'node:crypto';

/** The secret value of an API key: `{prefix}_{appId}_{secret}{checksum}`. It is never stored and never logged. */
export type ApiKeyId = string & { readonly brand: 'ApiKeyId' };

/** `base64url(sha256(apiKeyId))`: identifies a key, and is safe in a URL or a log. */
export type KeyHandle = string & { readonly brand: 'KeyHandle' };

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const secretBytes = 32;
const secretLength = 43;
const checksumLength = 6;
/** The longest prefix that the settings allow has 32 characters, and the longest application ID has 64. */
const maxLength = 32 + 1 + 64 + 1 + secretLength + checksumLength;

/**
 * @param secret 32 bytes, random or an HMAC
 * @returns the key: 43 characters of secret, and 6 of CRC-32 over everything before, both in base62
 */
export function formatApiKeyId(prefix: string, appId: string, secret: Uint8Array): ApiKeyId {
  if (secret.length !== secretBytes) throw new RangeError(`a secret has ${secretBytes} bytes`);
  const checked = `${prefix}_${appId}_${base62(secret, secretLength)}`;
  return `${checked}${checksumOf(checked)}` as ApiKeyId;
}

const form = new RegExp(`^(.+)_([A-Za-z0-9]{1,64})_[A-Za-z0-9]{${secretLength + checksumLength}}$`);

/**
 * Parses what a client presents as a key. Most texts that are not keys need no lookup.
 * @param prefixes the prefixes that a key can have
 * @returns the key, and the ID of the application whose item would contain it; undefined if it is malformed
 */
export function parseApiKeyId(
  text: string,
  prefixes: readonly string[],
): { apiKeyId: ApiKeyId; appId: string } | undefined {
  const [, prefix = '', appId = ''] = form.exec(text) ?? [];
  return prefixes.includes(prefix) && hasRightChecksum(text) ? { apiKeyId: text as ApiKeyId, appId } : undefined;
}

/** Whether a text ends with the checksum of everything before, as a key with any prefix does. */
export function hasRightChecksum(text: string): boolean {
  return looksLikeApiKeyId(text) && text.endsWith(checksumOf(text.slice(0, -checksumLength)));
}

/** Whether the value is a text that is not longer than the longest key. This check is cheap. */
export function mayBeApiKeyId(presented: unknown): presented is string {
  return typeof presented === 'string' && presented.length <= maxLength;
}

/** Whether a text looks like a key, with any prefix and checksum. */
export function looksLikeApiKeyId(text: string): boolean {
  return form.test(text);
}

const heldForm = new RegExp(`[A-Za-z0-9]_[A-Za-z0-9]{1,64}_[A-Za-z0-9]{${secretLength + checksumLength}}`);
const everyHeld = new RegExp(heldForm, 'g');

/**
 * Whether a text contains what looks like a key, with any prefix and checksum, also percent-encoded once or more often.
 * Such a text is neither stored nor logged.
 */
export function holdsApiKeyId(text: string): boolean {
  return heldForm.test(text) || (text.includes('%') && heldForm.test(decodeAscii(text)));
}

/** @returns the text with `[API key]` in place of everything that looks like a key; the start of its prefix stays */
export function withoutApiKeys(text: string): string {
  return text.replace(everyHeld, '[API key]');
}

/** @returns the text with all percent-encoded ASCII characters decoded, however often they were encoded */
function decodeAscii(text: string): string {
  return text.replace(/%(?:25)*([0-7][0-9A-F])/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** @returns the handle of a key, which is what is stored of it */
export function handleOf(apiKeyId: string): KeyHandle {
  return hash('sha256', apiKeyId, 'base64url') as KeyHandle;
}

function checksumOf(checked: string): string {
  return digitsOf(crc32(Buffer.from(checked)), checksumLength);
}

/** The same as in `node:zlib`, which takes a function 1.7 ms more to load at its start. */
function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return ~rest >>> 0;
}

/** The number of base62 digits that a JavaScript number can hold exactly. */
const chunkLength = 8;
const chunk = BigInt(62 ** chunkLength);

/** @returns `bytes` as one big-endian number, in base62, padded to `length` */
function base62(bytes: Uint8Array, length: number): string {
  let digits = '';
  for (let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`); digits.length < length; rest /= chunk)
    digits = digitsOf(Number(rest % chunk), chunkLength) + digits;
  return digits.slice(-length);
}

/** @returns the last `length` digits of a whole number in base62 */
function digitsOf(number: number, length: number): string {
  let digits = '';
  for (let rest = number; digits.length < length; rest = Math.floor(rest / 62))
    digits = alphabet.charAt(rest % 62) + digits;
  return digits;
}
