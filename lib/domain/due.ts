import type { App } from './app.ts';
import { entriesOf } from './housekeeping.ts';
import { repeatableMs } from './idempotency.ts';
import { gracesOf, type NoticeRules, unsentNotices, usesDueAt } from './notices.ts';

/** What the sweep looks for, by the settings. */
export interface SweepRules {
  /** undefined: nobody is told */
  readonly notices?: NoticeRules | undefined;
  /** whether times of use are written down */
  readonly hasUses: boolean;
}

/** What decides when the sweep has something to do for an application. */
export type Sweepable = Pick<App, 'status' | 'keys' | 'requests' | 'watched'>;

/**
 * @returns when the sweep has something to do for an application, in ms since the epoch: a record to drop, a notice to
 *   send, times of use to read, or a key to end; undefined: nothing until somebody changes the application
 */
export function dueTimeOf(app: Sweepable, now: number, { notices, hasUses }: SweepRules): number | undefined {
  const times = [
    ...Object.values(app.requests).map(({ at }) => at + repeatableMs),
    ...(hasUses ? gracesOf(app, now).map(({ at }) => at) : []),
    ...(notices ? noticeTimes(app, notices) : []),
  ];
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Whether a key is idle is known only once its times of use have been read. */
function noticeTimes(app: Sweepable, rules: NoticeRules): number[] {
  const [first] = unsentNotices(app, { ...rules, idleDays: undefined });
  const looks = entriesOf(app.keys).flatMap(([handle, key]) => usesDueAt(app, handle, key, rules) ?? []);
  return first ? [first.at, ...looks] : looks;
}
