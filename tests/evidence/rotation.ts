import { parseArgs } from 'node:util';
import { randomNumbers } from './properties/support.ts';
import { explore, type Plan } from './rotation/explore.ts';
import { type Month, simulate } from './rotation/month.ts';
import { exhaustFaults, type Hand, hands } from './rotation/schedules.ts';
import type { Mutant } from './rotation/world.ts';

const mutants: readonly Mutant[] = ['a clock that is an hour late', 'a label that does not move'];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      faults: { type: 'string', default: '1' },
      applications: { type: 'string', default: '1000' },
      seed: { type: 'string' },
    },
  });
  const [maxFaults, applications] = [Number(values.faults), Number(values.applications)];
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed}`);
  const checks = [await schedulesHold(maxFaults), await monthHolds(applications, seed)];
  process.exitCode = checks.every(Boolean) ? 0 : 1;
}

/** @param maxFaults of two schedulers beside whom somebody changes something; the others have two */
function plansOf(maxFaults: number): Plan[] {
  const byHand = (Object.keys(hands) as Hand[]).filter((hand) => hand !== 'nothing');
  return [
    { schedulers: 2, maxFaults: 2, hand: 'nothing' },
    ...byHand.map((hand) => ({ schedulers: 1, maxFaults: 2, hand }) as const),
    ...byHand.map((hand) => ({ schedulers: 2, maxFaults, hand }) as const),
  ];
}

async function schedulesHold(maxFaults: number): Promise<boolean> {
  let holds = true;
  for (const mutant of mutants) {
    const { states, bad } = await explore({ schedulers: 2, maxFaults: 0, hand: 'nothing', mutant });
    console.log(`${mutant}: ${bad.length > 0 ? `found after ${states} states` : 'NOT FOUND'}`);
    holds &&= bad.length > 0;
  }
  const every = await exhaustFaults();
  console.log(`every fault, and every two: ${every.rotations} rotations, bad: ${every.bad.length}`);
  for (const text of every.bad) console.log(`  ${text}`);
  holds &&= every.bad.length === 0;
  for (const plan of plansOf(maxFaults)) {
    const { states, schedules, bad } = await explore(plan);
    console.log(`${JSON.stringify(plan)}: ${states} states, ${schedules} schedules, bad: ${bad.length}`);
    for (const text of bad) console.log(`  ${text}`);
    holds &&= bad.length === 0;
  }
  return holds;
}

async function monthHolds(applications: number, seed: number): Promise<boolean> {
  const plan = { applications, days: 30, faultRate: 0.1 };
  const month = await simulate({ ...plan, random: randomNumbers(seed) });
  console.log(formatMonth(month));
  const tooLate = await simulate({ ...plan, applications: 10, readMs: 24 * 3_600_000, random: randomNumbers(seed) });
  console.log(`consumers that read the secret once a day: ${tooLate.rejected} of ${tooLate.uses} uses rejected`);
  return month.rejected === 0 && month.unfinished === 0 && month.mostKeys <= 2 && tooLate.rejected > 0;
}

function formatMonth(month: Month): string {
  const { applications, rotations, unfinished, longestMs, attempts, requests, faults, uses, rejected, mostKeys } =
    month;
  return [
    `a month of ${applications} applications: ${rotations} rotations in ${attempts} attempts, ${unfinished} unfinished, the longest took ${(longestMs / 3_600_000).toFixed(1)} h`,
    `${requests} requests, ${faults} of them faulty; ${uses} uses of keys, ${rejected} rejected; at most ${mostKeys} keys`,
  ].join('\n');
}

await main();
