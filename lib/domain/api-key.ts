import type { ApiKeyId, KeyHandle } from './api-key-id.ts';
import type { App } from './app.ts';
import { ApiError, invalidField } from './errors.ts';
import { type AppRef, formatApiKeyHrn, formatAppHrn, formatRealmHrn } from './hrn.ts';
import { requireAccess, type Standing } from './policy.ts';

export type { KeyHandle } from './api-key-id.ts';

/** `expiresAt` of a key that never expires. */
export const never = -1;

/** An expired key gives up its place this long after it expired, since clocks differ. */
const expiryGraceMs = 5_000;

/** Tombstones older than this are pruned by the next write that has seen them. */
const tombstoneMs = 10 * 60_000;

/** At most this many tombstones, so that an item stays small. */
export const maxRemoved = 100;

/** One write prunes at most this many, so that its expression stays below DynamoDB's limits. */
const maxPruned = 50;

/** A key as stored, under its handle. Times are ms since the epoch; `expiresAt` -1: never. */
export interface ApiKey {
  readonly name: string;
  readonly enabled: boolean;
  readonly createdTime: number;
  readonly createdBy: string;
  readonly expiresAt: number;
}

/** What a caller may say of a new key. */
export interface ApiKeyWish {
  readonly name: string;
  readonly expiresAt?: number;
  readonly enabled?: boolean;
}

/** @throws ApiError 400200 when `expiresAt` is not in the future */
export function newApiKey(wish: ApiKeyWish, createdBy: string, now: number): ApiKey {
  const { name, expiresAt = never, enabled = true } = wish;
  if (expiresAt !== never && expiresAt <= now) throw invalidField('$.expiresAt', 'must be in the future, or -1: never');
  return { name: name.trim(), enabled, createdTime: now, createdBy, expiresAt };
}

/** The answer that shows a new key's secret, the only one that ever does. */
export function formatNewApiKey(apiKeyId: ApiKeyId, handle: KeyHandle, key: ApiKey, app: AppRef, partition: string) {
  return {
    apiKeyId,
    apiKey: formatApiKeyHrn(app.realm, handle, partition),
    identity: formatAppHrn(app, partition),
    realm: formatRealmHrn(app.realm, partition),
    name: key.name,
    enabled: key.enabled,
    expiresAt: key.expiresAt,
    createdTime: key.createdTime,
  };
}

/** What a write that adds a key clears away: expired keys, whose place it needs, and old tombstones; and what it saw. */
export interface Clearance {
  readonly keyCount: number;
  readonly expired: readonly { handle: KeyHandle; expiresAt: number }[];
  readonly removedCount: number;
  readonly oldTombstones: readonly { handle: KeyHandle; at: number }[];
}

/** A request for a new key, as far as the application's state decides about it. */
export interface Generation {
  readonly app: AppRef;
  readonly handle: KeyHandle;
  readonly standing: Standing;
  readonly maxKeys: number;
  readonly now: number;
}

/**
 * Looks at an application that refused a new key.
 * @returns `made` when the key is there already: an attempt's answer was lost; or what must go to make room.
 *   A clearance that clears nothing says that the application would take the key now.
 * @throws ApiError 404660, 403403, 409305, 409306, 400337, 409303 or 429003: why it refuses
 */
export function judgeGeneration(app: App | undefined, wanted: Generation): 'made' | Clearance {
  if (app && Object.hasOwn(app.keys, wanted.handle)) return 'made';
  if (app && Object.hasOwn(app.removed, wanted.handle)) throw new ApiError('409305');
  requireAccess(app, wanted.app, wanted.standing, 'write');
  if (app.status !== 'active') throw new ApiError('409306');
  if (app.issuers.length > 0) throw new ApiError('400337');
  const clearance = clearanceOf(app, wanted.now);
  if (app.keyCount - clearance.expired.length >= wanted.maxKeys) throw new ApiError('409303');
  requireRoomForTombstones(clearance);
  return { ...clearance, expired: app.keyCount < wanted.maxKeys ? [] : clearance.expired };
}

function clearanceOf(app: App, now: number): Clearance {
  const expired = entriesOf(app.keys).filter(
    ([, { expiresAt }]) => expiresAt !== never && expiresAt + expiryGraceMs <= now,
  );
  const oldTombstones = entriesOf(app.removed).filter(([, { at }]) => at + tombstoneMs <= now);
  return {
    keyCount: app.keyCount,
    removedCount: Object.keys(app.removed).length,
    expired: expired.map(([handle, { expiresAt }]) => ({ handle, expiresAt })),
    oldTombstones: oldTombstones.slice(0, maxPruned).map(([handle, { at }]) => ({ handle, at })),
  };
}

function entriesOf<T>(map: Readonly<Record<KeyHandle, T>>): [KeyHandle, T][] {
  return Object.entries(map) as [KeyHandle, T][];
}

function requireRoomForTombstones({ removedCount, oldTombstones }: Clearance): void {
  if (removedCount - oldTombstones.length < maxRemoved) return;
  throw new ApiError('429003', {
    cause: 'Too many API keys of the application were removed in the last minutes.',
    retryAfterSeconds: 60,
  });
}
