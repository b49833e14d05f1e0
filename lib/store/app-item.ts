import type { App, Change } from '../domain/app.ts';
import { dueTimeOf, type Sweepable, type SweepRules } from '../domain/due.ts';
import { isAppId } from '../domain/hrn.ts';
import { watchedAfter } from '../domain/notices.ts';
import { expr, type Fragment, type Path, path, toUpdate } from './expression.ts';
import type { Item, ItemKey, Update } from './table.ts';

export function appKey(appId: string): ItemKey {
  return { pk: appId, sk: 'app' };
}

/**
 * @returns the application in an item. What this service wrote is not checked again. An item whose key is not an
 * application's ID comes from a role that can't write applications, and counts as none
 */
export function appOf(item: Item | null | undefined): App | undefined {
  if (item?.sk !== 'app' || !isAppId(String(item.pk))) return undefined;
  const empty = { restrictions: {}, grants: {}, keys: {}, sealed: 0, removed: {}, requests: {}, issuers: [] };
  return { ...empty, ...item, appId: item.pk } as unknown as App;
}

/** The item's key, and the attributes that decide whether a key is valid. None of them helps to compute a secret. */
export const decisive = ['pk', 'sk', 'realm', 'status', 'restrictions', 'keys', 'removed'] as const;

/** What every change to an application also writes. */
export function recorded(change: Change): Fragment[] {
  return [expr`${path('rev')} = ${path('rev')} + ${1}`, expr`${path('lastChange')} = ${change}`];
}

/** The attributes of an application that a change can write. */
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
  'watched',
] as const satisfies readonly (keyof App)[];

/**
 * The position in the index is written even if it is unchanged, because the sweep moves it without changing `rev`.
 * @returns the write that turns an application, as it was read, into another; it is rejected if `rev` has changed
 */
export function replacementOf(before: App, edited: App, change: Change, rules: SweepRules): Update {
  const after = { ...edited, watched: watchedAfter(before, edited, change.at, rules.notices) };
  const { set, remove } = differences(before, after, writable);
  const next = dueTimeOf(after, change.at, rules);
  const place = next === undefined && before.dueAt === undefined ? nowhere : placeOf(before.appId, next);
  return toUpdate({
    key: appKey(before.appId),
    set: [...set, ...place.set, ...recorded(change)],
    remove: [...remove, ...place.remove],
    where: [stillAt(before)],
  });
}

/**
 * @param before the application as the sweep read it
 * @param after without its old records, and with what the sweep remembers
 * @param dropped the paths of the old records
 * @returns the write from `before` to `after`, which is rejected after a change or another sweep; undefined: there is
 * nothing to write
 */
export function sweptUpdate(
  before: App,
  after: App,
  { now, rules, dropped }: { now: number; rules: SweepRules; dropped: readonly Path[] },
): Update | undefined {
  const { set, remove } = differences(before, after, ['watched']);
  const next = dueTimeOf(after, now, rules);
  const place = next === before.dueAt ? nowhere : placeOf(before.appId, next);
  const [sets, removes] = [
    [...set, ...place.set],
    [...dropped, ...remove, ...place.remove],
  ];
  if (sets.length + removes.length === 0) return undefined;
  const where = [stillAt(before), stillDueAt(before)];
  return toUpdate({ key: appKey(before.appId), set: sets, remove: removes, where });
}

/** Nobody has changed the application since it was read. */
function stillAt({ rev }: App): Fragment {
  return expr`${path('rev')} = ${rev}`;
}

/** No other sweep has visited the application since it was read. */
function stillDueAt({ dueAt }: App): Fragment {
  return dueAt === undefined ? expr`attribute_not_exists(${due})` : expr`${due} = ${dueAt}`;
}

/** @returns what sets and removes the named attributes that differ */
function differences(before: App, after: App, names: readonly (typeof writable)[number][]): Changes {
  const changed = names.filter((name) => after[name] !== before[name]);
  const set: Fragment[] = changed.flatMap((name) => {
    const value = after[name];
    return value === undefined ? [] : [expr`${path(name)} = ${value}`];
  });
  return { set, remove: changed.filter((name) => after[name] === undefined).map((name) => path(name)) };
}

/**
 * The partition keys of the index `byDue`, in which the sweep finds what is due. There are several, to spread the load.
 */
export const dueShards: readonly string[] = Array.from({ length: 10 }, (_, index) => `due#${index}`);

/** The attributes of the index: the part of the index, and the time, in ms since the epoch. */
const [shard, due] = [path('dueShard'), path('dueAt')];

interface Changes {
  readonly set: readonly Fragment[];
  readonly remove: readonly Path[];
}

const nowhere: Changes = { set: [], remove: [] };

/** @returns what puts an application into the index for that time, or removes it */
function placeOf(appId: string, next: number | undefined): Changes {
  if (next === undefined) return { set: [], remove: [shard, due] };
  return { set: [expr`${shard} = ${shardOf(appId)}`, expr`${due} = ${next}`], remove: [] };
}

/** An application keeps its position if the exact time is at most this much earlier. */
const nearlyMs = 60_000;

/**
 * The index entry of a write that adds something to an application that it has not read. The application stays due when
 * it is, unless the addition is due earlier. The write can't know which is the case, so its condition demands what it
 * assumes.
 * @param added what is added
 * @param seen when the application was due when it was read, if it was
 */
export function dueWith(
  appId: string,
  added: Sweepable,
  now: number,
  rules: SweepRules,
  seen: number | undefined,
): { set: Fragment[]; where: Fragment[] } {
  const own = dueTimeOf(added, now, rules);
  if (own === undefined) return { set: [], where: [] };
  const isEarlier = seen !== undefined && seen > own + nearlyMs;
  const kept = isEarlier ? expr`${due} = ${own}` : expr`${due} = if_not_exists(${due}, ${own})`;
  const where = isEarlier ? expr`${due} > ${own}` : expr`NOT ${due} > ${own + nearlyMs}`;
  return { set: [expr`${shard} = ${shardOf(appId)}`, kept], where: [where] };
}

/** @returns the write that makes an application due for the sweep at that time */
export function dueAt(appId: string, at: number): Update {
  const set = [expr`${shard} = ${shardOf(appId)}`, expr`${due} = ${at}`];
  return toUpdate({ key: appKey(appId), set, where: [expr`attribute_exists(${path('pk')})`] });
}

function shardOf(appId: string): string {
  return dueShards[appId.charCodeAt(appId.length - 1) % dueShards.length] ?? '';
}
