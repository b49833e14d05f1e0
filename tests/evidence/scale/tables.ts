import { maxOrphanedRecords, maxTombstones } from '../../../lib/domain/housekeeping.ts';
import { allLogBytes, breakEven, type Call, calls, containerMonth, costOf, lambdaMs } from './costs.ts';
import { readUnits, writeUnits } from './item-size.ts';
import { itemBytes } from './items.ts';
import { simulate, type Traffic } from './simulation.ts';

/** What one partition carries in a second. */
const partition = { writeUnits: 1_000, readUnits: 3_000 };

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

const count = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 });
const dollars = (value: number): string => (value === 0 ? '' : `$${value.toFixed(2)}`);
const someOf = (value: number): string => (value === 0 ? '' : count(value));
const rounded = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 2 });

const all: readonly Call[] = Object.values(calls);

export const takenTable = table(
  ['call', 'write units', 'read units', 'KMS', 'Lambda, ms', 'log, bytes'],
  all.map((call) => [
    call.what,
    someOf(call.writes),
    someOf(call.reads),
    someOf(call.kms),
    someOf(lambdaMs(call)),
    someOf(allLogBytes(call)),
  ]),
);

export const costTable = table(
  ['a million of', 'DynamoDB', 'Lambda', 'gateway', 'KMS', 'logs', 'X-Ray', 'together'],
  all.map((call) => {
    const { database, lambda, gateway, kms, logs, traces, sum } = costOf(call);
    const cells = [database, lambda, gateway, kms, logs, traces].map((part) => dollars(part * 1e6));
    return [call.what, ...cells, `$${(sum * 1e6).toFixed(2)}`];
  }),
);

/** Unkey's prices as its repository had them. */
const unkeyMonth: readonly (readonly [requests: number, price: number])[] = [
  [150_000, 0],
  [1_000_000, 75],
  [10_000_000, 250],
  [100_000_000, 1_000],
];

export const monthTable = table(
  ['valid verifications a month', '`POST /apiKeys/verify`', 'authorizer', 'library', 'Unkey, as stored'],
  unkeyMonth.map(([requests, price]) => {
    const ours = [calls.call, calls.authorizer, calls.library].map(
      (call) => `$${(costOf(call).sum * requests).toFixed(2)}`,
    );
    return [count(requests), ...ours, `$${count(price)}`];
  }),
);

export const containerTable = table(
  ['instead of', `one container, $${containerMonth(1).toFixed(2)} a month`, `two, $${containerMonth(2).toFixed(2)}`],
  [calls.generate, calls.call, calls.remembered, calls.authorizer, calls.authorizerRemembered].map((call) => [
    call.what,
    ...[1, 2].map((containers) => `${rounded(breakEven(call, containers))} a second`),
  ]),
);

const states: readonly (readonly [what: string, bytes: number])[] = [
  ['new', itemBytes.fresh],
  ['one key', itemBytes.oneKey],
  ['two keys', itemBytes.twoKeys],
  ['the same, 10 rotations in 10 minutes', itemBytes.twoKeys + 10 * itemBytes.tombstone],
  [
    'the most: 50 tombstones, 22 records of `Idempotency-Key`s',
    itemBytes.twoKeys +
      itemBytes.due +
      maxTombstones * itemBytes.tombstone +
      (2 + maxOrphanedRecords) * itemBytes.record,
  ],
];

export const itemTable = table(
  ['application', 'bytes', 'units per write', 'writes a second', 'units per read', 'reads a second'],
  states.map(([what, bytes]) => {
    const [write, read] = [writeUnits(bytes), readUnits(bytes)];
    const rates = [partition.writeUnits / write, partition.readUnits / read].map(Math.floor);
    return [what, bytes, write, rates[0], read, rates[1]].map((cell) =>
      typeof cell === 'number' ? count(cell) : (cell ?? ''),
    );
  }),
);

const traffics: readonly Omit<Traffic, 'seconds'>[] = [
  { perSecond: 100, processes: 10, cacheSeconds: 0 },
  { perSecond: 100, processes: 10, cacheSeconds: 1 },
  { perSecond: 100, processes: 10, cacheSeconds: 10 },
  { perSecond: 100, processes: 10, cacheSeconds: 60 },
  { perSecond: 10, processes: 1_000, cacheSeconds: 10 },
  { perSecond: 100, processes: 1_000, cacheSeconds: 10 },
  { perSecond: 1_000, processes: 1_000, cacheSeconds: 10 },
  { perSecond: 1_000, processes: 100, cacheSeconds: 10 },
  { perSecond: 1_000, processes: 10, cacheSeconds: 10 },
];

/** A minute of each. */
export async function cacheTable(): Promise<string> {
  const seconds = 60;
  const rows: string[][] = [];
  for (const traffic of traffics) {
    const { perSecond, processes, cacheSeconds } = traffic;
    const { reads, writes, applied } = await simulate({ ...traffic, seconds });
    const most = cacheSeconds === 0 ? perSecond * seconds : Math.ceil(seconds / cacheSeconds) * processes;
    const part = `${((reads / perSecond / seconds) * 100).toFixed(1)} %`;
    rows.push([
      ...[perSecond, processes, cacheSeconds, reads, most].map(count),
      part,
      `${count(writes)} (${count(applied)})`,
    ]);
  }
  return table(
    ['requests a second', 'processes', 'cache, s', 'reads', 'at most', 'of all requests', 'writes (applied)'],
    rows,
  );
}

const cacheSeconds = 10;

export const concurrencyTable = table(
  ['processes', 'reads a second, at most', 'of the capacity of a partition'],
  [10, 100, 1_000, 10_000, 30_000].map((processes) => {
    const reads = processes / cacheSeconds;
    return [count(processes), count(reads), `${((reads / partition.readUnits) * 100).toFixed(2)} %`];
  }),
);
