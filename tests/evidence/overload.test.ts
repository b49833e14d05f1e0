import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { brokenClaims } from './overload/claims.ts';
import { takeAway } from './overload/guards.ts';
import { overload } from './overload/load.ts';
import { scenarios } from './overload/scenarios.ts';

/** A short part; `node tests/evidence/overload.ts` runs a minute of it. */
const durations = { measuring: 2, overload: 6, calm: 1 };
const timeout = 300_000;

beforeEach(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));
afterEach(() => void vi.restoreAllMocks());

it.each(Object.entries(scenarios))(
  'twice the rate that a store sustains which %s: shed, in time, not collapsed',
  async (_, { capacity, promised }) => {
    const figures = await overload(capacity, durations, 1);
    expect(brokenClaims(figures, promised), JSON.stringify(figures)).toEqual([]);
  },
  timeout,
);

it.each(Object.entries(scenarios))(
  'a store which %s is not got over without the guard against it',
  async (_, { capacity, promised, guard }) => {
    const giveBack = takeAway([guard]);
    const figures = await overload(capacity, durations, 1).finally(giveBack);
    expect(brokenClaims(figures, promised), JSON.stringify(figures)).toContainEqual(
      `Not so: at least ${promised.goodput * 100} % of the sustainable rate are served.`,
    );
  },
  timeout,
);
