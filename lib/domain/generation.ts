import type { KeyHandle } from './api-key-id.ts';
import type { App } from './app.ts';
import { ApiError } from './errors.ts';
import { expiredKeys, isOldTombstone, requireRoomForRecords } from './housekeeping.ts';
import type { AppRef } from './hrn.ts';
import { findRecord, isOldRecord, type RepeatableRequest, type RequestRecord } from './idempotency.ts';
import { requireAccess, type Standing } from './policy.ts';

/** A request for a new key, as far as the application's state decides about it. */
export interface Generation {
  readonly app: AppRef;
  readonly handle: KeyHandle;
  readonly standing: Standing;
  readonly maxKeys: number;
  readonly now: number;
  /** if it came with an Idempotency-Key */
  readonly request?: RepeatableRequest | undefined;
}

/** What a write that adds a key clears away: expired keys, whose place it needs, and old records; and what it saw. */
export interface Clearance {
  readonly seen: App;
  readonly expired: readonly { handle: KeyHandle; expiresAt: number }[];
  readonly oldTombstones: readonly KeyHandle[];
  readonly oldRecords: readonly string[];
}

/** How an application that refused a new key is to be gone on with. */
export type Judgement =
  | { readonly is: 'made' }
  | { readonly is: 'replay'; readonly record: RequestRecord }
  | { readonly is: 'open'; readonly clearance: Clearance };

/** One write prunes at most this many records of a kind, so that its expression stays below DynamoDB's limits. */
const maxPruned = 50;

/**
 * Looks at an application that refused a new key.
 * @returns `made` when the key is there already: an attempt's answer was lost; `replay` when another copy of the request
 *   has made a key; `open` when the application would take the key now, with what must go to make room
 * @throws ApiError 409305, 404660, 403403, 422409, 409306, 400337, 409303 or 429003: why it refuses
 */
export function judgeGeneration(app: App | undefined, wanted: Generation): Judgement {
  if (app && Object.hasOwn(app.keys, wanted.handle)) return { is: 'made' };
  if (app && Object.hasOwn(app.removed, wanted.handle)) throw new ApiError('409305');
  requireAccess(app, wanted.app, wanted.standing, 'write');
  const record = findRecord(app, wanted.request, wanted.now);
  if (record) return { is: 'replay', record };
  requireTakesKeys(app);
  const clearance = clearanceOf(app, wanted.now);
  if (app.keyCount - clearance.expired.length >= wanted.maxKeys) throw new ApiError('409303');
  requireRoomForRecords(app, wanted.now);
  return { is: 'open', clearance: app.keyCount < wanted.maxKeys ? { ...clearance, expired: [] } : clearance };
}

/** @throws ApiError 409306 when the application is deactivated, 400337 when it has token issuers */
export function requireTakesKeys(app: App): void {
  if (app.status !== 'active') throw new ApiError('409306');
  if (app.issuers.length > 0) throw new ApiError('400337');
}

function clearanceOf(app: App, now: number): Clearance {
  const tombstones = Object.entries(app.removed).filter(([, tombstone]) => isOldTombstone(tombstone, now));
  const records = Object.entries(app.requests).filter(([, record]) => isOldRecord(record, now));
  return {
    seen: app,
    expired: expiredKeys(app, now).map(([handle, { expiresAt }]) => ({ handle, expiresAt })),
    oldTombstones: tombstones.slice(0, maxPruned).map(([handle]) => handle as KeyHandle),
    oldRecords: records.slice(0, maxPruned).map(([hash]) => hash),
  };
}
