import { createHash } from 'node:crypto';
import type { KeyHandle } from './api-key-id.ts';
import { ApiError } from './errors.ts';

/** The idempotency record of a request. It is enough to recognize the request, but does not give the secret. */
export interface RequestRecord {
  /** In ms since the epoch. */
  readonly at: number;
  readonly bodyHash: string;
  /** 32 random bytes in base64. With the service key and the Idempotency-Key, they give the secret again. */
  readonly salt: string;
  readonly handle: KeyHandle;
  /** The prefix of the key. */
  readonly prefix: string;
}

/** Identifies a request with an Idempotency-Key, and its caller. */
export interface RequestId {
  /** Finds the record of the request. It is stored. */
  readonly hash: string;
  /**
   * The secret is made from this and the salt. It is never stored, and can't be computed from `hash`: that needs the
   * Idempotency-Key.
   */
  readonly secretHash: string;
}

/** A request that can be repeated. `bodyHash` identifies its content. */
export interface RepeatableRequest extends RequestId {
  readonly bodyHash: string;
}

/** How long the same request gets the same response. */
export const repeatableMs = 24 * 60 * 60_000;

/** @param parts issuer, principal, realm, operation, resource and Idempotency-Key */
export function requestId(parts: readonly string[]): RequestId {
  return { hash: hashOf(['request', ...parts]), secretHash: hashOf(['secret', ...parts]) };
}

/** @param input what would be stored: texts trimmed, defaults filled in, so that equal inputs are equal requests */
export function repeatable(id: RequestId, input: object): RepeatableRequest {
  return { ...id, bodyHash: hashOf([canonicalJson(input)]) };
}

/** @returns SHA-256 in base64url over the parts, each with its length in front */
function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('base64url');
}

/** Whether two values are equal. The order of lists does not matter. */
export function isSameJson(one: object, other: object): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

/** @returns JSON that is the same for equal values: fields sorted by name, lists sorted */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (Array.isArray(part)) return part.toSorted();
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/** @returns the 32 bytes of which the service key's HMAC gives the secret */
export function secretInput({ secretHash }: RequestId, salt: string): Uint8Array {
  return createHash('sha256').update(secretHash, 'base64url').update(salt, 'base64').digest();
}

interface Requested {
  readonly requests: Readonly<Record<string, RequestRecord>>;
  readonly keys: Readonly<Record<KeyHandle, unknown>>;
}

/**
 * @returns the request's live record, if there is one; its key still exists
 * @throws ApiError 422409 if the record has another body; 409305 if its key was removed
 */
export function findRecord(
  app: Requested,
  request: RepeatableRequest | undefined,
  now: number,
): RequestRecord | undefined {
  const record = request && Object.hasOwn(app.requests, request.hash) ? app.requests[request.hash] : undefined;
  if (!record || isOldRecord(record, now)) return undefined;
  if (record.bodyHash !== request?.bodyHash) throw new ApiError('422409');
  if (!Object.hasOwn(app.keys, record.handle)) throw new ApiError('409305');
  return record;
}

export function isOldRecord({ at }: RequestRecord, now: number): boolean {
  return at + repeatableMs <= now;
}
