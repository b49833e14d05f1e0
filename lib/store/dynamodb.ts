import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { classifyFailure, refusedItem } from './failures.ts';
import type { Attempt, Item, ReadAttempt, Table } from './table.ts';

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
  return {
    attemptUpdate: (update) => attempt(() => client.send(new UpdateCommand({ ...answer, ...update }))),
    attemptPut: (put) => attempt(() => client.send(new PutCommand({ ...answer, ...put }))),
    attemptGet: (key) =>
      attemptRead(() => client.send(new GetCommand({ ...named, Key: { ...key }, ConsistentRead: true }))),
  };
}

async function attempt(send: () => Promise<unknown>): Promise<Attempt> {
  try {
    await send();
    return { outcome: 'applied' };
  } catch (error) {
    const failure = classifyFailure(error);
    if (failure === 'fatal') throw error;
    return failure === 'refused' ? { outcome: 'refused', item: refusedItem(error) } : { outcome: failure, error };
  }
}

async function attemptRead(send: () => Promise<{ Item?: Item | undefined }>): Promise<ReadAttempt> {
  try {
    return { outcome: 'read', item: (await send()).Item };
  } catch (error) {
    if (classifyFailure(error) === 'fatal') throw error;
    return { outcome: 'failed', error };
  }
}
