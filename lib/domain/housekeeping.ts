import { type ApiKey, hasGivenUpPlace } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App, Tombstone } from './app.ts';
import { ApiError } from './errors.ts';
import { isOldRecord, repeatableMs } from './idempotency.ts';

/** At most this many tombstones, and this many request records, so that an item stays small. */
export const maxRecords = 100;

/** A tombstone lives this long; of a key that was made with an Idempotency-Key, as long as its record. */
const tombstoneMs = 10 * 60_000;

/** @returns the entries of a map of keys, typed */
export function entriesOf<T>(map: Readonly<Record<KeyHandle, T>>): [KeyHandle, T][] {
  return Object.entries(map) as [KeyHandle, T][];
}

/** @returns the keys that have expired for good, whose places are to be had */
export function expiredKeys(app: App, now: number): [KeyHandle, ApiKey][] {
  return entriesOf(app.keys).filter(([, key]) => hasGivenUpPlace(key, now));
}

export function isOldTombstone({ until }: Tombstone, now: number): boolean {
  return until <= now;
}

/** Why and by which operation keys go. */
export type Removal = Pick<Tombstone, 'at' | 'op' | 'why' | 'successor'>;

/** @returns the tombstone of a key of the application */
export function tombstoneOf(app: App, handle: KeyHandle, removal: Removal): Tombstone {
  const isRepeatable = Object.values(app.requests).some((record) => record.handle === handle);
  return { ...removal, until: removal.at + (isRepeatable ? repeatableMs : tombstoneMs) };
}

/** @returns the application without those keys, each with a tombstone */
export function removeKeys(app: App, handles: readonly KeyHandle[], removal: Removal): App {
  const keys = Object.fromEntries(entriesOf(app.keys).filter(([handle]) => !handles.includes(handle)));
  const tombstones = handles.map((handle) => [handle, tombstoneOf(app, handle, removal)]);
  const removed = { ...app.removed, ...Object.fromEntries(tombstones) };
  return { ...app, keys, keyCount: Object.keys(keys).length, removed };
}

/** @returns the application without its old tombstones and request records */
export function prune(app: App, now: number): App {
  const removed = without(app.removed, (tombstone) => isOldTombstone(tombstone, now));
  const requests = without(app.requests, (record) => isOldRecord(record, now));
  return { ...app, removed, requests };
}

function without<T>(map: Readonly<Record<string, T>>, isOld: (entry: T) => boolean): Readonly<Record<string, T>> {
  const kept = Object.entries(map).filter(([, entry]) => !isOld(entry));
  return kept.length === Object.keys(map).length ? map : Object.fromEntries(kept);
}

/** @throws ApiError 429003 when so many keys were removed, or requests recorded, that another would not be kept in mind */
export function requireRoomForRecords(app: App, now: number): void {
  const { removed, requests } = prune(app, now);
  const soonest = [soonestOf(Object.values(removed), ({ until }) => until)];
  soonest.push(soonestOf(Object.values(requests), ({ at }) => at + repeatableMs));
  const roomAt = Math.max(...soonest.map((time) => time ?? now));
  if (roomAt <= now) return;
  throw new ApiError('429003', {
    cause: 'Too many API keys of the application were made or removed lately.',
    retryAfterSeconds: Math.ceil((roomAt - now) / 1_000),
  });
}

/** @returns when the first of so many records goes; undefined while there is room for another */
function soonestOf<T>(records: readonly T[], endOf: (record: T) => number): number | undefined {
  return records.length < maxRecords ? undefined : Math.min(...records.map(endOf));
}
