import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { tell } from './histories/life.ts';
import { type Outcome, runHistories } from './histories/run.ts';
import { seed } from './properties/support.ts';

const size = { apps: 4, operations: 120, clients: 10, appsAtOnce: 2 };
const mostRuns = 20;
const real = { isReadThenWrite: false, isCalm: false };

beforeAll(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));
afterAll(() => vi.restoreAllMocks());

/** Without more operations than a test has time for; `node tests/evidence/histories.ts` does 12,000. */
describe('histories of applications behind a database of whose requests 30 % go wrong', () => {
  it('are all explained', async () => {
    const { verdicts, faulty, refuted } = await runHistories(inject('endpoint'), { ...size, seed }, real);
    expect([...faulty, ...refuted.flatMap(tell)]).toEqual([]);
    expect(verdicts).toEqual({ explained: size.apps, refuted: 0, undecided: 0 });
  });

  it.each([false, true])(
    'are refuted where a write is a read, then a write (nothing lost: %s)',
    async (isCalm) => {
      let outcome: Outcome | undefined;
      for (let nth = 0; nth < mostRuns && !outcome?.refuted.length; nth += 1) {
        outcome = await runHistories(
          inject('endpoint'),
          { ...size, seed: seed + nth },
          { isReadThenWrite: true, isCalm },
        );
      }
      expect(outcome?.verdicts.refuted).toBeGreaterThan(0);
    },
    240_000,
  );
});
