/** The default texts of an error, if the place that throws it has nothing more exact. */
interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  readonly cause: string;
  readonly action: string;
}

/** Every error that a caller can get, by its six-digit code. */
export const errorTable = {
  '400002': {
    status: 400,
    title: 'Invalid JSON.',
    cause: 'The request body is not valid JSON.',
    action: 'Send one JSON object, encoded in UTF-8, as the request body.',
  },
  '400003': {
    status: 400,
    title: 'Content-Type header missing.',
    cause: 'The request has no Content-Type header.',
    action: 'Send the header "Content-Type: application/json".',
  },
  '400004': {
    status: 400,
    title: 'Content-Type is something else than application/json.',
    cause: 'The Content-Type header names a type other than application/json, or a charset other than UTF-8.',
    action: 'Send the header "Content-Type: application/json".',
  },
  '400200': {
    status: 400,
    title: 'Received invalid data.',
    cause: 'The request contains a value that is not allowed.',
    action: 'Correct what "details" names, and send the request again.',
  },
  '400201': {
    status: 400,
    title: 'Missing required field.',
    cause: 'The request body lacks a required field.',
    action: 'Add what "details" names, and send the request again.',
  },
  '400288': {
    status: 400,
    title: 'Invalid app HRN.',
    cause: 'The path segment after /apps/ is not an application HRN.',
    action: 'Send the application HRN, URL-encoded once, as in hrn%3Ahere%3Aaccount%3A%3Amyrealm%3Aapp%2FmyAppId.',
  },
  '400337': {
    status: 400,
    title: 'API Key cannot be generated for client with issuer(s).',
    cause: 'The application has one or more token issuers attached.',
    action: 'Use tokens from the attached issuer, or detach every issuer from the application first.',
  },
  '401200': {
    status: 401,
    title: 'Authorization header missing.',
    cause: 'The request has no Authorization header.',
    action: 'Send the header "Authorization: Bearer <access token>".',
  },
  '401300': {
    status: 401,
    title: 'Access is denied due to invalid credentials.',
    cause: 'The Authorization header does not contain an access token that this service accepts.',
    action: 'Get a new access token and send it as "Authorization: Bearer <access token>".',
  },
  '403403': {
    status: 403,
    title: 'These credentials do not authorize access for this operation.',
    cause: 'The calling principal does not have the right that this operation needs.',
    action: 'Ask somebody with "manage" on the application to grant you the right.',
  },
  '404404': {
    status: 404,
    title: 'No such route.',
    cause: 'The service has no operation with this method and path.',
    action: 'Check the method and the path. HRNs in it must be URL-encoded. GET /openapi.json lists the operations.',
  },
  '404660': {
    status: 404,
    title: 'No app exists with the given id.',
    cause: 'No application with this HRN exists, or the caller cannot see it.',
    action: 'Check the application HRN, and that the calling principal has a right on the application.',
  },
  '404666': {
    status: 404,
    title: 'The API key does not exist.',
    cause: 'The application has no API key with this HRN.',
    action: "Check the key HRN. List the application's keys to see which keys exist.",
  },
  '409303': {
    status: 409,
    title:
      'Reached allowed maximum number of active API keys per application. Delete an API key to generate another one.',
    cause: 'The application has reached its key limit. Disabled API keys count toward it.',
    action: 'Delete an API key of the application, then send the request again.',
  },
  '409304': {
    status: 409,
    title: 'The API key has already been rotated.',
    cause: 'An earlier request rotated this API key.',
    action: "List the application's API keys. The rotatedFrom of the successor names this API key.",
  },
  '409305': {
    status: 409,
    title: 'The API key made by this request has been removed since.',
    cause: 'This request created an API key, which was deleted, replaced or rotated before the response.',
    action: 'Generate another API key with a new request.',
  },
  '409306': {
    status: 409,
    title: "The application's state does not allow this.",
    cause: 'The application is deactivated.',
    action: 'Change the state that the cause names. Then send the request again.',
  },
  '413000': {
    status: 413,
    title: 'Request body too large.',
    cause: 'The request body is larger than 16 KB.',
    action: 'Send a smaller body.',
  },
  '422409': {
    status: 422,
    title: 'The Idempotency-Key was used for another request.',
    cause: 'An earlier request had the same Idempotency-Key and another body.',
    action: 'Use a new Idempotency-Key for a new request.',
  },
  '429003': {
    status: 429,
    title: 'Request blocked because of too many requests made. Wait for a while before making a new request.',
    cause: 'The calling principal has made too many requests.',
    action: 'Wait for the seconds in the Retry-After header, then send the request again.',
  },
  '500000': {
    status: 500,
    title: 'Internal error.',
    cause: 'Something went wrong inside the service.',
    action: 'Report the errorId to the operators of the service. They can find the details in the log.',
  },
  '503000': {
    status: 503,
    title: 'Temporarily unavailable. Retry.',
    cause: 'A dependency of the service did not respond in time. Nothing was changed.',
    action: 'Wait for the seconds in the Retry-After header, then send the request again.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** One fault of the input. `source` is its JSON path, such as `$.expiresAt`. */
export interface ErrorDetail {
  readonly title: string;
  readonly source: string;
  readonly message: string;
}

/** Public parts of an error that differ from the table, and `why`, which is only in the log. */
interface ErrorParts {
  readonly cause?: string;
  readonly action?: string;
  readonly details?: readonly ErrorDetail[];
  readonly retryAfterSeconds?: number;
  readonly why?: unknown;
}

/** An error of the contract. A caller sees `code`, and `parts` without `why`. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly parts: ErrorParts;

  constructor(code: ErrorCode, parts: ErrorParts = {}) {
    super(`${code} ${errorTable[code].title}`, { cause: parts.why });
    this.name = 'ApiError';
    this.code = code;
    this.parts = parts;
  }
}

/** @returns a 400200 that names one field; `source` is its JSON path */
export function invalidField(source: string, message: string): ApiError {
  return new ApiError('400200', { details: [{ title: errorTable['400200'].title, source, message }] });
}

/** The body of every error response. */
export interface ErrorBody {
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly cause: string;
  readonly action: string;
  readonly correlationId: string;
  readonly errorId: string;
  readonly details?: readonly ErrorDetail[];
}

/** @param ids the request's correlation ID, and the error's own ID, which is also in the log */
export function formatError(error: ApiError, ids: { correlationId: string; errorId: string }): ErrorBody {
  const entry = errorTable[error.code];
  return {
    title: entry.title,
    status: entry.status,
    code: error.code,
    cause: error.parts.cause ?? entry.cause,
    action: error.parts.action ?? entry.action,
    ...ids,
    ...(error.parts.details && { details: error.parts.details }),
  };
}
