import type { App } from '../domain/app.ts';
import { type Action, includes } from '../domain/policy.ts';
import { appKey, appOf } from './app-item.ts';
import { actionsOf, membersKey, sortKeyOf } from './members.ts';
import { type Deadline, read } from './settle.ts';
import type { Item, Query, Table } from './table.ts';

/** Which applications of a realm to list. */
export interface Listing {
  readonly realm: string;
  readonly principal: string;
  /** The right that the caller must have. */
  readonly action: Action;
  /**
   * Whether the caller's token gives that right on the application. undefined: only on the applications that it names.
   */
  readonly isPermitted: ((appId: string) => boolean) | undefined;
  /** Whether the token gives it on every application of the realm. */
  readonly seesAll: boolean;
  /** Applications that the caller's token names one by one. */
  readonly named: readonly string[];
  /** The application itself has the final say. */
  readonly isVisible: (app: App) => boolean;
  /** Position of the previous page's last application. */
  readonly before: string | undefined;
  /** The total of the first page. */
  readonly known: number | undefined;
  readonly limit: number;
}

/** An application that may belong in the list, at the position where it was found. */
interface Candidate {
  readonly appId: string;
  readonly sortKey: string;
}

/** The result of a query. `isWanted`: whether it may belong in the list, as far as this is known without reading it. */
interface Found extends Candidate {
  readonly isWanted: boolean;
}

/** Sorts after every position. */
const newest = '~';
/** The number of keys that DynamoDB reads at once. */
const maxBatch = 100;
/** The number of matches that are counted. */
const mostCounted = 1_000;
/**
 * The number of items that a query asks for. `next`: only for a page. `first`: if all are counted too. `most`: if few
 * of them are wanted. Pointers of up to 1.4 KB, or index entries of up to 300 bytes, then stay below 1 MB, which ends a
 * response.
 */
const sizes = {
  pointers: { next: 100, first: 500, most: 500 },
  index: { next: 100, first: mostCounted, most: 1_600 },
} as const;

/**
 * Lists first what the principal created, then the rest, each newest first. A caller who sees the whole realm gets it
 * newest first.
 * @returns at most `limit` applications, eventually consistent; if there are more, the position of the last one; and
 * the total, for which only the applications of the first page were read
 */
export async function listApps(
  table: Table,
  listing: Listing,
  deadline: Deadline,
): Promise<{ apps: App[]; last: string | undefined; total: number }> {
  const found: App[] = [];
  const sortKeyFor = (app: App) => (listing.seesAll ? app.listKey : sortKeyOf(app, listing.principal));
  const left = candidates(table, listing, deadline);
  for (let looked = 0; listing.limit > 0 && found.length <= listing.limit; ) {
    const unseen = looked - found.length;
    const batch = await take(left, Math.min(maxBatch, listing.limit + 1 - found.length + unseen));
    if (batch.length === 0) break;
    looked += batch.length;
    const keys = [...new Set(batch.map(({ appId }) => appId))].map(appKey);
    const items = await read(deadline, (ms) => table.attemptBatchGet(keys, ms));
    const apps = new Map(items.map((item) => [item.pk, appOf(item)]));
    for (const { appId, sortKey } of batch) {
      const app = apps.get(appId);
      if (app && sortKeyFor(app) === sortKey && isListed(app, listing)) found.push(app);
    }
  }
  const page = found.slice(0, listing.limit);
  const last = page.at(-1);
  return {
    apps: page,
    last: last && found.length > listing.limit ? sortKeyFor(last) : undefined,
    total: listing.known ?? (await count(found, left)),
  };
}

function isListed(app: App, { realm, isVisible }: Listing): boolean {
  return app.status !== 'deleted' && app.realm === realm && isVisible(app);
}

/** Counts each application once: a pointer and the index can have it at two positions. */
async function count(found: readonly App[], left: AsyncGenerator<Candidate>): Promise<number> {
  const counted = new Set(found.map(({ appId }) => appId));
  for await (const { appId } of left) {
    counted.add(appId);
    if (counted.size === mostCounted) break;
  }
  return counted.size;
}

