/** As many connections as the SDK's client opens: inside it, what comes after waits unseen until its time-out. */
const most = 50;
/** One waits for its turn so long. */
const patienceMs = 1_000;

/** With less time than this for an answer, in ms, one that had to wait is not sent. */
const answerMs = 1_000;

/** A request was not sent, since too many were under way. */
export class Crowded extends Error {
  override readonly name = 'Crowded';
}

/**
 * Lets 50 requests be under way at a time. The others wait before they are sent, and not when their time-out is running:
 * what is sent to a slow database is then answered, and not given up and carried out all the same.
 */
export class CrowdLimit {
  readonly #line = new Set<() => void>();
  #underWay = 0;

  /**
   * @param send is given what is left of `withinMs` when its turn comes
   * @throws Crowded when that does not come soon, or as `send` does
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

  /** Waits for the place of one who leaves. */
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
