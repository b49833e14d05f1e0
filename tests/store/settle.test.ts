import { expect, it, vi } from 'vitest';
import { read, settle } from '../../lib/store/settle.ts';
import type { Attempt } from '../../lib/store/table.ts';
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
  expect(await settle(fakeDeadline(), write)).toMatchObject({ applied: true, doubt: true });
  expect(write).toHaveBeenCalledTimes(4);
});

it('no attempt begins when the time is over', async () => {
  const [write, deadline] = [attempts(), fakeDeadline()];
  await expect(settle({ ...deadline, at: deadline.now() }, write)).rejects.toMatchObject({ code: '503000' });
  expect(write).not.toHaveBeenCalled();
});
