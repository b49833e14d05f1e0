import { createHash } from 'node:crypto';
import type { KeyHandle } from './api-key-id.ts';
import { ApiError } from './errors.ts';

/** What is kept of a request that came with an Idempotency-Key: enough to recognize it, but not its secret. */
export interface RequestRecord {
  /** ms since the epoch */
  readonly at: number;
  readonly bodyHash: string;
  /** 32 random bytes in base64: with the service key and the Idempotency-Key, they give the secret again */
  readonly salt: string;
  readonly handle: KeyHandle;
  /** the prefix that the key was made with */
  readonly prefix: string;
}

/** Who asks for what under which Idempotency-Key. */
export interface RequestId {
  /** finds the record of the request; it is stored */
  readonly hash: string;
  /**
   * What the secret is made from, together with the salt. It is never stored, and `hash` does not give it: only someone
   * who knows the Idempotency-Key can compute it.
   */
  readonly secretHash: string;
}

/** A request that may be repeated; `bodyHash` says what it asks for. */
export interface RepeatableRequest extends RequestId {
  readonly bodyHash: string;
}

/** For so long the same request gives the same answer. */
export const repeatableMs = 24 * 60 * 60_000;

/** @param parts issuer, principal, realm, operation, resource and Idempotency-Key */
export function requestId(parts: readonly string[]): RequestId {
  return { hash: hashOf(['request', ...parts]), secretHash: hashOf(['secret', ...parts]) };
}

/** @param input what would be stored: texts trimmed, defaults filled in, so that equal inputs are equal requests */
export function repeatable(id: RequestId, input: object): RepeatableRequest {
  return { ...id, bodyHash: hashOf([canonicalJson(input)]) };
}

/** @returns sha256 in base64url over the parts, each with its length before it */
function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('base64url');
}

/** Whether two values are equal. Every list is a set here: its order does not matter. */
export function isSameJson(one: object, other: object): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

/** @returns JSON that is the same for equal values: fields in the order of their names, lists sorted */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (Array.isArray(part)) return part.toSorted();
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/** @returns 32 bytes: what the service key's HMAC is taken over to give the secret */
export function secretInput({ secretHash }: RequestId, salt: string): Uint8Array {
  return createHash('sha256').update(secretHash, 'base64url').update(salt, 'base64').digest();
}

interface Requested {
  readonly requests: Readonly<Record<string, RequestRecord>>;
  readonly keys: Readonly<Record<KeyHandle, unknown>>;
}

/**
 * @returns the live record of the request, if there is one; its key is still there
 * @throws ApiError 422409 when it was made with another body, 409305 when its key has been removed since
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
