import { ApiError } from '../domain/errors.ts';
import type { Attempt, Item, ReadAttempt } from './table.ts';

/** The time that a request may take, and its clock. */
export interface Deadline {
  /** ms since the epoch */
  readonly at: number;
  now(): number;
  sleep(ms: number): Promise<void>;
  random(): number;
}

/** The known end of a write. `doubt`: an attempt before this end had an unknown outcome, and may still be applied. */
export interface Settled {
  readonly applied: boolean;
  readonly item: Item | null | undefined;
  readonly doubt: boolean;
}

const unsettled =
  'A part that the service needs did not answer in time, so it is not known whether the change was made.';

/**
 * Repeats the same write until it is known to be applied or refused. The write must be such that a second copy of it
 * is refused.
 * @param doubt whether an earlier attempt at the same change had an unknown outcome
 * @throws ApiError 503000 at the deadline; its cause says whether the change may have been made
 */
export async function settle(deadline: Deadline, write: () => Promise<Attempt>, doubt = false): Promise<Settled> {
  for (let failures = 0; ; failures += 1) {
    const attempt = await write();
    if (attempt.outcome === 'applied') return { applied: true, item: undefined, doubt };
    if (attempt.outcome === 'refused') return { applied: false, item: attempt.item, doubt };
    doubt ||= attempt.outcome === 'unknown';
    await backOff(deadline, failures, attempt.error, doubt);
  }
}

/**
 * Repeats a read until it succeeds.
 * @throws ApiError 503000 at the deadline
 */
export async function read<Found>(
  deadline: Deadline,
  attempt: () => Promise<ReadAttempt<Found>>,
  doubt = false,
): Promise<Found> {
  for (let failures = 0; ; failures += 1) {
    const result = await attempt();
    if (result.outcome === 'read') return result.found;
    await backOff(deadline, failures, result.error, doubt);
  }
}

/** Waits a random time below an exponentially growing bound (full jitter), if the deadline leaves that much. */
export async function backOff(deadline: Deadline, failures: number, why: unknown, doubt: boolean): Promise<void> {
  const waitMs = deadline.random() * Math.min(1_000, 25 * 2 ** failures);
  if (deadline.now() + waitMs >= deadline.at) {
    throw new ApiError('503000', { why, retryAfterSeconds: 1, ...(doubt && { cause: unsettled }) });
  }
  await deadline.sleep(waitMs);
}
