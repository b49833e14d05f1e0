import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { parseFlags, parseWhole } from '../../../infra/local/command-line.ts';
import { startDynamodbLocal } from '../../../infra/local/dynamodb-local.ts';
import { localClient } from '../../../infra/local/table.ts';
import { type App, newApp } from '../../../lib/domain/app.ts';
import { formatPageToken } from '../../../lib/service/http/page.ts';
import { memberItem } from '../../../lib/store/members.ts';
import { setEnvironment } from '../../support/environment.ts';
import { type Ground, type Invoke, openHandlers, prepareGround, realm } from '../../support/handlers.ts';
import { startMeteredDatabase } from '../../support/metered-database.ts';
import { silenceLog } from '../../support/silence-log.ts';
import { spreadOf } from '../bench/statistics.ts';

const usage = `node tests/evidence/scale/many-apps.ts [--apps N] [--database URL]

Puts N applications (1,000 unless given) of one realm into a new DynamoDB Local, or the one there, and measures GET /apps.`;

const tableName = `many-apps-${Date.now()}`;
const maxBatch = 25;
const granted = 100;
const rounds = 5;
const {
  apps: wanted,
  database,
  help,
} = parseFlags(process.argv.slice(2), {
  apps: { type: 'string', default: '1000' },
  database: { type: 'string' },
  help: { type: 'boolean' },
});

/** Who lists, with which permission. */
interface Lister {
  readonly who: string;
  readonly principal: string;
  readonly permissions: readonly string[];
  /** whether an application is in its list */
  readonly sees: (app: App) => boolean;
}

function appAt(index: number, of: number): App {
  const group = String(index % 1_000).padStart(3, '0');
  const made = { appId: `${group}app${String(index).padStart(14, '0')}`, realm, name: 'Billing, production' };
  const app = newApp({ ...made, owner: 'owner', now: 1_795_000_000_000 + index, op: 'seed', correlationId: 'seed' });
  return index % (of / granted) === 0 ? { ...app, grants: { ...app.grants, some: ['read'] } } : app;
}

const everything: Lister = {
  who: 'may read the whole realm',
  principal: 'all',
  permissions: ['account:read:*'],
  sees: () => true,
};
const listers: readonly Lister[] = [
  everything,
  { who: `has grants on ${granted}`, principal: 'some', permissions: [], sees: ({ grants }) => 'some' in grants },
  {
    who: 'may read those that begin with 007',
    principal: 'pattern',
    permissions: [`account:read:hrn:here:account::${realm}:app/007*`],
    sees: ({ appId }) => appId.startsWith('007'),
  },
];

/** Writes applications and the pointers to those with grants, one request after the other. */
async function load(endpoint: string, apps: readonly App[], progress: (done: number) => void): Promise<void> {
  const database = DynamoDBDocumentClient.from(localClient(endpoint), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const items = apps.flatMap((app) => {
    const { appId: pk, ...attributes } = app;
    return [{ pk, sk: 'app', ...attributes }, ...('some' in app.grants ? [memberItem(app, 'some')] : [])];
  });
  for (let from = 0; from < items.length; from += maxBatch) {
    const puts = items.slice(from, from + maxBatch).map((Item) => ({ PutRequest: { Item } }));
    await database.send(new BatchWriteCommand({ RequestItems: { [tableName]: puts } }));
    if (from % 10_000 === 0) progress(from);
  }
}

/** One call of `GET /apps`, for the page after an application. */
type ListCall = (invoke: Invoke) => Promise<{ ms: number; answer: string }>;

async function callOf(ground: Ground, { principal, permissions }: Lister, before: App | undefined): Promise<ListCall> {
  const list = ['listApps', 'https://issuer.test', realm, principal, 'read'];
  const headers = { Authorization: await ground.authorize(principal, permissions) };
  const query = before && { pageToken: formatPageToken({ after: before.listKey ?? '', total: granted }, list) };
  return async (invoke) => {
    const begun = performance.now();
    const { statusCode, body } = await invoke('listApps', { headers, ...(query && { query }) });
    const ms = performance.now() - begun;
    return { ms, answer: statusCode === 200 ? `${JSON.parse(body).items.length} applications` : String(statusCode) };
  };
}

/** @returns requests to the database by kind, and their units */
function sumUp(requests: readonly string[]): string {
  const kinds = Map.groupBy(requests, (request) => request.split(' ')[0] ?? '');
  const units = (each: readonly string[]) => each.reduce((sum, request) => sum + Number(request.split(' ')[1]), 0);
  return [...kinds].map(([kind, each]) => `${each.length} ${kind} of ${units(each)} units`).join(', ');
}

async function main(): Promise<void> {
  const print = silenceLog();
  const count = parseWhole('--apps', wanted, 1_000, 1_000_000);
  const engine = database ? undefined : await startDynamodbLocal();
  const endpoint = database ?? engine?.endpoint ?? '';
  const metered = await startMeteredDatabase(endpoint);
  const ground = await prepareGround(endpoint, tableName);
  setEnvironment(ground.environment);
  const plain = await openHandlers();
  await (await callOf(ground, everything, undefined))(plain); // The SDK keeps the endpoint that it finds at its first request.
  const apps = Array.from({ length: count }, (_, index) => appAt(index, count));
  const begun = performance.now();
  const seconds = () => Math.round((performance.now() - begun) / 1_000);
  await load(endpoint, apps, (done) => print(`${done} items after ${seconds()} s`));
  print(`${count} applications after ${seconds()} s`);
  setEnvironment({ AWS_ENDPOINT_URL_DYNAMODB: metered.endpoint });
  const counting = await openHandlers();
  for (const lister of listers) {
    const seen = apps.filter(lister.sees).reverse();
    const pages = { first: undefined, middle: seen[seen.length / 2 - 1], last: seen.at(-101) };
    for (const [page, before] of Object.entries(pages)) {
      const call = await callOf(ground, lister, before);
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1) times.push((await call(plain)).ms);
      metered.requests.length = 0;
      const { answer } = await call(counting);
      const { median, low, high } = spreadOf(times);
      const took = `${median.toFixed(0)} ms (${low.toFixed(0)} to ${high.toFixed(0)})`;
      print(`${lister.who}, ${page} page: ${answer}, ${took}, ${sumUp(metered.requests)}`);
    }
  }
  ground.stop();
  await engine?.stop();
}

if (help) console.log(usage);
else await main();
process.exit();
