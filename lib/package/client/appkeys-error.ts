/** One problem with the input. `source` is the JSON path of the field, such as `$.expiresAt`. */
export interface ErrorDetail {
  readonly title: string;
  readonly source: string;
  readonly message: string;
}

/** The details of a failed call. */
export interface Failure {
  /**
   * Six digits for an error of the contract. `UNREACHABLE`: no response came in time. `UNEXPECTED`: the response is not
   * from the service. `BAD_TOKEN`: a header cannot contain the token.
   */
  readonly code: string;
  /** the HTTP status, if there was a response */
  readonly status?: number;
  readonly title: string;
  /** what was wrong with this request */
  readonly cause: string;
  /** what to do about it */
  readonly action: string;
  /** the X-Correlation-ID of the request, the same for all its attempts */
  readonly correlationId: string;
  /** identifies this error in the log of the service */
  readonly errorId?: string;
  readonly details?: readonly ErrorDetail[];
  /** how many seconds to wait before the next request */
  readonly retryAfterSeconds?: number;
  /** the Idempotency-Key of a creation; repeating the same call with this key creates nothing twice */
  readonly idempotencyKey?: string;
}

/** The error of a failed call. It contains no secret and no token. */
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
