/** Raised when a send has taken all of its time; what it was to do may be done all the same. */
export class TimeUp extends Error {
  override readonly name = 'TimeUp';

  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

/**
 * Gives `send` so many ms for everything: credentials, connection, answer and body. It ends then, even if `send` does
 * not heed its signal. The timer keeps no process alive.
 * @throws TimeUp
 */
export function withinMs<Result>(ms: number, send: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const timer = setTimeout(() => {
      const why = new TimeUp(ms);
      reject(why);
      controller.abort(why);
    }, ms).unref();
    send(controller.signal)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
