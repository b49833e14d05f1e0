import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { localClient } from '../../../infra/local/table.ts';
import { type ApiKeyId, formatApiKeyId, handleOf } from '../../../lib/domain/api-key-id.ts';
import { newApp } from '../../../lib/domain/app.ts';

/** What one call took of this process (µs of processor time) and of the clock (ms). */
export interface Cost {
  readonly cpuMicros: number;
  readonly ms: number;
}

export type LoadResult = Readonly<Record<'generate' | 'uncached' | 'cached', Cost>>;

const [, , generateBundle = '', verifierBundle = '', apps = '', calls = ''] = process.argv;
const tableName = process.env.TABLE_NAME ?? '';
const database = DynamoDBDocumentClient.from(localClient(process.env.AWS_ENDPOINT_URL_DYNAMODB ?? ''), {
  marshallOptions: { removeUndefinedValues: true },
});
const appIds = Array.from({ length: Number(apps) }, (_, index) => `app${index}`);

function keyOf(appId: string): ApiKeyId {
  return formatApiKeyId('ak', appId, new Uint8Array(32).fill(appId.length));
}

/** Puts each application there anew, with one key that was used just now, so that one more has a place. */
async function seed(ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += 25) {
    const requests = ids.slice(from, from + 25).map((appId) => ({ PutRequest: { Item: itemOf(appId) } }));
    await database.send(new BatchWriteCommand({ RequestItems: { [tableName]: requests } }));
  }
}

function itemOf(appId: string) {
  const now = Date.now();
  const handle = handleOf(keyOf(appId));
  const app = newApp({ appId, realm: 'myrealm', name: 'load', owner: 'demo', now, op: 'load', correlationId: 'load' });
  const key = { name: 'a key', enabled: true, createdTime: now, createdBy: 'demo', expiresAt: -1 };
  return { pk: appId, sk: 'app', ...app, keyCount: 1, keys: { [handle]: key } };
}

async function costOf(call: (appId: string) => Promise<void>, ids: readonly string[]): Promise<Cost> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  for (const appId of ids) await call(appId);
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMicros: (user + system) / ids.length, ms: ms / ids.length };
}

/** Applications all over the table, each once before any comes again. */
function chosen(count: number): string[] {
  return Array.from({ length: count }, (_, index) => appIds[(index * 7_919) % appIds.length] ?? '');
}

async function main(): Promise<void> {
  const { handler } = await import(generateBundle);
  const { createVerifier } = await import(verifierBundle);
  const remembering = createVerifier({ realms: '*', tableName, cacheSeconds: 60 });
  const forgetting = createVerifier({ realms: '*', tableName, cacheSeconds: 0 });
  const context = { awsRequestId: 'load', getRemainingTimeInMillis: () => 10_000 };
  const generate = async (appId: string) => {
    const { ok } = await handler({ app: `hrn:here:account::myrealm:app/${appId}`, name: 'a key' }, context);
    if (!ok) throw new Error('no key was made');
  };
  const verifyBy = (verifier: typeof remembering) => async (appId: string) => {
    if (!(await verifier.verify(keyOf(appId))).valid) throw new Error('a key is not valid');
  };
  const print = process.stdout.write.bind(process.stdout);
  process.stdout.write = () => true;

  await seed(appIds);
  const generated: Cost[] = [];
  for (let done = 0; done < Number(calls) * 2; ) {
    const ids = chosen(Math.min(appIds.length, Number(calls)));
    generated.push(await costOf(generate, ids));
    await seed(ids);
    done += ids.length;
  }
  await costOf(verifyBy(forgetting), chosen(Number(calls)));
  const uncached = await costOf(verifyBy(forgetting), chosen(Number(calls)));
  await costOf(verifyBy(remembering), appIds);
  await costOf(verifyBy(remembering), chosen(20_000));
  const cached = await costOf(verifyBy(remembering), chosen(20_000));
  const warm = generated.slice(Math.floor(generated.length / 2));
  const mean = (pick: (cost: Cost) => number) => warm.reduce((sum, cost) => sum + pick(cost), 0) / warm.length;
  const result: LoadResult = {
    generate: { cpuMicros: mean(({ cpuMicros }) => cpuMicros), ms: mean(({ ms }) => ms) },
    uncached,
    cached,
  };
  print(`\nRESULT${JSON.stringify(result)}\n`);
  process.exit();
}

await main();
