import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ApiKey } from '../../lib/domain/api-key.ts';
import { handleOf, type KeyHandle } from '../../lib/domain/api-key-id.ts';
import { type App, newApp } from '../../lib/domain/app.ts';
import type { Action } from '../../lib/domain/policy.ts';
import { appKey } from '../../lib/store/app-item.ts';
import { memberItem } from '../../lib/store/members.ts';
import { localClient } from '../local/table.ts';

/** When the pictures are taken, in ms since the epoch: in the past, so that no token of today has expired then. */
export const demoTime = Date.UTC(2026, 2, 16, 9, 30);

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const [old, successor] = [handleOf('the old key'), handleOf('its successor')];
const rotated = demoTime - 26 * hourMs;

const shared = {
  name: 'invoices, eu-central-1',
  enabled: true,
  scopes: ['invoices:read', 'invoices:write'],
};

const keys: Readonly<Record<KeyHandle, ApiKey>> = {
  [old]: {
    ...shared,
    createdTime: demoTime - 87 * dayMs,
    createdBy: 'demo',
    expiresAt: rotated + 7 * dayMs,
    rotatedTo: successor,
    lastChange: { at: rotated, by: 'bob', action: 'rotateApiKey' },
  },
  [successor]: {
    ...shared,
    createdTime: rotated,
    createdBy: 'bob',
    expiresAt: rotated + 90 * dayMs,
    rotatedFrom: old,
  },
};

const uses: Readonly<Record<KeyHandle, number>> = { [old]: rotated - 3 * hourMs, [successor]: demoTime - 8 * 60_000 };

const others = ['Checkout, production', 'Checkout, staging', 'Newsletter', 'Warehouse import'];

/** The application whose keys are in the middle of a rotation. */
export const demoApp: App = {
  ...appOf('Billing, production', 'Kq3vXw9sTn5rYd8LmB2c', 120),
  description: 'Sends the invoices to the customers.',
  grants: { demo: ['manage'], bob: ['write'] },
  keys,
  keyCount: 2,
  lastChange: { op: 'demo', at: rotated, by: 'bob', action: 'rotateApiKey', correlationId: 'demo' },
};

function appOf(name: string, appId: string, ageDays: number): App {
  const now = demoTime - ageDays * dayMs;
  return newApp({ appId, realm: 'myrealm', name, owner: 'demo', now, op: 'demo', correlationId: 'demo' });
}

/** Writes the demo data into the table of a local service. */
export async function writeDemoData(endpoint: string, tableName: string): Promise<void> {
  const client = DynamoDBDocumentClient.from(localClient(endpoint));
  const put = (Item: object) => client.send(new PutCommand({ TableName: tableName, Item: { ...Item } }));
  const apps = [demoApp, ...others.map((name, index) => appOf(name, `demo${index}sTn5rYd8LmB2cKq`, 200 + index))];
  for (const app of apps) {
    const { appId, ...attributes } = app;
    const grants = Object.entries(app.grants) as [string, readonly Action[]][];
    for (const [principal] of grants) await put(memberItem(app, principal));
    await put({ ...appKey(appId), ...attributes });
  }
  for (const [sk, at] of Object.entries(uses)) await put({ pk: `used#${demoApp.appId}`, sk, at });
  client.destroy();
}
