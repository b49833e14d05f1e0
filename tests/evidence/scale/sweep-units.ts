import { startDynamodbLocal } from '../../../infra/local/dynamodb-local.ts';
import { createTable } from '../../../infra/local/table.ts';
import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import { openTable } from '../../../lib/store/dynamodb.ts';
import { setEnvironment } from '../../support/environment.ts';
import { startMeteredDatabase } from '../../support/metered-database.ts';
import { silenceLog } from '../../support/silence-log.ts';
import { SweepWorld } from '../../support/sweep-world.ts';

/** Measures on DynamoDB Local what one application with one key takes in a year, with notices and without. */

const dayMs = 86_400_000;
const overlap = { untilFirstUse: 600, atMost: 86_400 };

interface Units {
  read: number;
  write: number;
}

/** Takes the units of the requests that were made since the last time. */
function taken(requests: string[]): Units {
  const units = { read: 0, write: 0 };
  for (const request of requests.splice(0)) {
    const [kind = '', count] = request.split(' ');
    units[/Get/.test(kind) ? 'read' : 'write'] += Number(count);
  }
  return units;
}

function add(sum: Units, part: Units): void {
  sum.read += part.read;
  sum.write += part.write;
}

/** Its key lives for 90 days, is used each day, and is rotated 5 days before its end, with a grace from the first use. */
async function live(world: SweepWorld, requests: string[]): Promise<{ callers: Units; sweep: Units; notices: number }> {
  const [callers, sweep] = [
    { read: 0, write: 0 },
    { read: 0, write: 0 },
  ];
  const appId = await world.createMirrored();
  let handle: KeyHandle = await world.generate(appId, { expiresAt: world.now + 90 * dayMs });
  for (let day = 1; day <= 365; day += 1) {
    if (day % 85 === 0) handle = await world.rotate(appId, handle, { overlap, expiresAt: world.now + 90 * dayMs });
    await world.use(appId, handle);
    add(callers, taken(requests));
    await world.pass(dayMs);
    add(sweep, taken(requests));
  }
  return { callers, sweep, notices: world.announced.length };
}

async function main(): Promise<void> {
  const print = silenceLog();
  const engine = await startDynamodbLocal();
  const metered = await startMeteredDatabase(engine.endpoint);
  const credentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: 'us-east-1' };
  setEnvironment({ ...credentials, AWS_ENDPOINT_URL_DYNAMODB: metered.endpoint });
  for (const bus of ['audit', null]) {
    const tableName = `sweep-units-${bus}`;
    await createTable(engine.endpoint, tableName);
    const { callers, sweep, notices } = await live(new SweepWorld({}, bus, openTable(tableName)), metered.requests);
    print(`${bus === null ? 'without a bus' : 'with a bus'}: ${notices} notices`);
    print(`  callers: ${callers.read} read units, ${callers.write} write units`);
    print(`  sweep: ${sweep.read} read units, ${sweep.write} write units`);
  }
  await engine.stop();
}

await main();
process.exit();
