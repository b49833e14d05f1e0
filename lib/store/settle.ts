import { ApiError } from '../domain/errors.ts';
import type { Attempt, Item, ReadAttempt } from './table.ts';

/** The time that a request can take, and its clock. */
export interface Deadline {
  /** In ms since the epoch. */
  readonly at: number;
  now(): number;
  sleep(ms: number): Promise<void>;
  random(): number;
}

/** The known outcome of a write. `inDoubt`: an earlier attempt had an unknown outcome, and may still be applied. */
export interface Settled {
  readonly applied: boolean;
  readonly item: Item | null | undefined;
  readonly inDoubt: boolean;
}

const unsettled =
  'A dependency of the service did not respond in time, so it is not known whether the change was made.';

/**
 * Repeats the same write until it is known to be applied or rejected. A second copy of the write must be rejected. A
 * write that may be applied is repeated however busy the database is.
 * @param inDoubt whether an earlier attempt at the same change had an unknown outcome
 * @throws ApiError 503000 at the deadline, or if the database is too busy; its cause says whether the change may have
 * been made
 */
export async function settle(
  deadline: Deadline,
  write: (withinMs: number) => Promise<Attempt>,
  inDoubt = false,
): Promise<Settled> {
  for (let failures = 0; ; failures += 1) {
    const attempt = await write(timeLeft(deadline, inDoubt));
    if (attempt.outcome === 'applied') return { applied: true, item: undefined, inDoubt };
    if (attempt.outcome === 'refused') return { applied: false, item: attempt.item, inDoubt };
    inDoubt ||= attempt.outcome === 'unknown';
    if (attempt.isTooBusy && !inDoubt) throw late(attempt.error, inDoubt);
    await backOff(deadline, failures, attempt.error, inDoubt);
  }
}

/**
 * Repeats a read until it succeeds.
 * @throws ApiError 503000 at the deadline, or if the database is too busy
 */
export async function read<Found>(
  deadline: Deadline,
  attempt: (withinMs: number) => Promise<ReadAttempt<Found>>,
  inDoubt = false,
): Promise<Found> {
  for (let failures = 0; ; failures += 1) {
    const result = await attempt(timeLeft(deadline, inDoubt));
    if (result.outcome === 'read') return result.found;
    if (result.isTooBusy && !inDoubt) throw late(result.error, inDoubt);
    await backOff(deadline, failures, result.error, inDoubt);
  }
}

/**
 * @returns the time that is left for an attempt, more than 0 ms
 * @throws ApiError 503000 at the deadline
 */
export function timeLeft(deadline: Deadline, inDoubt: boolean): number {
  const leftMs = deadline.at - deadline.now();
  if (leftMs <= 0) throw late('the time is over', inDoubt);
  return leftMs;
}

/** Waits a random time below an exponentially growing bound (full jitter), if the deadline allows it. */
export async function backOff(deadline: Deadline, failures: number, why: unknown, inDoubt: boolean): Promise<void> {
  const waitMs = deadline.random() * Math.min(1_000, 25 * 2 ** failures);
  if (deadline.now() + waitMs >= deadline.at) throw late(why, inDoubt);
  await deadline.sleep(waitMs);
}

function late(why: unknown, inDoubt: boolean): ApiError {
  return new ApiError('503000', { why, retryAfterSeconds: 1, ...(inDoubt && { cause: unsettled }) });
}
