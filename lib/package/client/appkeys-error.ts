/** One thing that is wrong with the input; `source` is its JSON path, such as `$.expiresAt`. */
export interface ErrorDetail {
  readonly title: string;
  readonly source: string;
  readonly message: string;
}

/** What is known of a call that failed. */
export interface Failure {
  /**
   * six digits: the contract's error; `UNREACHABLE`: no answer came in time; `UNEXPECTED`: an answer that is none of the
   * service's; `BAD_TOKEN`: the token cannot stand in a header
   */
  readonly code: string;
  /** the HTTP status, if an answer came */
  readonly status?: number;
  readonly title: string;
  /** what was wrong with this request */
  readonly cause: string;
  /** what to do about it */
  readonly action: string;
  /** the request's X-Correlation-ID, the same over all its attempts */
  readonly correlationId: string;
  /** found again in the service's log */
  readonly errorId?: string;
  readonly details?: readonly ErrorDetail[];
  /** how long to wait before the next request */
  readonly retryAfterSeconds?: number;
  /** the Idempotency-Key of a creation: with it the same call can be made again, and creates nothing twice */
  readonly idempotencyKey?: string;
}

/** A call that did not do what it was asked to. No secret and no token is in it. */
export class AppkeysError extends Error implements Failure {
  override readonly name = 'AppkeysError';
  declare readonly code: string;
  declare readonly status?: number;
  declare readonly title: string;
  declare readonly cause: string;
  declare readonly action: string;
  declare readonly correlationId: string;
  declare readonly errorId?: string;
  declare readonly details?: readonly ErrorDetail[];
  declare readonly retryAfterSeconds?: number;
  declare readonly idempotencyKey?: string;

  constructor(failure: Failure) {
    super(`${failure.code} ${failure.cause} ${failure.action}`);
    Object.assign(this, failure);
  }
}
