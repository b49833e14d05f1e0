import type { App } from '../domain/app.ts';
import type { SweepRules } from '../domain/due.ts';
import { isAppId } from '../domain/hrn.ts';
import { sweptUpdate } from './app-item.ts';
import { type Path, path } from './expression.ts';
import { type Deadline, read, settle } from './settle.ts';
import type { Item, Query, Table } from './table.ts';

const pageSize = 100;

/**
 * @param now in ms since the epoch
 * @param newDeadline gives each request to the table its time
 * @returns the IDs of the applications of one part of the index that are due, eventually consistent, longest overdue
 * first
 */
export async function* dueApps(
  table: Table,
  shard: string,
  now: number,
  newDeadline: () => Deadline,
): AsyncGenerator<string> {
  for (let last: Item | undefined, isWhole = true; isWhole; ) {
    const items: readonly Item[] = await read(newDeadline(), (ms) =>
      table.attemptQuery(dueQuery(shard, now, last), ms),
    );
    for (const { pk, sk } of items) if (sk === 'app' && isAppId(String(pk))) yield String(pk);
    last = items.at(-1);
    isWhole = items.length === pageSize;
  }
}

/** The index has only the attributes that identify an item. */
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
 * Writes what the sweep has done to an application, unless a change or another sweep has come first. Then the next run
 * does it again. This does not count as a change: `rev` and `lastChange` stay as they are.
 * @param before the application as it was read
 * @param after without its old records, and with what the sweep remembers
 * @returns whether it was written
 */
export async function writeSwept(
  table: Table,
  { before, after, now, rules }: { before: App; after: App; now: number; rules: SweepRules },
  deadline: Deadline,
): Promise<boolean> {
  const update = sweptUpdate(before, after, { now, rules, dropped: droppedFrom(before, after) });
  return update === undefined || (await settle(deadline, (ms) => table.attemptUpdate(update, ms))).applied;
}

/** Each record by name, so that a late copy of the write drops nothing else, and revives nothing. */
function droppedFrom(before: App, after: App): Path[] {
  return (['removed', 'requests'] as const).flatMap((map) =>
    Object.keys(before[map])
      .filter((name) => !Object.hasOwn(after[map], name))
      .map((name) => path(map, name)),
  );
}
