import type { App } from '../domain/app.ts';
import { prune } from '../domain/housekeeping.ts';
import { isAppId } from '../domain/hrn.ts';
import { appKey, dueOf, dueShards } from './app-item.ts';
import { expr, path, toUpdate } from './expression.ts';
import { getApp } from './get-app.ts';
import { type Deadline, read, settle } from './settle.ts';
import type { Item, Query, Table, Update } from './table.ts';

const pageSize = 100;

/**
 * @param now in ms since the epoch
 * @param newDeadline gives each request to the table its time
 * @returns the IDs of applications with old records, eventually consistent; the longest overdue come first
 */
export async function* dueApps(table: Table, now: number, newDeadline: () => Deadline): AsyncGenerator<string> {
  for (const shard of dueShards) {
    for (let last: Item | undefined, isWhole = true; isWhole; ) {
      const items: readonly Item[] = await read(newDeadline(), (ms) =>
        table.attemptQuery(dueQuery(shard, now, last), ms),
      );
      for (const { pk, sk } of items) if (sk === 'app' && isAppId(String(pk))) yield String(pk);
      last = items.at(-1);
      isWhole = items.length === pageSize;
    }
  }
}

/** The index holds no attributes but those that lead on from an item. */
function dueQuery(shard: string, now: number, last: Item | undefined): Query {
  return {
    IndexName: 'byDue',
    KeyConditionExpression: 'dueShard = :shard AND dueAt <= :now',
    ExpressionAttributeValues: { ':shard': shard, ':now': now },
    Limit: pageSize,
    ...(last && { ExclusiveStartKey: last }),
  };
}

/**
 * Drops the old records of an application, unless somebody changes it meanwhile, which drops them too. It is no change
 * to the application: `rev` and `lastChange` stay as they are.
 * @returns whether it did
 */
export async function dropOldRecords(table: Table, appId: string, now: number, deadline: Deadline): Promise<boolean> {
  const app = await getApp(table, appId, deadline);
  if (!app) throw new Error('the index byDue names an application that is not there');
  return (await settle(deadline, (ms) => table.attemptUpdate(pruningOf(app, now), ms))).applied;
}

/** Names each record, so that a late copy of the write drops nothing else, and brings nothing back. */
function pruningOf(app: App, now: number): Update {
  const pruned = prune(app, now);
  const dropped = (['removed', 'requests'] as const).flatMap((map) =>
    Object.keys(app[map])
      .filter((name) => !Object.hasOwn(pruned[map], name))
      .map((name) => path(map, name)),
  );
  const { set = [], remove = [] } = dueOf(pruned);
  return toUpdate({
    key: appKey(app.appId),
    set,
    remove: [...dropped, ...remove],
    where: [expr`${path('rev')} = ${app.rev}`],
  });
}
