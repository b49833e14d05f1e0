import { createHash } from 'node:crypto';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';

/** The check that a team would write by hand: a hash and one read by it, with nothing remembered. */
export function createCheck(tableName: string): (key: string) => Promise<boolean> {
  const client = new DynamoDBClient({});
  return async (key) => {
    const hash = createHash('sha256').update(key).digest('base64url');
    const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key: { pk: { S: hash } } }));
    return Item?.enabled?.BOOL === true && Number(Item.expiresAt?.N) > Date.now();
  };
}