/** Merges the pointers, the realm's index and the names in the token: ordered by position, each application once. */
async function* candidates(table: Table, listing: Listing, deadline: Deadline): AsyncGenerator<Candidate> {
  if (listing.seesAll) return yield* indexed(table, listing, deadline);
  const sources = [
    members(table, listing, deadline),
    namedApps(table, listing, deadline),
    indexed(table, listing, deadline),
  ];
  const heads = await Promise.all(sources.map((source) => source.next()));
  for (;;) {
    const heldKeys = heads.map((head) => (head.done ? '' : head.value.sortKey));
    const first = heldKeys.toSorted().at(-1);
    const head = heads.find((_, index) => heldKeys[index] === first);
    if (!head || head.done) return;
    yield head.value;
    await Promise.all(
      sources.map(async (source, index) => {
        if (heldKeys[index] === head.value.sortKey) heads[index] = await source.next();
      }),
    );
  }
}

/** Only the pointers have what the caller created at its own position. */
function members(table: Table, listing: Listing, deadline: Deadline): AsyncGenerator<Candidate> {
  const { realm, principal, action, isPermitted } = listing;
  return descending(listing, sizes.pointers, async (last, most) =>
    query(
      table,
      deadline,
      {
        KeyConditionExpression: 'pk = :pk AND sk < :last',
        ExpressionAttributeValues: { ':pk': membersKey(realm, principal), ':last': last },
        Limit: most,
      },
      (item) => ({
        appId: String(item.appId),
        sortKey: String(item.sk),
        isWanted: includes(actionsOf(item), action) || isPermitted?.(String(item.appId)) === true,
      }),
    ),
  );
}

async function* indexed(table: Table, listing: Listing, deadline: Deadline): AsyncGenerator<Candidate> {
  const { realm, isPermitted } = listing;
  if (!isPermitted) return;
  yield* descending(listing, sizes.index, async (last, most) =>
    query(
      table,
      deadline,
      {
        IndexName: 'byRealm',
        KeyConditionExpression: 'realm = :realm AND listKey < :last',
        ExpressionAttributeValues: { ':realm': realm, ':last': last },
        Limit: most,
      },
      ({ pk, listKey }) => ({ appId: String(pk), sortKey: String(listKey), isWanted: isPermitted(String(pk)) }),
    ),
  );
}

async function* namedApps(table: Table, listing: Listing, deadline: Deadline): AsyncGenerator<Candidate> {
  const { named, principal, before = newest } = listing;
  const keys = [...new Set(named)].map(appKey);
  const found: Candidate[] = [];
  for (let from = 0; from < keys.length; from += maxBatch) {
    const items = await read(deadline, (ms) => table.attemptBatchGet(keys.slice(from, from + maxBatch), ms));
    const apps = items.flatMap((item) => appOf(item) ?? []).filter((app) => isListed(app, listing));
    found.push(...apps.map((app) => ({ appId: app.appId, sortKey: sortKeyOf(app, principal) })));
  }
  const later = found.filter(({ sortKey }) => sortKey !== '' && sortKey < before);
  yield* later.sort((one, other) => (one.sortKey < other.sortKey ? 1 : -1));
}

/** Pages backwards through something that is sorted by position; in larger pages if little of it is wanted. */
async function* descending(
  { before = newest, known }: Listing,
  { next, first, most }: (typeof sizes)[keyof typeof sizes],
  page: (last: string, size: number) => Promise<Found[]>,
): AsyncGenerator<Candidate> {
  let size: number = known === undefined ? first : next;
  for (let last: string | undefined = before; last !== undefined; ) {
    const found: Found[] = await page(last, size);
    const wanted = found.filter(({ isWanted }) => isWanted);
    yield* wanted;
    last = found.length < size ? undefined : found.at(-1)?.sortKey;
    if (wanted.length < found.length / 2) size = Math.min(2 * size, most);
  }
}

async function query(table: Table, deadline: Deadline, what: Query, toFound: (item: Item) => Found): Promise<Found[]> {
  const newestFirst = { ...what, ScanIndexForward: false };
  return (await read(deadline, (ms) => table.attemptQuery(newestFirst, ms))).map(toFound);
}

/** @returns the next ones, at most `most`; none at the end */
async function take(from: AsyncGenerator<Candidate>, most: number): Promise<Candidate[]> {
  const taken: Candidate[] = [];
  while (taken.length < most) {
    const { done, value } = await from.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
