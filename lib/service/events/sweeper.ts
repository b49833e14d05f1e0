import type { Context } from 'aws-lambda';
import { log } from '../../base/log.ts';
import { openTable } from '../../store/dynamodb.ts';
import { deadlineOf, start } from '../service.ts';
import { sweep } from '../use-cases/sweep.ts';

/** A page of the index and one application take less than this, in ms. */
const patienceMs = 20_000;

/**
 * Makes the handler of a schedule that drops old idempotency records, so that the salts in them do not outlive their 24
 * hours by long.
 */
export function sweeper(): (event: unknown, context: Context) => Promise<void> {
  const table = start(({ tableName }) => openTable(tableName));
  return async (_, context) => {
    if (!table) throw new Error('the function is not configured');
    const leftMs = () => context.getRemainingTimeInMillis();
    const swept = await sweep(table, {
      now: Date.now(),
      hasTime: () => leftMs() > patienceMs,
      newDeadline: () => deadlineOf(leftMs()),
    });
    log({ event: 'sweep', level: 'INFO', ...swept });
  };
}
