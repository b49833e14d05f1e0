import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { parseFlags, parseWhole } from '../../../infra/local/command-line.ts';
import { startDynamodbLocal } from '../../../infra/local/dynamodb-local.ts';
import { createTable, localClient } from '../../../infra/local/table.ts';
import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import { type App, newApp } from '../../../lib/domain/app.ts';
import { dayMs } from '../../../lib/domain/lifetime.ts';
import { type EventBus, maxEntries } from '../../../lib/service/event-bus.ts';
import { announcer } from '../../../lib/service/events/sweeper.ts';
import { sweep } from '../../../lib/service/use-cases/sweep.ts';
import { dueAt } from '../../../lib/store/app-item.ts';
import { openTable } from '../../../lib/store/dynamodb.ts';
import { systemClock } from '../../../lib/verification/verifier.ts';
import { setEnvironment } from '../../support/environment.ts';
import { startMeteredDatabase } from '../../support/metered-database.ts';
import { testSettings } from '../../support/settings.ts';
import { silenceLog } from '../../support/silence-log.ts';

const usage = `node tests/evidence/scale/many-due.ts [--apps N]

Puts N applications (1,000 unless given) that are all due into a new DynamoDB Local, and lets the sweep go through them.`;

const maxBatch = 25;
/** Of so many applications, each request is asked for its units. */
const meteredApps = 1_000;
const { apps: wanted, help } = parseFlags(process.argv.slice(2), {
  apps: { type: 'string', default: '1000' },
  help: { type: 'boolean' },
});

const now = Date.now();

/** An application with two keys, one of which ended an hour ago, and the record of an Idempotency-Key of last week. */
function appAt(index: number): App {
  const name = `due${String(index).padStart(17, '0')}`;
  const appId = `${name.slice(0, -1)}${String.fromCharCode(65 + (index % 26))}`;
  const made = {
    appId,
    realm: 'myrealm',
    name: 'Billing, production',
    owner: 'owner',
    now: now - 30 * dayMs,
    op: 'seed',
  };
  const app = newApp({ ...made, correlationId: 'seed' });
  const handle = (letter: string) => letter.repeat(43) as KeyHandle;
  const key = { name: 'a key', enabled: true, createdTime: now - 30 * dayMs, createdBy: 'owner', expiresAt: -1 };
  const watched = { [handle('e')]: { expiring7: now - 7 * dayMs - 3_600_000, expiring1: now - dayMs - 3_600_000 } };
  const record = {
    at: now - 7 * dayMs,
    bodyHash: 'h'.repeat(43),
    salt: 's'.repeat(44),
    handle: handle('k'),
    prefix: 'ak',
  };
  const keys = { [handle('k')]: key, [handle('e')]: { ...key, expiresAt: now - 3_600_000 } };
  return { ...app, keys, keyCount: 2, requests: { ['r'.repeat(43)]: record }, watched };
}

async function load(endpoint: string, tableName: string, count: number): Promise<void> {
  const database = DynamoDBDocumentClient.from(localClient(endpoint));
  for (let from = 0; from < count; from += maxBatch) {
    const puts = Array.from({ length: Math.min(maxBatch, count - from) }, (_, index) => {
      const { appId, ...attributes } = appAt(from + index);
      const { Key, ExpressionAttributeValues: values = {} } = dueAt(appId, now - 1_000);
      const [dueShard, at] = Object.values(values);
      return { PutRequest: { Item: { ...Key, ...attributes, dueShard, dueAt: at } } };
    });
    await database.send(new BatchWriteCommand({ RequestItems: { [tableName]: puts } }));
  }
}

let announced = 0;
const bus: EventBus = async (entries) => {
  if (entries.length > maxEntries) throw new Error('too many events');
  announced += entries.length;
  return entries.map(() => undefined);
};

/** Runs the real sweep until nothing is due. */
async function sweepAll(tableName: string, most: number): Promise<{ swept: number; seconds: number }> {
  const settings = testSettings({ eventBus: 'audit' });
  const sweeper = { table: openTable(tableName), settings, announce: announcer(bus, 'here') };
  const begun = performance.now();
  let left = most;
  const newDeadline = () => ({ ...systemClock, at: Date.now() + 8_000 });
  const { swept, failed } = await sweep(sweeper, { now, hasTime: () => left-- > 0, newDeadline });
  if (failed > 0) throw new Error(`${failed} applications failed`);
  return { swept, seconds: (performance.now() - begun) / 1_000 };
}

function unitsOf(requests: readonly string[]): string {
  const kinds = Map.groupBy(requests, (request) => request.split(' ')[0] ?? '');
  const sum = (each: readonly string[]) => each.reduce((all, request) => all + Number(request.split(' ')[1]), 0);
  return [...kinds].map(([kind, each]) => `${each.length} ${kind} of ${sum(each)} units`).join(', ');
}

async function main(): Promise<void> {
  const print = silenceLog();
  const count = parseWhole('--apps', wanted, meteredApps, 1_000_000);
  const engine = await startDynamodbLocal();
  const metered = await startMeteredDatabase(engine.endpoint);
  const tableName = `many-due-${now}`;
  await createTable(engine.endpoint, tableName);
  const credentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: 'us-east-1' };
  const begun = performance.now();
  await load(engine.endpoint, tableName, count);
  print(`${count} applications after ${Math.round((performance.now() - begun) / 1_000)} s`);
  setEnvironment({ ...credentials, AWS_ENDPOINT_URL_DYNAMODB: metered.endpoint });
  const counted = await sweepAll(tableName, meteredApps);
  print(`${counted.swept} applications, metered: ${unitsOf(metered.requests)}`);
  setEnvironment({ ...credentials, AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint });
  const { swept, seconds } = await sweepAll(tableName, count);
  const cpu = process.cpuUsage();
  print(
    `${swept} applications in ${seconds.toFixed(1)} s: ${(swept / seconds).toFixed(0)} a second; ${announced} notices`,
  );
  print(`processor time of this process in all: ${((cpu.user + cpu.system) / 1e6).toFixed(1)} s`);
  await engine.stop();
}

if (help) console.log(usage);
else await main();
process.exit();
