import { type ApiKey, isReplaceable } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App, Tombstone } from './app.ts';
import { isOldRecord } from './idempotency.ts';

/**
 * An application keeps at most this many tombstones, the latest: as many as it can have keys, which can all be deleted
 * at once. The second limit is for records of requests whose keys were removed.
 */
export const maxTombstones = 50;
export const maxOrphanedRecords = 20;

const tombstoneMs = 10 * 60_000;

/** @returns the entries of a map of keys, typed */
export function entriesOf<T>(map: Readonly<Record<KeyHandle, T>>): [KeyHandle, T][] {
  return Object.entries(map) as [KeyHandle, T][];
}

/** @returns the keys that expired so long ago that a new key can replace them */
export function expiredKeys(app: App, now: number): [KeyHandle, ApiKey][] {
  return entriesOf(app.keys).filter(([, key]) => isReplaceable(key, now));
}

/** Why keys are removed, and by which operation. */
export type Removal = Pick<Tombstone, 'at' | 'op' | 'why' | 'successor'>;

/**
 * @returns the application without these keys, with a tombstone for each, and sealed against late copies of their
 * writes
 */
export function removeKeys(app: App, handles: readonly KeyHandle[], removal: Removal): App {
  const going = entriesOf(app.keys).filter(([handle]) => handles.includes(handle));
  const keys = Object.fromEntries(entriesOf(app.keys).filter(([handle]) => !handles.includes(handle)));
  const tombstones = Object.fromEntries(handles.map((handle) => [handle, removal]));
  return {
    ...app,
    keys,
    keyCount: Object.keys(keys).length,
    sealed: Math.max(app.sealed, ...going.map(([, { createdTime }]) => createdTime)),
    removed: { ...app.removed, ...tombstones },
  };
}

/**
 * @returns the application without tombstones and idempotency records that are old, or too many. Records of existing
 * keys stay: there are never more of them than keys
 */
export function prune(app: App, now: number): App {
  const removed = kept(app.removed, ({ at }) => at + tombstoneMs > now);
  const requests = kept(app.requests, (record) => !isOldRecord(record, now));
  const isOrphaned = ({ handle }: { handle: KeyHandle }) => !Object.hasOwn(app.keys, handle);
  return {
    ...app,
    removed: withoutOldest(removed, () => true, maxTombstones),
    requests: withoutOldest(requests, isOrphaned, maxOrphanedRecords),
  };
}

type Dated<T> = Readonly<Record<string, T & { readonly at: number }>>;

/** @returns the same map if everything stays */
function kept<T>(map: Dated<T>, stays: (entry: T & { readonly at: number }) => boolean): Dated<T> {
  const left = Object.entries(map).filter(([, entry]) => stays(entry));
  return left.length === Object.keys(map).length ? map : Object.fromEntries(left);
}

/** @returns the map with at most `most` of the counted entries, the latest ones */
function withoutOldest<T>(map: Dated<T>, isCounted: (entry: T) => boolean, most: number): Dated<T> {
  const counted = Object.values(map).filter(isCounted);
  const going = new Set(counted.toSorted((one, other) => other.at - one.at).slice(most));
  return kept(map, (entry) => !going.has(entry));
}
