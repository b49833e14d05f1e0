/** How many retries are possible before the first response, and at once. */
const most = 100;
const perAnswer = 0.1;

/**
 * Limits the retries to a busy database to one for ten responses, so that retries do not keep it busy. This is a token
 * bucket, as in the standard mode of the AWS SDKs.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export class RetryBudget {
  #tokens = most;

  answered(): void {
    this.#tokens = Math.min(most, this.#tokens + perAnswer);
  }

  /** @returns whether one more is possible */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
