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
  'watched',
] as const satisfies readonly (keyof App)[];

/**
 * The place in the index is written even if it is what was read: the sweep moves it, and leaves `rev` as it is.
 * @returns the write that turns an application, as it was read, into another; it is rejected once `rev` is another
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
 * @param before the application as the sweep read it. @param after without its old records, and with what it remembers
 * @param dropped the paths of the old records
 * @returns the write that makes it so, unless a change or another sweep has come first; undefined: there is nothing to write
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

/** No other sweep has been at the application since it was read. */
function stillDueAt({ dueAt }: App): Fragment {
  return dueAt === undefined ? expr`attribute_not_exists(${due})` : expr`${due} = ${dueAt}`;
}

/** @returns what sets and removes the attributes of those names that differ */
function differences(before: App, after: App, names: readonly (typeof writable)[number][]): Changes {
  const changed = names.filter((name) => after[name] !== before[name]);
  const set: Fragment[] = changed.flatMap((name) => {
    const value = after[name];
    return value === undefined ? [] : [expr`${path(name)} = ${value}`];
  });
  return { set, remove: changed.filter((name) => after[name] === undefined).map((name) => path(name)) };
}

/** The index `byDue` leads the sweep to what is due. It has several partition keys to spread the load. */
export const dueShards: readonly string[] = Array.from({ length: 10 }, (_, index) => `due#${index}`);

/** The attributes by which the index finds an application: the part of the index, and the time, in ms since the epoch. */
const [shard, due] = [path('dueShard'), path('dueAt')];

interface Changes {
  readonly set: readonly Fragment[];
  readonly remove: readonly Path[];
}

const nowhere: Changes = { set: [], remove: [] };

/** @returns what puts an application into the index for that time, or takes it out */
function placeOf(appId: string, next: number | undefined): Changes {
  if (next === undefined) return { set: [], remove: [shard, due] };
  return { set: [expr`${shard} = ${shardOf(appId)}`, expr`${due} = ${next}`], remove: [] };
}

/** An application that is due a little later than it could be keeps its place. */
const nearlyMs = 60_000;

/**
 * What a write that adds something does, which has not read the application: it stays due when it is, unless it is due
 * earlier for what is added. A write cannot tell which of the two it is, so it demands what it takes for true.
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

/** @returns the write that lets the sweep look at an application, for whatever is due there by then */
export function dueAt(appId: string, at: number): Update {
  const set = [expr`${shard} = ${shardOf(appId)}`, expr`${due} = ${at}`];
  return toUpdate({ key: appKey(appId), set, where: [expr`attribute_exists(${path('pk')})`] });
}

function shardOf(appId: string): string {
  return dueShards[appId.charCodeAt(appId.length - 1) % dueShards.length] ?? '';
}
