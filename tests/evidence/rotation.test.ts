import { expect, it } from 'vitest';
import { randomNumbers } from './properties/support.ts';
import { simulate } from './rotation/month.ts';
import { exhaustFaults, type Hand, hands, newTally, playOnce } from './rotation/schedules.ts';

it.each(Object.keys(hands) as Hand[])('two schedulers, up to two faults, and by hand: %s', async (hand) => {
  const tally = newTally();
  const random = randomNumbers(7);
  for (let schedule = 0; schedule < 500; schedule += 1) await playOnce(hand, { maxFaults: 2, random }, tally);
  expect(tally).toMatchObject({ schedules: 500, bad: [] });
  expect(tally.faults).toBeGreaterThan(100);
});

it('a rotation comes to its end with every fault at every request, and with every two of them', async () => {
  const tally = newTally();
  await exhaustFaults(tally);
  expect(tally.bad).toEqual([]);
  expect(tally.schedules).toBeGreaterThan(1_000);
});

it.each(['a clock that is an hour late', 'a label that does not move'] as const)('%s is noticed', async (mutant) => {
  const tally = newTally();
  const random = randomNumbers(7);
  for (let schedule = 0; schedule < 20; schedule += 1)
    await playOnce('nothing', { maxFaults: 2, random, mutant }, tally);
  expect(tally.bad).not.toEqual([]);
});

it('in a month with 10 % of faults no consumer is rejected that reads the secret once in the overlap', async () => {
  const month = await simulate({ applications: 5, days: 30, faultRate: 0.1, random: randomNumbers(7) });
  expect(month).toMatchObject({ rotations: 155, unfinished: 0, rejected: 0, mostKeys: 2 });
  expect(month.faults).toBeGreaterThan(100);
});

it('one that reads it less often is', async () => {
  const plan = { applications: 2, days: 30, faultRate: 0.1, readMs: 24 * 3_600_000, random: randomNumbers(7) };
  expect((await simulate(plan)).rejected).toBeGreaterThan(0);
});
