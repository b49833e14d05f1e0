import { createHash } from 'node:crypto';
import type { KeyHandle } from './api-key-id.ts';
import { ApiError } from './errors.ts';

/** What is kept of a request that came with an Idempotency-Key: enough to answer it again, but not its secret. */
export interface RequestRecord {
  /** ms since the epoch */
  readonly at: number;
  readonly bodyHash: string;
  /** 32 random bytes in base64: with the service key they give the secret again */
  readonly salt: string;
  readonly handle: KeyHandle;
  /** the prefix that the key was made with */
  readonly prefix: string;
}

/** A request that may be repeated: `hash` says which it is, `bodyHash` what it asks. */
export interface RepeatableRequest {
  readonly hash: string;
  readonly bodyHash: string;
}

/** For so long the same request gives the same answer. */
export const repeatableMs = 24 * 60 * 60_000;

/** @param parts issuer, principal, realm, operation, resource and Idempotency-Key: who asks for what, under which name */
export function repeatableRequest(parts: readonly string[], body: object): RepeatableRequest {
  return { hash: hashOf(parts), bodyHash: hashOf(Object.entries(body).sort().flat().map(String)) };
}

/** @returns sha256 in base64url over the parts, each with its length before it */
function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('base64url');
}

/** @returns what the service key's HMAC is taken over to give the secret */
export function secretInput({ hash }: RepeatableRequest, salt: string): Uint8Array {
  return createHash('sha256').update(hash, 'base64url').update(salt, 'base64').digest();
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
