import type { Deadline } from '../../lib/store/settle.ts';

/** A request's 8 seconds, so many ms from now, on a clock that goes on only while it sleeps, the longest that it may each time. */
export function fakeDeadline(laterMs = 0): Deadline {
  let now = Date.now() + laterMs;
  return {
    at: now + 8_000,
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    random: () => 1,
  };
}
