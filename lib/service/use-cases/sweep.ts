import { formatWhy, log } from '../../base/log.ts';
import { ApiError } from '../../domain/errors.ts';
import { dropOldRecords, dueApps } from '../../store/old-records.ts';
import type { Deadline } from '../../store/settle.ts';
import type { Table } from '../../store/table.ts';

/** What a run of the sweep did to how many applications. `isDone`: nothing that was due is left for the next run. */
export interface Swept {
  readonly swept: number;
  readonly changedMeanwhile: number;
  readonly failed: number;
  readonly isDone: boolean;
}

/** Whether the run has time for another application, and how long each of its requests may take. */
export interface SweepTime {
  readonly now: number;
  hasTime(): boolean;
  newDeadline(): Deadline;
}

/** So many applications in a row that cannot be read or written mean that the table cannot be reached. */
const mostFailures = 3;

/**
 * Drops the old records of applications that nobody changes. It ends when its time is over; what is left stays in the
 * index for the next run. Two runs at once do no harm.
 * @throws ApiError 503000 when the table cannot be reached
 */
export async function sweep(table: Table, time: SweepTime): Promise<Swept> {
  const count = { swept: 0, changedMeanwhile: 0, failed: 0 };
  let failures = 0;
  for await (const appId of dueApps(table, time.now, time.newDeadline)) {
    if (!time.hasTime()) return { ...count, isDone: false };
    const { outcome, why } = await drop(table, appId, time);
    count[outcome] += 1;
    failures = why instanceof ApiError ? failures + 1 : 0;
    if (failures === mostFailures) throw why;
  }
  return { ...count, isDone: true };
}

/** One application that cannot be read keeps no other from its turn. */
async function drop(
  table: Table,
  appId: string,
  { now, newDeadline }: SweepTime,
): Promise<{ outcome: 'swept' | 'changedMeanwhile' | 'failed'; why?: unknown }> {
  try {
    return { outcome: (await dropOldRecords(table, appId, now, newDeadline())) ? 'swept' : 'changedMeanwhile' };
  } catch (why) {
    log({ event: 'sweep', level: 'ERROR', appId, why: formatWhy(why) });
    return { outcome: 'failed', why };
  }
}
