/** @returns how to learn what a promise has come to: `open`, then its value or what it was rejected with */
export function watch(promise: Promise<unknown>): () => unknown {
  let state: unknown = 'open';
  const settle = (result: unknown) => {
    state = result;
  };
  promise.then(settle, settle);
  return () => state;
}
