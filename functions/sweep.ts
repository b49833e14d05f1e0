import type { Context } from 'aws-lambda';
import { readTableName } from '../lib/config.ts';
import { log } from '../lib/log.ts';
import { deadlineOf, start } from '../lib/service.ts';
import { openTable } from '../lib/store/dynamodb.ts';
import { sweep } from '../lib/use-cases/sweep.ts';

const table = start((env) => openTable(readTableName(env)));
/** A page of applications takes less than this, in ms. */
const pageMs = 30_000;

/** On schedule: drops old idempotency records, so that the salts in them do not outlive their 24 hours by long. */
export async function handler(_event: unknown, context: Context): Promise<void> {
  if (!table) throw new Error('the function is not configured');
  const leftMs = () => context.getRemainingTimeInMillis();
  const swept = await sweep(table, {
    now: Date.now(),
    hasTime: () => leftMs() > pageMs,
    newDeadline: () => deadlineOf(leftMs()),
  });
  log({ event: 'sweep', level: 'INFO', ...swept });
}
