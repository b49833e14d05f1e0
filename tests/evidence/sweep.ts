import { parseArgs } from 'node:util';
import { silenceLog } from '../support/silence-log.ts';
import { randomNumbers } from './properties/support.ts';
import { simulate, type Year } from './sweep/year.ts';

const say = silenceLog();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { applications: { type: 'string', default: '10000' }, seed: { type: 'string' } },
  });
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  say(`seed ${seed}`);
  const late = await simulate({ ...plan(50, seed), lateMs: 2 * 3_600_000 });
  say(`a sweep whose clock is two hours late: ${late.faults.length > 0 ? `found, ${late.faults[0]}` : 'NOT FOUND'}`);
  const begun = performance.now();
  const year = await simulate(plan(Number(values.applications), seed));
  report(year, (performance.now() - begun) / 1_000);
  process.exitCode = late.faults.length > 0 && year.faults.length === 0 && year.repeated === 0 ? 0 : 1;
}

function plan(applications: number, seed: number) {
  return { applications, days: 365, outageDay: 100, random: randomNumbers(seed) };
}

function report({ applications, keys, announced, repeated, latestMs, requests, faults }: Year, seconds: number): void {
  const kinds = Object.entries(announced).map(([action, count]) => `${count} ${action}`);
  say(`${applications} applications, ${keys} keys, 365 days, the bus down for one, in ${seconds.toFixed(0)} s`);
  say(`  ${kinds.join(', ')}`);
  say(`  sent again: ${repeated}; the latest ${(latestMs / 60_000).toFixed(1)} minutes after its moment`);
  say(
    `  ${(requests / applications).toFixed(1)} requests to the table for each application, those of its callers included`,
  );
  say(`  bad: ${faults.length}`);
  for (const fault of faults.slice(0, 5)) say(`  BAD ${fault}`);
}

await main();
