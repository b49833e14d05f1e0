import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient({});

/** The read that a verification makes, by the DynamoDB client alone, with nothing looked at. */
export async function handler({ appId }: { appId: string }): Promise<object | undefined> {
  const key = { pk: { S: appId }, sk: { S: 'app' } };
  const read = new GetItemCommand({ TableName: process.env.TABLE_NAME, Key: key, ConsistentRead: true });
  return (await client.send(read)).Item;
}
