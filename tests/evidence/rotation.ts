import { parseArgs } from 'node:util';
import { randomNumbers } from './properties/support.ts';
import { type Month, simulate } from './rotation/month.ts';
import { exhaustFaults, type Hand, hands, newTally, playOnce, type Tally } from './rotation/schedules.ts';
import type { Mutant } from './rotation/world.ts';

const mutants: readonly Mutant[] = ['a clock that is an hour late', 'a label that does not move'];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      schedules: { type: 'string', default: '30000' },
      applications: { type: 'string', default: '1000' },
      seed: { type: 'string' },
    },
  });
  const [schedules, applications] = [Number(values.schedules), Number(values.applications)];
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed}`);
  const checks = [await schedulesHold(schedules, seed), await monthHolds(applications, seed)];
  process.exitCode = checks.every(Boolean) ? 0 : 1;
}

async function schedulesHold(count: number, seed: number): Promise<boolean> {
  let holds = true;
  for (const mutant of mutants) {
    const { schedules, bad } = await play('nothing', 1_000, seed, mutant);
    console.log(`${mutant}: ${bad.length > 0 ? `found after ${schedules} schedules` : 'NOT FOUND'}`);
    holds &&= bad.length > 0;
  }
  const every = newTally();
  await exhaustFaults(every);
  console.log(`every fault, and every two: ${every.schedules} rotations, bad: ${every.bad.length}`);
  for (const text of every.bad) console.log(`  ${text}`);
  holds &&= every.bad.length === 0;
  for (const hand of Object.keys(hands) as Hand[]) {
    const { schedules, faults, finished, refused, bad } = await play(hand, count, seed);
    console.log(
      `by hand: ${hand}: ${schedules} schedules, ${faults} faults, ${finished} finished, ${refused} refused, bad: ${bad.length}`,
    );
    for (const text of bad) console.log(`  ${text}`);
    holds &&= bad.length === 0;
  }
  return holds;
}

/** So many schedules at random, or until one is bad. */
async function play(hand: Hand, count: number, seed: number, mutant?: Mutant): Promise<Tally> {
  const tally = newTally();
  const random = randomNumbers(seed);
  while (tally.schedules < count && tally.bad.length === 0)
    await playOnce(hand, { maxFaults: 2, random, ...(mutant && { mutant }) }, tally);
  return tally;
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
