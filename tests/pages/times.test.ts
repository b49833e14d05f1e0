import { expect, it } from 'vitest';
import { afterWait, endFromNow, fromNow } from '../../lib/pages/console/times.ts';

const now = Date.UTC(2026, 0, 1);

it.each([
  [1, 'in less than a minute'],
  [59_999, 'in less than a minute'],
  [60_000, 'in 1 minute'],
  [86_400_000, 'tomorrow'],
  [0, 'just now'],
  [-30_000, 'just now'],
])('an end %i ms from now is %s', (ms, words) => expect(endFromNow(now + ms, now)).toBe(words));

it('what was done a moment ago was done just now, also by a clock that is ahead', () => {
  expect([fromNow(now - 1_000, now), fromNow(now + 1_000, now)]).toEqual(['just now', 'just now']);
});

it.each([
  [1, 'in 1 second'],
  [59, 'in 59 seconds'],
  [60, 'in 1 minute'],
  [90, 'in 2 minutes'],
])('after %i seconds is %s', (seconds, words) => expect(afterWait(seconds)).toBe(words));
