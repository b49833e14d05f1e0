import { expect, it } from 'vitest';
import { randomNumbers } from './properties/support.ts';
import { explore } from './rotation/explore.ts';
import { simulate } from './rotation/month.ts';
import { exhaustFaults, type Hand, hands } from './rotation/schedules.ts';

it.each([
  { schedulers: 2, maxFaults: 0, hand: 'nothing' },
  { schedulers: 2, maxFaults: 0, hand: 'deletes the pending key' },
] as const)('every schedule of %j', async (plan) => {
  const { bad, states, finished, rejected } = await explore(plan);
  expect(bad).toEqual([]);
  expect(states).toBeGreaterThan(100);
  expect(finished).toBeGreaterThan(0);
  expect(rejected > 0).toBe(plan.hand !== 'nothing');
});

it.each(Object.keys(hands) as Hand[])(
  'every schedule of one scheduler, with a fault, when somebody %s',
  async (hand) => {
    expect(await explore({ schedulers: 1, maxFaults: 1, hand })).toMatchObject({ bad: [] });
  },
);

it('a rotation comes to its end with every fault at every request, and with every two of them', async () => {
  const { bad, rotations } = await exhaustFaults();
  expect(bad).toEqual([]);
  expect(rotations).toBeGreaterThan(1_000);
});

it.each(['a clock that is an hour late', 'a label that does not move'] as const)('%s is noticed', async (mutant) => {
  expect(await explore({ schedulers: 2, maxFaults: 0, hand: 'nothing', mutant })).not.toMatchObject({ bad: [] });
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
