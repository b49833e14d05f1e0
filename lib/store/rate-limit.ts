import { randomUUID } from 'node:crypto';
import { LruMap } from '../base/lru-map.ts';
import { ApiError } from '../domain/errors.ts';
import { expr, path, toUpdate } from './expression.ts';
import { type Deadline, read, settle } from './settle.ts';
import type { Table, Update } from './table.ts';

/** Whose requests are counted together. */
export interface Client {
  readonly issuer: string;
  readonly principal: string;
}

/** GCRA: a steady rate, and how many may come at once. */
export interface RateLimit {
  readonly requestsPerSecond: number;
  readonly burst: number;
  /** what a client is told that has to wait, if it is no principal */
  readonly cause?: string;
}

/** @throws ApiError 429003 when the client has to wait, 503000 when the limit cannot be looked up */
export type RateLimiter = (client: Client, deadline: Deadline) => Promise<void>;

const maxRemembered = 1_000;

/**
 * The generic cell rate algorithm, on one item a client, exact across all processes: `tat`, the theoretical arrival
 * time, is when the bucket will be full again, in µs since the epoch. DynamoDB has no `max()`, so a full bucket and
 * one in use are two different updates; each process remembers which one is likely, so that mostly one write does.
 * @see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
export function createRateLimiter(table: Table, { requestsPerSecond, burst, cause }: RateLimit): RateLimiter {
  const intervalMicros = Math.ceil(1_000_000 / requestsPerSecond);
  const toleranceMicros = intervalMicros * (burst - 1);
  const fullAt = new LruMap<string, number>(maxRemembered);

  return async (client, deadline) => {
    const pk = `rate#${client.issuer}#${client.principal}`;
    const now = deadline.now() * 1_000;
    const request = { pk, op: randomUUID(), now, intervalMicros, toleranceMicros };
    const isBusy = (fullAt.get(pk) ?? 0) > now;
    // A bucket that was thought busy may have become so after it was found idle.
    for (const update of isBusy ? [busyUpdate, idleUpdate, busyUpdate] : [idleUpdate, busyUpdate]) {
      if (!(await isCounted(table, request, update(request), deadline))) continue;
      fullAt.set(pk, Math.max(fullAt.get(pk) ?? 0, now) + intervalMicros);
      return;
    }
    fullAt.set(pk, now + toleranceMicros + intervalMicros);
    // A place comes free after one interval at the latest.
    const retryAfterSeconds = Math.ceil(intervalMicros / 1_000_000);
    throw new ApiError('429003', { retryAfterSeconds, ...(cause !== undefined && { cause }) });
  };
}

/** One request to be counted. `op` tells its own write, whose answer may be lost, from others. */
interface Counted {
  readonly pk: string;
  readonly op: string;
  /** µs since the epoch */
  readonly now: number;
  readonly intervalMicros: number;
  readonly toleranceMicros: number;
}

async function isCounted(table: Table, { pk, op }: Counted, update: Update, deadline: Deadline): Promise<boolean> {
  const { applied, inDoubt } = await settle(deadline, (ms) => table.attemptUpdate(update, ms));
  if (applied || !inDoubt) return applied;
  const item = await read(deadline, (ms) => table.attemptGet({ pk, sk: 'rate' }, ms));
  return item?.op === op;
}

function idleUpdate({ pk, op, now, intervalMicros }: Counted): Update {
  const tat = now + intervalMicros;
  return toUpdate({
    key: { pk, sk: 'rate' },
    set: [expr`${path('tat')} = ${tat}`, expr`${path('op')} = ${op}`, expr`${path('ttl')} = ${ttlAfter(tat)}`],
    where: [expr`attribute_not_exists(${path('pk')}) OR ${path('tat')} <= ${now}`],
  });
}

function busyUpdate({ pk, op, now, intervalMicros, toleranceMicros }: Counted): Update {
  return toUpdate({
    key: { pk, sk: 'rate' },
    set: [
      expr`${path('tat')} = ${path('tat')} + ${intervalMicros}`,
      expr`${path('op')} = ${op}`,
      expr`${path('ttl')} = ${ttlAfter(now + toleranceMicros + intervalMicros)}`,
    ],
    where: [
      expr`${path('tat')} > ${now}`,
      expr`${path('tat')} <= ${now + toleranceMicros}`,
      expr`${path('op')} <> ${op}`,
    ],
  });
}

/** @returns seconds since the epoch, as DynamoDB's TTL wants them, a minute later */
function ttlAfter(micros: number): number {
  return Math.ceil(micros / 1_000_000) + 60;
}
