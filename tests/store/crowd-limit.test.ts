import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CrowdLimit } from '../../lib/store/crowd-limit.ts';
import { RetryBudget } from '../../lib/store/retry-budget.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const idle = () => new Promise<never>(() => {});

/** A limit that lets nobody in before one of the 50 leaves. */
function crowded(): { limit: CrowdLimit; leave: () => void } {
  const limit = new CrowdLimit();
  let leave = () => {};
  void limit.pass(8_000, () => new Promise<void>((resolve) => (leave = resolve)));
  for (let other = 1; other < 50; other += 1) void limit.pass(8_000, idle);
  return { limit, leave: () => leave() };
}

it('50 are under way at once, each with all of its time', async () => {
  const limit = new CrowdLimit();
  const sent = vi.fn(idle);
  for (let one = 0; one < 51; one += 1) void limit.pass(8_000, sent).catch(() => {});
  await vi.advanceTimersByTimeAsync(0);
  expect(sent.mock.calls).toEqual(Array.from({ length: 50 }, () => [8_000]));
});

it('the next is sent when one leaves, with what is left of its time', async () => {
  const { limit, leave } = crowded();
  const sent = vi.fn(async (withinMs: number) => withinMs);
  const answer = limit.pass(3_000, sent);
  await vi.advanceTimersByTimeAsync(400);
  expect(sent).not.toHaveBeenCalled();
  leave();
  expect(await answer).toBe(2_600);
  expect(vi.getTimerCount()).toBe(0);
});

it.each([
  ['a second', 8_000, 1_000],
  ['as long as there is a second left for the answer', 1_500, 500],
])('waits for its turn no longer than %s, and is not sent later', async (_, withinMs, waitedMs) => {
  const { limit, leave } = crowded();
  const sent = vi.fn(idle);
  const refused = vi.fn();
  limit.pass(withinMs, sent).catch(refused);
  await vi.advanceTimersByTimeAsync(waitedMs - 1);
  expect(refused).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(refused).toHaveBeenCalledWith(expect.objectContaining({ name: 'Crowded' }));
  leave();
  await vi.advanceTimersByTimeAsync(1);
  expect(sent).not.toHaveBeenCalled();
});

it('a busy database is asked again 100 times, and then once for ten answers', () => {
  const budget = new RetryBudget();
  for (let time = 0; time < 100; time += 1) expect(budget.take()).toBe(true);
  expect(budget.take()).toBe(false);
  for (let answer = 0; answer < 11; answer += 1) budget.answered();
  expect([budget.take(), budget.take()]).toEqual([true, false]);
});

it('answers do not add up: 100 repetitions are the most', () => {
  const budget = new RetryBudget();
  for (let answer = 0; answer < 100; answer += 1) budget.answered();
  const taken = Array.from({ length: 101 }, () => budget.take());
  expect(taken.filter(Boolean)).toHaveLength(100);
});

it('places come free as often as they are left, whoever waits, gives up or fails', async () => {
  const { limit, leave } = crowded();
  const gaveUp = limit.pass(8_000, idle).catch(() => 'gave up');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await gaveUp).toBe('gave up');
  leave();
  await vi.advanceTimersByTimeAsync(0);
  await expect(limit.pass(8_000, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  const sent: number[] = [];
  const pass = (nth: number) => limit.pass(8_000, async () => sent.push(nth));
  await Promise.all([pass(1), pass(2), pass(3)]);
  expect(sent).toEqual([1, 2, 3]);
  void limit.pass(8_000, idle);
  const late = limit.pass(8_000, async () => 'sent').catch(() => 'gave up');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await late).toBe('gave up');
  expect(vi.getTimerCount()).toBe(0);
});

it('one whose time was over when its turn came has a millisecond', async () => {
  const limit = new CrowdLimit();
  expect(await limit.pass(0, async (withinMs) => withinMs)).toBe(1);
});
