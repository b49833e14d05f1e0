/** Thrown when a send has used up its time. The request can still be carried out. */
export class TimeUp extends Error {
  override readonly name = 'TimeUp';

  constructor(ms: number) {
    super(`no response within ${ms} ms`);
  }
}

/**
 * Gives `send` this many ms for credentials, connection, response and body. It ends then, even if `send` ignores its
 * signal. The timer does not keep the process alive.
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
