import { NoAnswer } from './failures.ts';

/**
 * Runs `action` with a signal that ends when `ms` have passed or `outer` ends.
 * @throws the signal's reason, if `action` heeds it: NoAnswer, or that of `outer`
 */
export async function within<T>(
  ms: number,
  outer: AbortSignal | undefined,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const end = () => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(new NoAnswer(`not within ${ms} ms`)), ms);
  outer?.addEventListener('abort', end);
  try {
    return await action(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', end);
  }
}

/** @throws the signal's reason as soon as it ends */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      resolve();
    }, ms);
    signal.addEventListener('abort', end);
  });
}
