import { describe, expect, it, vi } from 'vitest';
import { backOff, read, settle, timeLeft } from '../../lib/store/settle.ts';
import type { Attempt, ReadAttempt } from '../../lib/store/table.ts';
import { fakeDeadline } from '../support/fake-deadline.ts';

const tooBusy = { outcome: 'notApplied', error: 'throttled', isTooBusy: true } as const;
const unknown = { outcome: 'unknown', error: 'time-out' } as const;

function attempts(...outcomes: Attempt[]) {
  return vi.fn(async () => outcomes.shift() ?? ({ outcome: 'applied' } as const));
}

it('a database that is too busy is not asked again: 503, and nothing was changed', async () => {
  const write = attempts(tooBusy);
  await expect(settle(fakeDeadline(), write)).rejects.toMatchObject({
    code: '503000',
    parts: { retryAfterSeconds: 1 },
  });
  expect(write).toHaveBeenCalledTimes(1);
  const attempt = vi.fn(async () => ({ outcome: 'failed', error: 'throttled', isTooBusy: true }) as const);
  await expect(read(fakeDeadline(), attempt)).rejects.toMatchObject({ code: '503000' });
  expect(attempt).toHaveBeenCalledTimes(1);
});

it('a write that may be applied is settled, however busy the database is', async () => {
  const write = attempts(unknown, tooBusy, tooBusy);
  expect(await settle(fakeDeadline(), write)).toMatchObject({ applied: true, inDoubt: true });
  expect(write).toHaveBeenCalledTimes(4);
});

it('no attempt begins when the time is over', async () => {
  const [write, deadline] = [attempts(), fakeDeadline()];
  await expect(settle({ ...deadline, at: deadline.now() }, write)).rejects.toMatchObject({ code: '503000' });
  expect(write).not.toHaveBeenCalled();
});

const busy = { outcome: 'notApplied', error: 'throttled' } as const;
const failed = { outcome: 'failed', error: 'throttled' } as const;
const cause = 'A dependency of the service did not respond in time, so it is not known whether the change was made.';

it.each<[string, Attempt[], boolean, { applied: boolean; inDoubt: boolean }]>([
  ['applied', [{ outcome: 'applied' }], false, { applied: true, inDoubt: false }],
  ['applied after throttling', [busy, { outcome: 'applied' }], false, { applied: true, inDoubt: false }],
  ['applied in doubt', [unknown, busy, { outcome: 'applied' }], false, { applied: true, inDoubt: true }],
  ['applied in an older doubt', [busy, { outcome: 'applied' }], true, { applied: true, inDoubt: true }],
  ['refused', [busy, { outcome: 'refused', item: { rev: 1 } }], false, { applied: false, inDoubt: false }],
  ['refused in doubt', [unknown, { outcome: 'refused', item: { rev: 1 } }], false, { applied: false, inDoubt: true }],
])('a write ends %s', async (_, outcomes, inDoubt, end) => {
  const item = end.applied ? undefined : { rev: 1 };
  expect(await settle(fakeDeadline(), attempts(...outcomes), inDoubt)).toEqual({ ...end, item });
});

/** A deadline of 8 seconds, and how long there was sleep each time. */
function watched(random = 1) {
  const deadline = { ...fakeDeadline(), random: () => random };
  const slept: number[] = [];
  const sleep = (ms: number) => {
    slept.push(ms);
    return deadline.sleep(ms);
  };
  return { deadline: { ...deadline, sleep }, slept };
}

describe('between attempts', () => {
  it.each([
    [1, [25, 50, 100, 200, 400, 800, 1_000, 1_000]],
    [0.5, [12.5, 25, 50, 100, 200, 400, 500, 500]],
    [0, [0, 0, 0, 0, 0, 0, 0, 0]],
  ])('a write and a read wait below a bound that doubles up to a second: random %d', async (random, waits) => {
    const [writing, reading] = [watched(random), watched(random)];
    await settle(writing.deadline, attempts(...waits.map(() => busy)));
    const outcomes: ReadAttempt<number>[] = [...waits.map(() => failed), { outcome: 'read', found: 7 }];
    expect(await read(reading.deadline, async () => outcomes.shift() ?? failed)).toBe(7);
    expect([writing.slept, reading.slept]).toEqual([waits, waits]);
  });

  it('nobody waits for the deadline: what would end there ends now, with the reason for the operator', async () => {
    const { deadline, slept } = watched();
    await backOff({ ...deadline, at: deadline.now() + 26 }, 0, 'throttled', false);
    expect(slept).toEqual([25]);
    const refusal = backOff({ ...deadline, at: deadline.now() + 25 }, 0, 'throttled', false);
    await expect(refusal).rejects.toMatchObject({ code: '503000', parts: { why: 'throttled' } });
    expect(slept).toEqual([25]);
  });

  it('each attempt gets the time that is left', async () => {
    const times: number[] = [];
    await settle(fakeDeadline(), async (ms) => {
      times.push(ms);
      return times.length < 3 ? busy : { outcome: 'applied' };
    });
    expect(times).toEqual([8_000, 7_975, 7_925]);
  });
});

describe('at the end of the time', () => {
  it.each([
    ['a millisecond is time', 1, false],
    ['none is not', 0, true],
  ])('%s', (_, leftMs, isOver) => {
    const deadline = fakeDeadline();
    const left = () => timeLeft({ ...deadline, at: deadline.now() + leftMs }, false);
    if (isOver)
      expect(left).toThrow(expect.objectContaining({ parts: { why: 'the time is over', retryAfterSeconds: 1 } }));
    else expect(left()).toBe(leftMs);
  });

  it.each([
    ['in doubt, a write', true, () => settle(fakeDeadline(), async () => unknown)],
    ['in an older doubt, a write', true, () => settle(fakeDeadline(), async () => busy, true)],
    ['in doubt, a read', true, () => read(fakeDeadline(), async () => failed, true)],
    ['without doubt, a write', false, () => settle(fakeDeadline(), async () => busy)],
    ['without doubt, a read', false, () => read(fakeDeadline(), async () => failed)],
  ])('%s says whether it is known that nothing was changed', async (_, inDoubt, act) => {
    const { parts } = await act().then(
      () => expect.fail('it went on'),
      (error) => error,
    );
    expect(parts).toEqual({ why: expect.any(String), retryAfterSeconds: 1, ...(inDoubt && { cause }) });
  });
});

it('a read in doubt goes on however busy the database is', async () => {
  const answers: ReadAttempt<number>[] = [
    { ...failed, isTooBusy: true },
    { outcome: 'read', found: 7 },
  ];
  expect(await read(fakeDeadline(), async () => answers.shift() ?? failed, true)).toBe(7);
});
