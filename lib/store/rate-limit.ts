import { randomUUID } from 'node:crypto';
import { LruMap } from '../base/lru-map.ts';
import { ApiError } from '../domain/errors.ts';
import { expr, path, toUpdate } from './expression.ts';
import { type Deadline, read, settle } from './settle.ts';
import type { Table, Update } from './table.ts';

/** The client whose requests are counted together. */
export interface Client {
  readonly issuer: string;
  readonly principal: string;
}

/** A steady rate, and how many requests can come at once (GCRA). */
export interface RateLimit {
  readonly requestsPerSecond: number;
  readonly burst: number;
  /** The cause in the response, if the client is not a principal. */
  readonly cause?: string;
}

/** @throws ApiError 429003 if the client must wait; 503000 if the limit can't be checked */
export type RateLimiter = (client: Client, deadline: Deadline) => Promise<void>;

const maxRemembered = 1_000;

/**
 * The generic cell rate algorithm, on one item for each client, exact across all processes. The item's `tat`, the
 * theoretical arrival time, is when the bucket will be full again, in µs since the epoch. DynamoDB has no `max()`, so a
 * full bucket and a bucket in use need different updates. Each process remembers which one is likely, so one write is
 * mostly enough.
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
    // A bucket that seemed in use may have become so only after it was found full.
    for (const update of isBusy ? [busyUpdate, idleUpdate, busyUpdate] : [idleUpdate, busyUpdate]) {
      if (!(await isCounted(table, request, update(request), deadline))) continue;
      fullAt.set(pk, Math.max(fullAt.get(pk) ?? 0, now) + intervalMicros);
      return;
    }
    fullAt.set(pk, now + toleranceMicros + intervalMicros);
    // There is room again after one interval at the latest.
    const retryAfterSeconds = Math.ceil(intervalMicros / 1_000_000);
    throw new ApiError('429003', { retryAfterSeconds, ...(cause !== undefined && { cause }) });
  };
}

/** One request to count. `op` tells its own write, whose response can be lost, from others. */
interface Counted {
  readonly pk: string;
  readonly op: string;
  /** µs since the epoch. */
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

/** @returns seconds since the epoch, as DynamoDB's TTL needs them, a minute later */
function ttlAfter(micros: number): number {
  return Math.ceil(micros / 1_000_000) + 60;
}
