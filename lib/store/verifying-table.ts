import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type Connection, openConnection } from './connection.ts';
import type { Table } from './table.ts';

/** A number that JavaScript can't hold is rounded. So an item that somebody else wrote does not make a read fail. */
export const anyNumber = { wrapNumbers: Number };

/** What verification needs of the table: reading an item, and recording a use. */
export type VerifyingTable = Pick<Table, 'attemptGet' | 'attemptUpdate'>;

/**
 * The table for verifiers outside the service. It uses only the plain client. The document client depends on inner
 * parts of the SDK, which would need the version of the consumer's own SDK.
 * @param region of the table
 */
export function openVerifyingTable(tableName: string, region: string): VerifyingTable {
  const connection = openConnection(region);
  return {
    attemptGet: plainGet(connection, tableName),
    attemptUpdate: ({ Key, ExpressionAttributeValues = {}, ...update }, ms) =>
      connection.write(ms, (options) => {
        const values = marshall(ExpressionAttributeValues);
        const input = { ...update, TableName: tableName, Key: marshall(Key), ExpressionAttributeValues: values };
        return connection.client.send(new UpdateItemCommand(input), options);
      }),
  };
}

/**
 * A read without the document client, which would take a sixteenth of the time of this read. Verifying a key waits for
 * it.
 */
export function plainGet({ client, read }: Connection, tableName: string): Table['attemptGet'] {
  return (key, ms, attributes) =>
    read(ms, async (options) => {
      const input = { TableName: tableName, ...only(attributes), Key: marshall(key), ConsistentRead: true };
      const { Item } = await client.send(new GetItemCommand(input), options);
      return Item && unmarshall(Item, anyNumber);
    });
}

/** The parts of a request that limit a read to some attributes. */
function only(attributes: readonly string[] | undefined) {
  if (!attributes) return {};
  const names = Object.fromEntries(attributes.map((name, index) => [`#n${index}`, name]));
  return { ProjectionExpression: Object.keys(names).join(), ExpressionAttributeNames: names };
}
