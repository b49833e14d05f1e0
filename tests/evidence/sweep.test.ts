import { beforeAll, describe, expect, it, vi } from 'vitest';
import { silenceLog } from '../support/silence-log.ts';
import { randomNumbers, seed } from './properties/support.ts';
import { simulate } from './sweep/year.ts';

beforeAll(() => {
  silenceLog();
  return () => vi.restoreAllMocks();
});

describe('a year of 300 applications, with a day without the bus', () => {
  it('every notice comes once under one id, within an hour of its moment, and none that nobody expects', async () => {
    const year = await simulate({ applications: 300, days: 365, outageDay: 100, random: randomNumbers(seed) });
    expect(year.faults).toEqual([]);
    expect(year.repeated).toBe(0);
    expect(year.latestMs).toBeLessThanOrEqual(3_600_000);
    expect(Math.min(...Object.values(year.announced))).toBeGreaterThan(20);
    expect(Object.keys(year.announced)).toHaveLength(4);
  });

  it('finds a sweep whose clock is two hours late', async () => {
    const plan = { applications: 20, days: 200, outageDay: 300, random: randomNumbers(seed), lateMs: 2 * 3_600_000 };
    expect((await simulate(plan)).faults[0]).toMatch(/^late: /);
  });
});
