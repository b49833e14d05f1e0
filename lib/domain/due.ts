import type { App } from './app.ts';
import { entriesOf } from './housekeeping.ts';
import { repeatableMs } from './idempotency.ts';
import { gracesOf, type NoticeRules, unsentNotices, usesDueAt } from './notices.ts';

/** What the sweep looks for, from the settings. */
export interface SweepRules {
  /** undefined: no notices are sent. */
  readonly notices?: NoticeRules | undefined;
  /** Whether times of use are recorded. */
  readonly hasUses: boolean;
}

/** What decides when the sweep has something to do for an application. */
export type Sweepable = Pick<App, 'status' | 'keys' | 'requests' | 'watched'>;

/**
 * @returns when the sweep has something to do for an application, in ms since the epoch. undefined: not before the
 * application changes. It can drop a record, send a notice, read times of use, or end a key
 */
export function dueTimeOf(app: Sweepable, now: number, { notices, hasUses }: SweepRules): number | undefined {
  const times = [
    ...Object.values(app.requests).map(({ at }) => at + repeatableMs),
    ...(hasUses ? gracesOf(app, now).map(({ at }) => at) : []),
    ...(notices ? noticeTimes(app, notices) : []),
  ];
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Whether a key is idle is only known after its times of use have been read. */
function noticeTimes(app: Sweepable, rules: NoticeRules): number[] {
  const [first] = unsentNotices(app, { ...rules, idleDays: undefined });
  const looks = entriesOf(app.keys).flatMap(([handle, key]) => usesDueAt(app, handle, key, rules) ?? []);
  return first ? [first.at, ...looks] : looks;
}
