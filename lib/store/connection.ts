import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { collect } from '../base/collect.ts';
import { withinMs } from '../base/time-limit.ts';
import { CrowdLimit } from './crowd-limit.ts';
import { classifyFailure, isBusy, refusedItem } from './failures.ts';
import { RetryBudget } from './retry-budget.ts';
import type { Attempt, ReadAttempt } from './table.ts';

/** A dead connection is noticed after so many ms. */
const connectionTimeout = 1_000;
/** A request is given up after so many ms, whatever is missing: credentials, connection, answer, or the rest of its body. */
const answerMs = 2_000;

/** What the client's `send` takes. */
interface HttpHandlerOptions {
  readonly abortSignal: AbortSignal;
}

type Send<Output> = (options: HttpHandlerOptions) => Promise<Output>;

/** The way to DynamoDB: every request is sent once, when there is room for it, and given up after `withinMs` or sooner. */
export interface Connection {
  readonly client: DynamoDBClient;
  write(withinMs: number | undefined, send: Send<unknown>): Promise<Attempt>;
  read<Found>(withinMs: number | undefined, send: Send<Found>): Promise<ReadAttempt<Found>>;
}

/**
 * Opens a connection. The SDK's own retries are off: it would repeat a write whose outcome is unknown without telling,
 * which makes plain conditional writes unsafe.
 * @param region default: that of the SDK's environment
 */
export function openConnection(region?: string): Connection {
  const settings = { maxAttempts: 1, requestHandler: { connectionTimeout }, streamCollector: collect };
  const client = new DynamoDBClient(region === undefined ? settings : { ...settings, region });
  const limit = new CrowdLimit();
  const budget = new RetryBudget();
  const attempt = attempter(budget);
  const attemptRead = reader(budget);
  const within = <Output>(ms = answerMs, send: Send<Output>) =>
    limit.pass(ms, (leftMs) => withinMs(Math.min(leftMs, answerMs), (abortSignal) => send({ abortSignal })));
  return {
    client,
    write: (ms, send) => attempt(() => within(ms, send)),
    read: (ms, send) => attemptRead(() => within(ms, send)),
  };
}

/** Not every engine returns the item that refused a write; one that has done so once says by none that there is none. */
function attempter(budget: RetryBudget): (send: () => Promise<unknown>) => Promise<Attempt> {
  let tellsItem = false;
  return async (send) => {
    try {
      await send();
      budget.answered();
      return { outcome: 'applied' };
    } catch (error) {
      const failure = classifyFailure(error);
      if (failure === 'fatal') throw error;
      if (failure !== 'refused') return { outcome: failure, error, isTooBusy: isTooBusy(error, budget) };
      budget.answered();
      const item = refusedItem(error);
      tellsItem ||= item !== undefined;
      return { outcome: 'refused', item: tellsItem ? (item ?? null) : undefined };
    }
  };
}

function reader(budget: RetryBudget): <Found>(send: () => Promise<Found>) => Promise<ReadAttempt<Found>> {
  return async (send) => {
    try {
      const found = await send();
      budget.answered();
      return { outcome: 'read', found };
    } catch (error) {
      if (classifyFailure(error) === 'fatal') throw error;
      return { outcome: 'failed', error, isTooBusy: isTooBusy(error, budget) };
    }
  };
}

function isTooBusy(error: unknown, budget: RetryBudget): boolean {
  return isBusy(error) && !budget.take();
}
