import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { tell } from './histories/life.ts';
import { killDatabase } from './kills/databases.ts';
import { engines, forgetful } from './kills/engines.ts';

beforeAll(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));
afterAll(() => vi.restoreAllMocks());

/** `node tests/evidence/kills.ts` kills 50 times, DynamoDB Local and the service too. */
it('dynalite, killed twice under load, loses nothing that was acknowledged', async () => {
  const start = engines.dynalite ?? expect.fail();
  const outcome = await killDatabase(start, { kills: 2, writes: 40, appsAtOnce: 2, seed: 1 });
  expect([...outcome.faulty, ...outcome.refuted.flatMap(tell)]).toEqual([]);
  expect(outcome.verdicts).toEqual({ explained: outcome.apps, refuted: 0, undecided: 0 });
  expect(outcome.kills).toBe(2);
});

it('a dynalite that loses a part of what was acknowledged is found out', async () => {
  const start = forgetful(engines.dynalite ?? expect.fail());
  const { verdicts } = await killDatabase(start, { kills: 2, writes: 40, appsAtOnce: 2, seed: 1 });
  expect(verdicts.refuted).toBeGreaterThan(0);
});
