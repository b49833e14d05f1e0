import type { App, Change } from '../domain/app.ts';
import { isAppId } from '../domain/hrn.ts';
import { repeatableMs } from '../domain/idempotency.ts';
import { expr, type Fragment, type Path, path, toUpdate } from './expression.ts';
import type { Item, ItemKey, Update } from './table.ts';

export function appKey(appId: string): ItemKey {
  return { pk: appId, sk: 'app' };
}

/**
 * @returns the application that an item holds; what this service wrote is not checked again. An item under a key that is
 *   no application's ID was written by a role that may not write applications
 */
export function appOf(item: Item | null | undefined): App | undefined {
  if (item?.sk !== 'app' || !isAppId(String(item.pk))) return undefined;
  const empty = { restrictions: {}, grants: {}, keys: {}, sealed: 0, removed: {}, requests: {}, issuers: [] };
  return { ...empty, ...item, appId: item.pk } as unknown as App;
}

/** The attributes that decide whether a key is valid, and the item's key. None of them helps to compute a secret. */
export const decisive = ['pk', 'sk', 'realm', 'status', 'restrictions', 'keys', 'removed'] as const;

/** What every change to an application writes beside what it changes. */
export function recorded(change: Change): Fragment[] {
  return [expr`${path('rev')} = ${path('rev')} + ${1}`, expr`${path('lastChange')} = ${change}`];
}

/** What of an application a change may write. */
const writable = [
  'name',
  'description',
  'status',
  'restrictions',
  'listKey',
  'issuers',
  'grants',
  'keyCount',
  'keys',
  'sealed',
  'removed',
  'requests',
] as const satisfies readonly (keyof App)[];

/** @returns the write that turns an application, as it was read, into another; it is rejected once `rev` is another */
export function replacementOf(before: App, after: App, change: Change): Update {
  const changed = writable.filter((name) => after[name] !== before[name]);
  const set: Fragment[] = changed.flatMap((name) => {
    const value = after[name];
    return value === undefined ? [] : [expr`${path(name)} = ${value}`];
  });
  const due = after.requests === before.requests ? {} : dueOf(after);
  return toUpdate({
    key: appKey(before.appId),
    set: [...set, ...(due.set ?? []), ...recorded(change)],
    remove: [...changed.filter((name) => after[name] === undefined).map((name) => path(name)), ...(due.remove ?? [])],
    where: [expr`${path('rev')} = ${before.rev}`],
  });
}

/** The index `byDue` leads the sweep to applications with old records. It has several partition keys to spread the load. */
export const dueShards: readonly string[] = Array.from({ length: 10 }, (_, index) => `due#${index}`);

/** The attributes by which the index finds an application: the part of the index, and the time, in ms since the epoch. */
const dueAttributes = [path('dueShard'), path('dueAt')] as const;

/** @returns what puts an application into the index for its first record to grow old, or takes it out */
export function dueOf({ appId, requests }: Pick<App, 'appId' | 'requests'>): { set?: Fragment[]; remove?: Path[] } {
  const times = Object.values(requests).map(({ at }) => at + repeatableMs);
  if (times.length === 0) return { remove: [...dueAttributes] };
  const [shard, dueAt] = dueAttributes;
  return { set: [expr`${shard} = ${shardOf(appId)}`, expr`${dueAt} = ${Math.min(...times)}`] };
}

/** @returns what puts an application into the index for a record of now, unless it stands there for an earlier one */
export function dueLater(appId: string, now: number): Fragment[] {
  const [shard, dueAt] = dueAttributes;
  return [expr`${shard} = ${shardOf(appId)}`, expr`${dueAt} = if_not_exists(${dueAt}, ${now + repeatableMs})`];
}

function shardOf(appId: string): string {
  return dueShards[appId.charCodeAt(appId.length - 1) % dueShards.length] ?? '';
}
