import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { openConnection } from './connection.ts';
import type { Item, ItemKey, Table } from './table.ts';
import { anyNumber, plainGet } from './verifying-table.ts';

/** @returns the DynamoDB table with that name */
export function openTable(tableName: string): Table {
  const connection = openConnection();
  const { write, read } = connection;
  const client = DynamoDBDocumentClient.from(connection.client, {
    marshallOptions: { removeUndefinedValues: true },
    // A copy, because the document client adds fields to the object.
    unmarshallOptions: { ...anyNumber },
  });
  const named = { TableName: tableName };
  const answer = { ...named, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  return {
    attemptGet: plainGet(connection, tableName),
    attemptUpdate: (update, ms) =>
      write(ms, (options) => client.send(new UpdateCommand({ ...answer, ...update }), options)),
    attemptPut: (put, ms) => write(ms, (options) => client.send(new PutCommand({ ...answer, ...put }), options)),
    attemptDelete: (remove, ms) =>
      write(ms, (options) => client.send(new DeleteCommand({ ...answer, ...remove }), options)),
    attemptQuery: (query, ms) =>
      read(ms, async (options) => (await client.send(new QueryCommand({ ...named, ...query }), options)).Items ?? []),
    attemptBatchGet: (keys, ms) => read(ms, (options) => batchGet(client, tableName, keys, options)),
  };
}

async function batchGet(
  client: DynamoDBDocumentClient,
  tableName: string,
  keys: readonly ItemKey[],
  options: { readonly abortSignal: AbortSignal },
): Promise<Item[]> {
  const Keys = keys.map((key) => ({ ...key }));
  const command = new BatchGetCommand({ RequestItems: { [tableName]: { Keys } } });
  const { Responses, UnprocessedKeys } = await client.send(command, options);
  if (UnprocessedKeys?.[tableName]) throw new Error('DynamoDB did not read every key');
  return Responses?.[tableName] ?? [];
}
