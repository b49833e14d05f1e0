import type { Context } from 'aws-lambda';
import { formatWhy, log } from '../../base/log.ts';
import type { App } from '../../domain/app.ts';
import type { Notice } from '../../domain/notices.ts';
import { openTable } from '../../store/dynamodb.ts';
import { busEntry, type EventBus, isHopeless, maxEntries, openEventBus } from '../event-bus.ts';
import { deadlineOf, start } from '../service.ts';
import type { Settings } from '../settings.ts';
import { type Sweeper, sweep } from '../use-cases/sweep.ts';
import type { Announce } from '../use-cases/sweep-app.ts';
import { keyNoticeOf } from './notice-event.ts';

/** A page of the index and one application take less than this, in ms. */
const patienceMs = 30_000;

/** Makes the handler of a schedule that does what is due in applications. */
export function sweeper(): (event: unknown, context: Context) => Promise<void> {
  const opened = start(openSweeper);
  return async (_, context) => {
    if (!opened) throw new Error('the function is not configured');
    const leftMs = () => context.getRemainingTimeInMillis();
    const swept = await sweep(opened, {
      now: Date.now(),
      hasTime: () => leftMs() > patienceMs,
      newDeadline: () => deadlineOf(leftMs()),
    });
    log({ event: 'sweep', level: swept.unannounced > 0 ? 'ERROR' : 'INFO', ...swept });
  };
}

function openSweeper(settings: Settings): Sweeper {
  const { eventBus, partition } = settings;
  const announce = eventBus === undefined ? undefined : announcer(openEventBus(eventBus), partition);
  return { table: openTable(settings.tableName), settings, announce };
}

/** @returns a function that sends notices in the largest batches that the bus accepts, until it rejects one */
export function announcer(bus: EventBus, partition: string): Announce {
  return async (app, notices) => {
    let taken = 0;
    for (let from = 0; from < notices.length && taken === from; from += maxEntries)
      taken += await send(bus, app, notices.slice(from, from + maxEntries), partition);
    return taken;
  };
}

/** @returns how many of them, counted from the first one, need not be sent again */
async function send(bus: EventBus, app: App, notices: readonly Notice[], partition: string): Promise<number> {
  const events = notices.flatMap((notice) => keyNoticeOf(app, notice, partition) ?? []);
  try {
    const codes = await bus(events.map(busEntry));
    const failures = codes.map((code) => code !== undefined && !isHopeless(code));
    for (const code of codes) if (code !== undefined) logFailure(app, code);
    return failures.includes(true) ? failures.indexOf(true) : events.length;
  } catch (why) {
    logFailure(app, formatWhy(why));
    return 0;
  }
}

function logFailure({ appId }: App, why: string | undefined): void {
  log({ event: 'announce', level: 'ERROR', appId, why });
}
