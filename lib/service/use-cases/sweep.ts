import { formatWhy, log } from '../../base/log.ts';
import { dueShards } from '../../store/app-item.ts';
import { dueApps } from '../../store/due-apps.ts';
import type { Deadline } from '../../store/settle.ts';
import type { Table } from '../../store/table.ts';
import type { Settings } from '../settings.ts';
import { type Announce, isUnavailable, sweepApp } from './sweep-app.ts';

/** The result of a run of the sweep. `isDone`: nothing that was due is left for the next run. */
export interface Swept {
  /** Number of applications, as the next two. */
  readonly swept: number;
  readonly changedMeanwhile: number;
  readonly failed: number;
  /** Number of notices that the bus has accepted; `unannounced`: that it has not. */
  readonly announced: number;
  readonly unannounced: number;
  /** Number of keys that ended because their successor is in use. */
  readonly ended: number;
  readonly isDone: boolean;
}

/** Whether the run has time for another application, and how long each of its requests can take. */
export interface SweepTime {
  readonly now: number;
  hasTime(): boolean;
  newDeadline(): Deadline;
}

/** What a run needs. */
export interface Sweeper {
  readonly table: Table;
  readonly settings: Settings;
  /** Missing: there is no bus. */
  readonly announce?: Announce | undefined;
}

/** If this many applications of a part in a row can't be read or written, the table counts as unavailable. */
const mostFailures = 3;

/** If the bus has accepted nothing this often in a row, this run sends it nothing more. */
const mostRefusals = 3;

/** A run and its state. */
interface Run extends Sweeper {
  readonly time: SweepTime;
  readonly count: { -readonly [Name in Exclude<keyof Swept, 'isDone'>]: number };
  refusals: number;
  isOver: boolean;
}

/**
 * Does what is due in applications: drops old records, sends notices about keys, and ends keys whose successors are in
 * use. It goes through the parts of the index in parallel, and ends when its time is over. What is left stays in the
 * index for the next run. Two concurrent runs do no harm.
 * @throws ApiError 503000 if the table is unavailable
 */
export async function sweep(sweeper: Sweeper, time: SweepTime): Promise<Swept> {
  const count = { swept: 0, changedMeanwhile: 0, failed: 0, announced: 0, unannounced: 0, ended: 0 };
  const run: Run = { ...sweeper, time, count, refusals: 0, isOver: false };
  const parts = await Promise.allSettled(dueShards.map((shard) => sweepPart(run, shard)));
  for (const part of parts) if (part.status === 'rejected') throw part.reason;
  return { ...count, isDone: !run.isOver };
}

async function sweepPart(run: Run, shard: string): Promise<void> {
  const { table, time } = run;
  let failures = 0;
  for await (const appId of dueApps(table, shard, time.now, time.newDeadline)) {
    if (!time.hasTime()) run.isOver = true;
    if (run.isOver) return;
    const why = await sweepOne(run, appId);
    failures = isUnavailable(why) ? failures + 1 : 0;
    if (failures === mostFailures) throw why;
  }
}

/**
 * An application that can't be read does not stop the others.
 * @returns why it failed, if it did
 */
async function sweepOne(run: Run, appId: string): Promise<unknown> {
  const { table, settings, announce, time, count } = run;
  const tell = run.refusals < mostRefusals ? announce : async () => 0;
  try {
    const { now, newDeadline } = time;
    const done = await sweepApp({ table, settings, announce: announce && tell, now, newDeadline }, appId);
    count[done.isWritten ? 'swept' : 'changedMeanwhile'] += 1;
    count.announced += done.announced;
    count.unannounced += done.unannounced;
    count.ended += done.ended;
    if (done.announced > 0) run.refusals = 0;
    else if (done.unannounced > 0) run.refusals += 1;
    return undefined;
  } catch (why) {
    log({ event: 'sweep', level: 'ERROR', appId, why: formatWhy(why) });
    count.failed += 1;
    return why;
  }
}
