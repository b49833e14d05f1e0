import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type App, newApp } from '../../lib/domain/app.ts';
import { appKey } from '../../lib/store/app-item.ts';
import { memberItem } from '../../lib/store/members.ts';
import { localClient } from './table.ts';

/** The applications of a new local service, the newest first. */
export const seeds = [
  { appId: 'lACE8kgYxsahjbXnvy8w', name: 'Billing API', realm: 'myrealm', owner: 'demo', issuers: [] },
  {
    appId: 'withIssuers',
    name: 'Partner portal (uses token issuers)',
    realm: 'myrealm',
    owner: 'demo',
    issuers: ['https://issuer.example.com'],
  },
] as const;

/** Writes the missing seeds. Existing applications stay unchanged. */
export async function seedApps(endpoint: string, tableName: string, now: number): Promise<void> {
  const client = DynamoDBDocumentClient.from(localClient(endpoint));
  await Promise.all(seeds.map((seed, index) => putIfAbsent(client, tableName, makeApp(seed, now - index))));
  client.destroy();
}

function makeApp({ appId, name, realm, owner, issuers }: (typeof seeds)[number], now: number): App {
  const [op, correlationId] = [randomUUID(), randomUUID()];
  const description = 'Created by npm start.';
  return { ...newApp({ appId, realm, name, description, owner, now, op, correlationId }), issuers };
}

async function putIfAbsent(client: DynamoDBDocumentClient, tableName: string, app: App): Promise<void> {
  const { appId, ...attributes } = app;
  const Item = { ...appKey(appId), ...attributes };
  await client.send(new PutCommand({ TableName: tableName, Item: memberItem(app, app.createdBy) }));
  try {
    await client.send(new PutCommand({ TableName: tableName, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
