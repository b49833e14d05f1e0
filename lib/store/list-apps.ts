import type { App } from '../domain/app.ts';
import { appKey, appOf } from './app-item.ts';
import { membersKey, placeOf } from './members.ts';
import { type Deadline, read } from './settle.ts';
import type { Item, Query, Table } from './table.ts';

/** Which applications of a realm to list. */
export interface Listing {
  readonly realm: string;
  readonly principal: string;
  /** whether the caller's token gives a right on the application; undefined: on none that it does not name */
  readonly isPermitted: ((appId: string) => boolean) | undefined;
  /** whether it does so on every application of the realm */
  readonly seesAll: boolean;
  /** applications that the caller's token names one by one */
  readonly named: readonly string[];
  /** the application itself decides in the end */
  readonly isVisible: (app: App) => boolean;
  /** place of the last application of the page before */
  readonly before: string | undefined;
  readonly limit: number;
}

/** An application that may be in the list, at the place where it was found. */
interface Candidate {
  readonly appId: string;
  readonly place: string;
}

/** Sorts after every place. */
const newest = '~';
/** As many keys as DynamoDB reads at once. */
const maxBatch = 100;
/** So many a query asks for at first, and at most: 1,600 entries of an index, or pointers, are far from the 1 MB that ends an answer. */
const pageSize = 100;
const largestPage = 1_600;

/**
 * Lists first what the principal created, then the rest, each newest first. Who sees all of the realm gets it newest first.
 * @returns at most `limit` applications, eventually consistent; and, where there are more, the place of the last one
 */
export async function listApps(
  table: Table,
  listing: Listing,
  deadline: Deadline,
): Promise<{ apps: App[]; last: string | undefined }> {
  const found: App[] = [];
  const placeFor = (app: App) => (listing.seesAll ? app.listKey : placeOf(app, listing.principal));
  const left = candidates(table, listing, deadline);
  for (let looked = 0; found.length <= listing.limit; ) {
    const unseen = looked - found.length;
    const batch = await take(left, Math.min(maxBatch, listing.limit + 1 - found.length + unseen));
    if (batch.length === 0) break;
    looked += batch.length;
    const keys = [...new Set(batch.map(({ appId }) => appId))].map(appKey);
    const items = await read(deadline, (ms) => table.attemptBatchGet(keys, ms));
    const apps = new Map(items.map((item) => [item.pk, appOf(item)]));
    for (const { appId, place } of batch) {
      const app = apps.get(appId);
      const isThere = app && placeFor(app) === place && app.status !== 'deleted' && app.realm === listing.realm;
      if (isThere && listing.isVisible(app)) found.push(app);
    }
  }
  const page = found.slice(0, listing.limit);
  const last = page.at(-1);
  return { apps: page, last: last && found.length > listing.limit ? placeFor(last) : undefined };
}

/** Merges what pointers, the realm's index and the token's names lead to: in order of their places, each once. */
async function* candidates(table: Table, listing: Listing, deadline: Deadline): AsyncGenerator<Candidate> {
  if (listing.seesAll) return yield* indexed(table, listing, deadline);
  const sources = [
    members(table, listing, deadline),
    namedApps(table, listing, deadline),
    indexed(table, listing, deadline),
  ];
  const heads = await Promise.all(sources.map((source) => source.next()));
  for (;;) {
    const heldPlaces = heads.map((head) => (head.done ? '' : head.value.place));
    const first = heldPlaces.toSorted().at(-1);
    const head = heads.find((_, index) => heldPlaces[index] === first);
    if (!head || head.done) return;
    yield head.value;
    await Promise.all(
      sources.map(async (source, index) => {
        if (heldPlaces[index] === head.value.place) heads[index] = await source.next();
      }),
    );
  }
}

function members(
  table: Table,
  { realm, principal, before = newest }: Listing,
  deadline: Deadline,
): AsyncGenerator<Candidate> {
  return descending(before, async (last, most) =>
    query(
      table,
      deadline,
      {
        KeyConditionExpression: 'pk = :pk AND sk < :last',
        ExpressionAttributeValues: { ':pk': membersKey(realm, principal), ':last': last },
        Limit: most,
      },
      ({ appId, sk }) => ({ appId: String(appId), place: String(sk) }),
    ),
  );
}

async function* indexed(
  table: Table,
  { realm, isPermitted, before = newest }: Listing,
  deadline: Deadline,
): AsyncGenerator<Candidate> {
  if (!isPermitted) return;
  yield* descending(
    before,
    async (last, most) =>
      query(
        table,
        deadline,
        {
          IndexName: 'byRealm',
          KeyConditionExpression: 'realm = :realm AND listKey < :last',
          ExpressionAttributeValues: { ':realm': realm, ':last': last },
          Limit: most,
        },
        ({ pk, listKey }) => ({ appId: String(pk), place: String(listKey) }),
      ),
    isPermitted,
  );
}

async function* namedApps(
  table: Table,
  { named, principal, before = newest }: Listing,
  deadline: Deadline,
): AsyncGenerator<Candidate> {
  const keys = [...new Set(named)].map(appKey);
  const found: Candidate[] = [];
  for (let from = 0; from < keys.length; from += maxBatch) {
    const items = await read(deadline, (ms) => table.attemptBatchGet(keys.slice(from, from + maxBatch), ms));
    const apps = items.flatMap((item) => appOf(item) ?? []);
    found.push(...apps.map((app) => ({ appId: app.appId, place: placeOf(app, principal) })));
  }
  const later = found.filter(({ place }) => place !== '' && place < before);
  yield* later.sort((one, other) => (one.place < other.place ? 1 : -1));
}

/** Pages backwards through something that is sorted by place; in larger pages where little of it is wanted. */
async function* descending(
  from: string,
  page: (last: string, most: number) => Promise<Candidate[]>,
  isWanted: (appId: string) => boolean = () => true,
): AsyncGenerator<Candidate> {
  let most = pageSize;
  for (let last: string | undefined = from; last !== undefined; ) {
    const candidates: Candidate[] = await page(last, most);
    const wanted = candidates.filter(({ appId }) => isWanted(appId));
    yield* wanted;
    last = candidates.length < most ? undefined : candidates.at(-1)?.place;
    if (wanted.length < candidates.length / 2) most = Math.min(2 * most, largestPage);
  }
}

async function query(
  table: Table,
  deadline: Deadline,
  what: Query,
  toCandidate: (item: Item) => Candidate,
): Promise<Candidate[]> {
  const newestFirst = { ...what, ScanIndexForward: false };
  return (await read(deadline, (ms) => table.attemptQuery(newestFirst, ms))).map(toCandidate);
}

/** @returns the next ones, at most `most`; none when there are no more */
async function take(from: AsyncGenerator<Candidate>, most: number): Promise<Candidate[]> {
  const taken: Candidate[] = [];
  while (taken.length < most) {
    const { done, value } = await from.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
