/**
 * As many connections as the SDK's client opens. Further requests would wait inside it, without notice, until their
 * timeout.
 */
const most = 50;
/** How long a request waits for its turn. */
const patienceMs = 1_000;

/** A request that had to wait is not sent if it has less than this time left, in ms. */
const answerMs = 1_000;

/** A request was not sent, because too many were in progress. */
export class Crowded extends Error {
  override readonly name = 'Crowded';
}

/**
 * Allows 50 requests at a time. Other requests wait before they are sent, so the wait does not count toward their
 * timeout. A slow database then answers the requests that it gets, instead of executing requests that have already
 * timed out.
 */
export class CrowdLimit {
  readonly #line = new Set<() => void>();
  #underWay = 0;

  /**
   * @param send gets what is left of `withinMs` when its turn comes
   * @throws Crowded if its turn does not come soon; or the error of `send`
   */
  async pass<Result>(withinMs: number, send: (withinMs: number) => Promise<Result>): Promise<Result> {
    const arrivedAt = Date.now();
    if (this.#underWay >= most) await this.#turn(Math.min(patienceMs, withinMs - answerMs));
    else this.#underWay += 1;
    try {
      return await send(Math.max(1, withinMs - (Date.now() - arrivedAt)));
    } finally {
      const [next] = this.#line;
      if (next) next();
      else this.#underWay -= 1;
    }
  }

  /** Waits until another request ends. */
  #turn(withinMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const come = () => {
        clearTimeout(timer);
        this.#line.delete(come);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#line.delete(come);
        reject(new Crowded());
      }, withinMs);
      this.#line.add(come);
    });
  }
}
