/** So many repetitions there may be before the first answer, and at once. */
const most = 100;
const perAnswer = 0.1;

/**
 * How often a database that says that it is busy is asked again: once for ten answers (a token bucket, as in the
 * standard mode of the AWS SDKs), so that repetitions do not keep it busy.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export class RetryBudget {
  #tokens = most;

  answered(): void {
    this.#tokens = Math.min(most, this.#tokens + perAnswer);
  }

  /** @returns whether there may be one more */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
