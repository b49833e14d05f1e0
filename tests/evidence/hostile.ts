import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startDynalite } from '../../infra/local/dynalite.ts';
import { createTable } from '../../infra/local/table.ts';
import { type AttackOptions, attack, tableOf, unreached } from './hostile/attack.ts';
import { plans, type Target } from './hostile/requests.ts';
import { openHostileService } from './hostile/service.ts';

const usualRuns = 100_000;

async function main(): Promise<void> {
  const options = readOptions();
  const { endpoint, stop } = await startDynalite();
  const tableName = `appkeys-${randomUUID()}`;
  await createTable(endpoint, tableName);
  const service = await openHostileService({ endpoint, tableName });
  const begun = performance.now();
  const { seen, failure } = await attack(service, options).finally(service.close);
  const seconds = (performance.now() - begun) / 1_000;
  await stop();
  const requests = [...seen.values()].reduce((sum, row) => sum + row.requests, 0);
  console.log(`${requests} requests, seed ${options.seed}, ${seconds.toFixed(0)} s: real handlers, real engine`);
  for (const line of tableOf(seen)) console.log(line);
  const isWhole = options.path === undefined && options.only === undefined;
  const faults = failure ? [failure] : isWhole ? unreached(seen) : [];
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

function readOptions(): AttackOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { runs: text, seed: text, only: text, path: text } });
  const [runs, seed] = [Number(values.runs ?? usualRuns), Number(values.seed ?? Date.now() % 2 ** 31)];
  if (!Number.isSafeInteger(runs) || !Number.isSafeInteger(seed)) throw new Error('--runs and --seed take numbers');
  const { path, only } = values;
  if (only !== undefined && !isTarget(only)) throw new Error(`--only takes one of ${Object.keys(plans).join(', ')}`);
  return { runs, seed, path, only };
}

function isTarget(name: string): name is Target {
  return Object.hasOwn(plans, name);
}

await main();
