import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { NoAnswer } from '../../../lib/package/client/failures.ts';
import { sleep, within } from '../../../lib/package/client/time.ts';
import { watch } from '../../support/watch.ts';

const reason = new Error('changed my mind');
const never = () => new Promise<never>(() => {});

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

describe('within', () => {
  it('gives what the action gives, and leaves nothing behind', async () => {
    const { signal } = new AbortController();
    expect(await within(50, signal, async () => 'done')).toBe('done');
    expect([vi.getTimerCount(), getEventListeners(signal, 'abort')]).toEqual([0, []]);
  });

  it('fails as the action does, and leaves nothing behind', async () => {
    const { signal } = new AbortController();
    await expect(within(50, signal, () => Promise.reject(reason))).rejects.toBe(reason);
    expect([vi.getTimerCount(), getEventListeners(signal, 'abort')]).toEqual([0, []]);
  });

  it.each([undefined, new AbortController().signal])('NoAnswer when time is up, and no sooner', async (outer) => {
    const action = vi.fn(never);
    const state = watch(within(50, outer, action));
    const [signal] = action.mock.calls[0] as unknown as [AbortSignal];
    await vi.advanceTimersByTimeAsync(49);
    expect([state(), signal.aborted]).toEqual(['open', false]);
    await vi.advanceTimersByTimeAsync(1);
    expect(state()).toBeInstanceOf(NoAnswer);
    expect(state()).toHaveProperty('message', 'not within 50 ms');
    expect(signal.reason).toBe(state());
  });

  it('the reason of the outer signal as soon as it ends, which ends that of the action', async () => {
    const outer = new AbortController();
    const action = vi.fn(never);
    const state = watch(within(50, outer.signal, action));
    const [signal] = action.mock.calls[0] as unknown as [AbortSignal];
    await vi.advanceTimersByTimeAsync(49);
    expect(state()).toBe('open');
    outer.abort(reason);
    await vi.advanceTimersByTimeAsync(0);
    expect(state()).toBe(reason);
    expect(signal.reason).toBe(reason);
  });

  it('nothing is begun after the outer signal has ended', async () => {
    const action = vi.fn(never);
    await expect(within(50, AbortSignal.abort(reason), action)).rejects.toBe(reason);
    expect(action).not.toHaveBeenCalled();
  });
});

describe('sleep', () => {
  it('ends when its time has passed, no sooner, and leaves nothing behind', async () => {
    const { signal } = new AbortController();
    const state = watch(sleep(50, signal));
    await vi.advanceTimersByTimeAsync(49);
    expect(state()).toBe('open');
    await vi.advanceTimersByTimeAsync(1);
    expect([state(), getEventListeners(signal, 'abort')]).toEqual([undefined, []]);
  });

  it("is rejected with the signal's reason as soon as it ends, and leaves nothing behind", async () => {
    const controller = new AbortController();
    const state = watch(sleep(50, controller.signal));
    controller.abort(reason);
    await vi.advanceTimersByTimeAsync(0);
    expect(state()).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });
});
