import type { ApiKey } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App } from './app.ts';
import { ApiError } from './errors.ts';
import { expiredKeys, prune, removeKeys } from './housekeeping.ts';
import type { AppRef } from './hrn.ts';
import { findRecord, type RepeatableRequest, type RequestRecord } from './idempotency.ts';
import { type CallerRights, requireAccess } from './policy.ts';
import { requireWithinCeiling } from './restrictions.ts';

/** A new key for an application: one attempt, with its own secret and `createdTime`. */
export interface Generation {
  readonly app: AppRef;
  readonly handle: KeyHandle;
  readonly key: ApiKey;
  readonly callerRights: CallerRights;
  readonly maxKeys: number;
  /** When the request arrived, in ms since the epoch. */
  readonly now: number;
  /** Present if the request has an Idempotency-Key. */
  readonly request?: RepeatableRequest | undefined;
  /** The idempotency record to store. */
  readonly record?: RequestRecord | undefined;
}

/**
 * What an application that rejected a new key says about it.
 * - `made`: the key exists, and the response to an attempt was lost.
 * - `replay`: another copy of the request created a key.
 * - `sealed`: this attempt can never succeed, but another one with a later `createdTime` can.
 * - `free`: there is a free slot now.
 * - `expired`: there is a free slot once the expired keys are replaced.
 */
export type Judgement =
  | { readonly is: 'made' }
  | { readonly is: 'sealed' }
  | { readonly is: 'free' }
  | { readonly is: 'expired'; readonly app: App }
  | { readonly is: 'replay'; readonly record: RequestRecord };

/**
 * @throws ApiError 409305, 404660, 403403, 422409, 409306, 400337, 400200 or 409303: why the application rejects the
 * key
 */
export function judgeGeneration(app: App | undefined, wanted: Generation): Judgement {
  if (app && Object.hasOwn(app.keys, wanted.handle)) return { is: 'made' };
  if (app && Object.hasOwn(app.removed, wanted.handle)) throw new ApiError('409305');
  requireAccess(app, wanted.app, wanted.callerRights, 'write');
  const record = findRecord(app, wanted.request, wanted.now);
  if (record) return { is: 'replay', record };
  requireTakesKeys(app);
  requireWithinCeiling(wanted.key.scopes ?? [], app.restrictions);
  const isFull = app.keyCount >= wanted.maxKeys;
  if (isFull && app.keyCount - expiredKeys(app, wanted.now).length >= wanted.maxKeys) throw new ApiError('409303');
  if (app.sealed >= wanted.key.createdTime) return { is: 'sealed' };
  return isFull ? { is: 'expired', app } : { is: 'free' };
}

/** @throws ApiError 409306 if the application is deactivated; 400337 if it has token issuers */
export function requireTakesKeys(app: App): void {
  if (app.status !== 'active') throw new ApiError('409306');
  if (app.issuers.length > 0) throw new ApiError('400337');
}

/** @returns the application with the new key in place of its expired keys */
export function replaceExpired(app: App, wanted: Generation, op: string): App {
  const { handle, key, now, request, record } = wanted;
  const expired = expiredKeys(app, now).map(([gone]) => gone);
  const cleared = prune(removeKeys(app, expired, { at: now, op, why: 'replaced' }), now);
  return addKey(cleared, handle, key, request, record);
}

/** @returns the application with one more key, and with the record of its request */
export function addKey(
  app: App,
  handle: KeyHandle,
  key: ApiKey,
  request: RepeatableRequest | undefined,
  record: RequestRecord | undefined,
): App {
  const requests = request && record ? { ...app.requests, [request.hash]: record } : app.requests;
  return { ...app, keys: { ...app.keys, [handle]: key }, keyCount: app.keyCount + 1, requests };
}
