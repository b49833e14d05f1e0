import type { App } from '../domain/app.ts';
import { appKey, appOf } from './app-item.ts';
import { membersKey } from './members.ts';
import { type Deadline, read } from './settle.ts';
import type { Item, Query, Table } from './table.ts';

/** Which applications of a realm to list. */
export interface Listing {
  readonly realm: string;
  readonly principal: string;
  /** whether the caller's token gives a right on the application; undefined: on none that it does not name */
  readonly isPermitted: ((appId: string) => boolean) | undefined;
  /** applications that the caller's token names one by one */
  readonly named: readonly string[];
  /** the application itself decides in the end */
  readonly isVisible: (app: App) => boolean;
  /** `listKey` of the last application of the page before */
  readonly before: string | undefined;
  readonly limit: number;
}

interface Candidate {
  readonly appId: string;
  readonly listKey: string;
}

/** Sorts after every `listKey`. */
const newest = '~';
/** As many keys as DynamoDB reads at once. */
const maxBatch = 100;
/** So many a query asks for at first, and at most: 1,600 entries of an index, or pointers, are far from the 1 MB that ends an answer. */
const pageSize = 100;
const largestPage = 1_600;

/** @returns at most `limit` applications, newest first, eventually consistent; and whether there are more */
export async function listApps(
  table: Table,
  listing: Listing,
  deadline: Deadline,
): Promise<{ apps: App[]; hasMore: boolean }> {
  const found: App[] = [];
  const left = candidates(table, listing, deadline);
  for (let looked = 0; found.length <= listing.limit; ) {
    const unseen = looked - found.length;
    const batch = await take(left, Math.min(maxBatch, listing.limit + 1 - found.length + unseen));
    if (batch.length === 0) break;
    looked += batch.length;
    const keys = [...new Set(batch.map(({ appId }) => appId))].map(appKey);
    const items = await read(deadline, (ms) => table.attemptBatchGet(keys, ms));
    const apps = new Map(items.map((item) => [item.pk, appOf(item)]));
    for (const { appId, listKey } of batch) {
      const app = apps.get(appId);
      if (app?.listKey === listKey && app.status !== 'deleted' && app.realm === listing.realm && listing.isVisible(app))
        found.push(app);
    }
  }
  return { apps: found.slice(0, listing.limit), hasMore: found.length > listing.limit };
}

/** Merges what grants, the realm's index and the token's names lead to: newest first, each once. */
async function* candidates(table: Table, listing: Listing, deadline: Deadline): AsyncGenerator<Candidate> {
  const sources = [
    members(table, listing, deadline),
    namedApps(table, listing, deadline),
    indexed(table, listing, deadline),
  ];
  const heads = await Promise.all(sources.map((source) => source.next()));
  for (;;) {
    const keys = heads.map((head) => (head.done ? '' : head.value.listKey));
    const first = keys.toSorted().at(-1);
    const head = heads.find((_, index) => keys[index] === first);
    if (!head || head.done) return;
    yield head.value;
    await Promise.all(
      sources.map(async (source, index) => {
        if (keys[index] === head.value.listKey) heads[index] = await source.next();
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
      ({ appId, sk }) => ({ appId: String(appId), listKey: String(sk) }),
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
        ({ pk, listKey }) => ({ appId: String(pk), listKey: String(listKey) }),
      ),
    isPermitted,
  );
}

async function* namedApps(
  table: Table,
  { named, before = newest }: Listing,
  deadline: Deadline,
): AsyncGenerator<Candidate> {
  const keys = [...new Set(named)].map(appKey);
  const found: Candidate[] = [];
  for (let from = 0; from < keys.length; from += maxBatch) {
    const items = await read(deadline, (ms) => table.attemptBatchGet(keys.slice(from, from + maxBatch), ms));
    found.push(...items.map(({ pk, listKey }) => ({ appId: String(pk), listKey: String(listKey ?? '') })));
  }
  const older = found.filter(({ listKey }) => listKey !== '' && listKey < before);
  yield* older.sort((one, other) => (one.listKey < other.listKey ? 1 : -1));
}

/** Pages through something that is sorted by `listKey`, newest first; in larger pages where little of it is wanted. */
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
    last = candidates.length < most ? undefined : candidates.at(-1)?.listKey;
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
