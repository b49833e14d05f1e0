import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { collect } from '../base/collect.ts';
import { withinMs } from '../base/time-limit.ts';
import { CrowdLimit } from './crowd-limit.ts';
import { classifyFailure, isBusy, refusedItem } from './failures.ts';
import { RetryBudget } from './retry-budget.ts';
import type { Attempt, ReadAttempt } from './table.ts';

/** After this many ms, a connection that does not open counts as dead. */
const connectionTimeout = 1_000;
/** The time for one request in ms: credentials, connection, response and body. */
const answerMs = 2_000;

/** The options of the client's `send`. */
interface HttpHandlerOptions {
  readonly abortSignal: AbortSignal;
}

type Send<Output> = (options: HttpHandlerOptions) => Promise<Output>;

/**
 * The connection to DynamoDB. Every request is sent once, when there is room for it. It ends after `withinMs` or
 * sooner.
 */
export interface Connection {
  readonly client: DynamoDBClient;
  write(withinMs: number | undefined, send: Send<unknown>): Promise<Attempt>;
  read<Found>(withinMs: number | undefined, send: Send<Found>): Promise<ReadAttempt<Found>>;
}

/**
 * Opens a connection. The SDK's own retries are off. The SDK would silently repeat a write with an unknown outcome,
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

/**
 * Not every engine returns the item when it rejects a write. Once an engine has returned an item, a rejection without
 * an item means that no item exists.
 */
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
