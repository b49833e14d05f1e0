import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { attributeWrite } from './write.ts';

const client = new DynamoDBClient({});

/** Baseline b: the one write that generates a key, by the DynamoDB client alone, with nothing checked. */
export async function handler({ appId }: { appId: string }): Promise<object> {
  const handle = createHash('sha256').update(randomBytes(32)).digest('base64url');
  await client.send(new UpdateItemCommand(attributeWrite(appId, handle, randomUUID(), Date.now())));
  return { statusCode: 201 };
}
