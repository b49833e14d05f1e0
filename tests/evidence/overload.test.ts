import { expect, it, vi } from 'vitest';
import { brokenClaims } from '../overload/claims.ts';
import { overload } from '../overload/load.ts';
import { capacities } from '../overload/scenarios.ts';

/** A short part; `node tests/evidence/overload.ts` runs a minute of it. */
it.each(Object.entries(capacities))(
  'twice the rate that a store sustains which %s: shed, in time, not collapsed',
  async (_, capacity) => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    vi.resetModules();
    const figures = await overload(capacity, { measuring: 2, overload: 6, calm: 1 }, 1);
    vi.restoreAllMocks();
    expect(brokenClaims(figures), JSON.stringify(figures)).toEqual([]);
  },
);
