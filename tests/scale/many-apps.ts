import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { parseFlags, parseWhole } from '../../infra/local/command-line.ts';
import { startDynamodbLocal } from '../../infra/local/dynamodb-local.ts';
import { localClient } from '../../infra/local/table.ts';
import { type App, newApp } from '../../lib/domain/app.ts';
import { formatPageToken } from '../../lib/http/page.ts';
import { memberItem } from '../../lib/store/members.ts';
import { spreadOf } from '../bench/statistics.ts';
import { setEnvironment } from '../support/environment.ts';
import { type Ground, type Invoke, openHandlers, prepareGround, realm } from '../support/handlers.ts';
import { startMeteredDatabase } from '../support/metered-database.ts';
import { silenceLog } from '../support/silence-log.ts';

const usage = `node tests/scale/many-apps.ts [--apps N] [--database URL]

Puts N applications (1,000 unless given) of one realm into a new DynamoDB Local, or the one there, and measures GET /apps.`;

const tableName = `many-apps-${Date.now()}`;
const maxBatch = 25;
const granted = 100;
const rounds = 11;
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

const listers: readonly Lister[] = [
  { who: 'may read the whole realm', principal: 'all', permissions: ['account:read:*'], sees: () => true },
  { who: `has grants on ${granted}`, principal: 'some', permissions: [], sees: ({ grants }) => 'some' in grants },
  {
    who: 'may read those that begin with 007',
    principal: 'pattern',
    permissions: [`account:read:hrn:here:account::${realm}:app/007*`],
    sees: ({ appId }) => appId.startsWith('007'),
  },
];

/** Writes applications and the pointers to those with grants, one request after the other. */
async function load(endpoint: string, apps: readonly App[]): Promise<void> {
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
  }
}

/** Calls `GET /apps` for one page, several times. @returns what it took */
async function measure(invoke: Invoke, ground: Ground, { principal, permissions }: Lister, before: App | undefined) {
  const list = ['listApps', 'https://issuer.test', realm, principal];
  const headers = { Authorization: await ground.authorize(principal, permissions) };
  const query = before && { pageToken: formatPageToken(before.listKey ?? '', list) };
  const times: number[] = [];
  let items = 0;
  for (let round = 0; round < rounds; round += 1) {
    const begun = performance.now();
    const { statusCode, body } = await invoke('listApps', { headers, ...(query && { query }) });
    times.push(performance.now() - begun);
    if (statusCode !== 200) return `${statusCode} after ${Math.round(times.at(-1) ?? 0)} ms`;
    items = JSON.parse(body).items.length;
  }
  return `${items} in ${Math.round(spreadOf(times).median)} ms (${Math.round(spreadOf(times).low)} to ${Math.round(spreadOf(times).high)})`;
}

/** @returns the requests to the database of one call, and the units of each kind */
async function requestsOf(requests: string[], work: () => Promise<unknown>): Promise<string> {
  requests.length = 0;
  await work();
  const once = requests.slice(0, requests.length / rounds);
  const kinds = Map.groupBy(once, (request) => request.split(' ')[0] ?? '');
  return [...kinds]
    .map(
      ([kind, each]) =>
        `${each.length} × ${kind}: ${each.reduce((sum, request) => sum + Number(request.split(' ')[1]), 0)} units`,
    )
    .join(', ');
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
  const apps = Array.from({ length: count }, (_, index) => appAt(index, count));
  const begun = performance.now();
  await load(endpoint, apps);
  print(`${count} applications loaded in ${Math.round((performance.now() - begun) / 1_000)} s`);

  const pages: [string, Lister, App | undefined][] = listers.flatMap((lister) => {
    const seen = apps.filter(lister.sees);
    const middle = seen[Math.floor(seen.length / 2)];
    return [
      ['first', lister, undefined],
      ['middle', lister, middle],
      ['last', lister, seen.at(Math.min(seen.length, 100))],
    ];
  });
  const timed = [];
  for (const [page, lister, before] of pages) timed.push(await measure(plain, ground, lister, before));
  setEnvironment({ AWS_ENDPOINT_URL_DYNAMODB: metered.endpoint });
  const counting = await openHandlers();
  for (const [index, [page, lister, before]] of pages.entries()) {
    const asked = await requestsOf(metered.requests, () => measure(counting, ground, lister, before));
    print(`${lister.who}, ${page} page: ${timed[index]}; ${asked}`);
  }
  ground.stop();
  await engine?.stop();
}

if (help) console.log(usage);
else await main();
process.exit();
