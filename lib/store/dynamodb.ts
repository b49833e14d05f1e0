import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { classifyFailure, refusedItem } from './failures.ts';
import type { Attempt, Item, ItemKey, ReadAttempt, Table } from './table.ts';

/** A dead connection is noticed, and a slow answer given up, after these many ms. */
const connectionTimeout = 1_000;
const requestTimeout = 2_000;

/**
 * @returns the DynamoDB table of that name. The SDK's own retries are off: it would repeat a write whose outcome is
 *   unknown without telling, which makes plain conditional writes unsafe.
 */
export function openTable(tableName: string): Table {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      maxAttempts: 1,
      requestHandler: { connectionTimeout, requestTimeout, throwOnRequestTimeout: true },
    }),
    { marshallOptions: { removeUndefinedValues: true } },
  );
  const named = { TableName: tableName };
  const answer = { ...named, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  const attempt = attempter();
  return {
    attemptUpdate: (update) => attempt(() => client.send(new UpdateCommand({ ...answer, ...update }))),
    attemptPut: (put) => attempt(() => client.send(new PutCommand({ ...answer, ...put }))),
    attemptDelete: (remove) => attempt(() => client.send(new DeleteCommand({ ...answer, ...remove }))),
    attemptGet: (key) =>
      attemptRead(async () => {
        return (await client.send(new GetCommand({ ...named, Key: { ...key }, ConsistentRead: true }))).Item;
      }),
    attemptQuery: (query) =>
      attemptRead(async () => (await client.send(new QueryCommand({ ...named, ...query }))).Items ?? []),
    attemptBatchGet: (keys) => attemptRead(() => batchGet(client, tableName, keys)),
  };
}

async function batchGet(client: DynamoDBDocumentClient, tableName: string, keys: readonly ItemKey[]): Promise<Item[]> {
  const Keys = keys.map((key) => ({ ...key }));
  const { Responses, UnprocessedKeys } = await client.send(
    new BatchGetCommand({ RequestItems: { [tableName]: { Keys } } }),
  );
  if (UnprocessedKeys?.[tableName]) throw new Error('DynamoDB did not read every key');
  return Responses?.[tableName] ?? [];
}

/** Not every engine returns the item that refused a write; one that has done so once says by none that there is none. */
function attempter(): (send: () => Promise<unknown>) => Promise<Attempt> {
  let tellsItem = false;
  return async (send) => {
    try {
      await send();
      return { outcome: 'applied' };
    } catch (error) {
      const failure = classifyFailure(error);
      if (failure === 'fatal') throw error;
      if (failure !== 'refused') return { outcome: failure, error };
      const item = refusedItem(error);
      tellsItem ||= item !== undefined;
      return { outcome: 'refused', item: tellsItem ? (item ?? null) : undefined };
    }
  };
}

async function attemptRead<Found>(send: () => Promise<Found>): Promise<ReadAttempt<Found>> {
  try {
    return { outcome: 'read', found: await send() };
  } catch (error) {
    if (classifyFailure(error) === 'fatal') throw error;
    return { outcome: 'failed', error };
  }
}
