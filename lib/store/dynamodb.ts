import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { withinMs } from '../time-limit.ts';
import { CrowdLimit } from './crowd-limit.ts';
import { classifyFailure, isBusy, refusedItem } from './failures.ts';
import { RetryBudget } from './retry-budget.ts';
import type { Attempt, Item, ItemKey, ReadAttempt, Table } from './table.ts';

/** A dead connection is noticed after so many ms. */
const connectionTimeout = 1_000;
/** A request is given up after so many ms, whatever is missing: credentials, connection, answer, or the rest of its body. */
const answerMs = 2_000;

/** What the client's `send` takes. */
interface HttpHandlerOptions {
  readonly abortSignal: AbortSignal;
}

/** A number that JavaScript can't hold is rounded: an item that somebody else wrote must not make a read fail. */
const anyNumber = { wrapNumbers: Number };

/**
 * @returns the DynamoDB table of that name. The SDK's own retries are off: it would repeat a write whose outcome is
 *   unknown without telling, which makes plain conditional writes unsafe.
 */
export function openTable(tableName: string): Table {
  const plainClient = new DynamoDBClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout },
  });
  const client = DynamoDBDocumentClient.from(plainClient, {
    marshallOptions: { removeUndefinedValues: true },
    unmarshallOptions: { ...anyNumber },
  });
  const named = { TableName: tableName };
  const answer = { ...named, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  const limit = new CrowdLimit();
  const budget = new RetryBudget();
  const attempt = attempter(budget);
  const attemptRead = reader(budget);
  const within = <Output>(ms = answerMs, send: (options: HttpHandlerOptions) => Promise<Output>) =>
    limit.pass(ms, (leftMs) => withinMs(Math.min(leftMs, answerMs), (abortSignal) => send({ abortSignal })));
  return {
    attemptUpdate: (update, ms) =>
      attempt(() => within(ms, (options) => client.send(new UpdateCommand({ ...answer, ...update }), options))),
    attemptPut: (put, ms) =>
      attempt(() => within(ms, (options) => client.send(new PutCommand({ ...answer, ...put }), options))),
    attemptDelete: (remove, ms) =>
      attempt(() => within(ms, (options) => client.send(new DeleteCommand({ ...answer, ...remove }), options))),
    attemptGet: (key, ms, attributes) =>
      attemptRead(async () => {
        // The document client would take a sixteenth of the time of this read, the one that verifying a key waits for.
        const get = new GetItemCommand({ ...named, ...only(attributes), Key: marshall(key), ConsistentRead: true });
        const { Item } = await within(ms, (options) => plainClient.send(get, options));
        return Item && unmarshall(Item, anyNumber);
      }),
    attemptQuery: (query, ms) =>
      attemptRead(async () => {
        const command = new QueryCommand({ ...named, ...query });
        return (await within(ms, (options) => client.send(command, options))).Items ?? [];
      }),
    attemptBatchGet: (keys, ms) =>
      attemptRead(() => within(ms, (options) => batchGet(client, tableName, keys, options))),
  };
}

/** What of an item a read is about. */
function only(attributes: readonly string[] | undefined) {
  if (!attributes) return {};
  const names = Object.fromEntries(attributes.map((name, index) => [`#n${index}`, name]));
  return { ProjectionExpression: Object.keys(names).join(), ExpressionAttributeNames: names };
}

async function batchGet(
  client: DynamoDBDocumentClient,
  tableName: string,
  keys: readonly ItemKey[],
  options: HttpHandlerOptions,
): Promise<Item[]> {
  const Keys = keys.map((key) => ({ ...key }));
  const command = new BatchGetCommand({ RequestItems: { [tableName]: { Keys } } });
  const { Responses, UnprocessedKeys } = await client.send(command, options);
  if (UnprocessedKeys?.[tableName]) throw new Error('DynamoDB did not read every key');
  return Responses?.[tableName] ?? [];
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
