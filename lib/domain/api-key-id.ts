import { hash } from 'node:crypto';

/** The secret that a caller presents: `{prefix}_{appId}_{secret}{checksum}`. Never stored, never logged. */
export type ApiKeyId = string & { readonly brand: 'ApiKeyId' };

/** `base64url(sha256(apiKeyId))`: finds a key, and is safe in a URL or a log. */
export type KeyHandle = string & { readonly brand: 'KeyHandle' };

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const secretBytes = 32;
const secretLength = 43;
const checksumLength = 6;
/** With a prefix of 32 characters, the most that a setting allows, and an application's id of 64. */
const maxLength = 32 + 1 + 64 + 1 + secretLength + checksumLength;

/**
 * @param secret 32 bytes, random or an HMAC
 * @returns the key with 43 characters of secret and 6 of CRC-32 over all before it, both in base62
 */
export function formatApiKeyId(prefix: string, appId: string, secret: Uint8Array): ApiKeyId {
  if (secret.length !== secretBytes) throw new RangeError(`a secret has ${secretBytes} bytes`);
  const checked = `${prefix}_${appId}_${base62(secret, secretLength)}`;
  return `${checked}${checksumOf(checked)}` as ApiKeyId;
}

const form = new RegExp(`^(.+)_([A-Za-z0-9]{1,64})_[A-Za-z0-9]{${secretLength + checksumLength}}$`);

/**
 * Reads what somebody presents as a key; no look-up is needed to find most of what is none.
 * @param prefixes that a key may begin with
 * @returns the key and the id of the application in whose item it stands, if it is anywhere; undefined when it is malformed
 */
export function parseApiKeyId(
  text: string,
  prefixes: readonly string[],
): { apiKeyId: ApiKeyId; appId: string } | undefined {
  const [, prefix = '', appId = ''] = form.exec(text) ?? [];
  return prefixes.includes(prefix) && hasRightChecksum(text) ? { apiKeyId: text as ApiKeyId, appId } : undefined;
}

/** Whether the end of a text is the checksum of what is before it, as in a key of whatever prefix. */
export function hasRightChecksum(text: string): boolean {
  return looksLikeApiKeyId(text) && text.endsWith(checksumOf(text.slice(0, -checksumLength)));
}

/** Whether it is a text no longer than the longest key, which costs nothing to tell. */
export function mayBeApiKeyId(presented: unknown): presented is string {
  return typeof presented === 'string' && presented.length <= maxLength;
}

/** Whether a text has the outer form of a key, of whatever prefix and checksum. */
export function looksLikeApiKeyId(text: string): boolean {
  return form.test(text);
}

const heldForm = new RegExp(`[A-Za-z0-9]_[A-Za-z0-9]{1,64}_[A-Za-z0-9]{${secretLength + checksumLength}}`);
const everyHeld = new RegExp(heldForm, 'g');

/**
 * Whether something in a text has the form of a key, of whatever prefix and checksum, also where it is percent-encoded,
 * once or more often. Such a text is neither stored nor logged.
 */
export function holdsApiKeyId(text: string): boolean {
  return heldForm.test(text) || (text.includes('%') && heldForm.test(decodeAscii(text)));
}

/** @returns the text with `[API key]` in place of whatever has the form of a key, but for the start of its prefix */
export function withoutApiKeys(text: string): string {
  return text.replace(everyHeld, '[API key]');
}

/** @returns the text with every character of ASCII that is percent-encoded, however often, as it is */
function decodeAscii(text: string): string {
  return text.replace(/%(?:25)*([0-7][0-9A-F])/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** @returns the handle of a key, which is what is stored of it; or of what somebody presents as one, which then finds none */
export function handleOf(apiKeyId: string): KeyHandle {
  return hash('sha256', apiKeyId, 'base64url') as KeyHandle;
}

function checksumOf(checked: string): string {
  return digitsOf(crc32(Buffer.from(checked)), checksumLength);
}

/** As `node:zlib` has it, which takes a function 1.7 ms more to load at its start. */
function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return ~rest >>> 0;
}

/** As many digits in base62 as a number holds exactly. */
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
