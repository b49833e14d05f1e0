import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { plainWrite } from './write.ts';

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));

/** Baseline c: the same as b, by lib-dynamodb. */
export async function handler({ appId }: { appId: string }): Promise<object> {
  const handle = createHash('sha256').update(randomBytes(32)).digest('base64url');
  await client.send(new UpdateCommand(plainWrite(appId, handle, randomUUID(), Date.now())));
  return { statusCode: 201 };
}
