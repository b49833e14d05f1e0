import { randomUUID } from 'node:crypto';
import { isId } from '../../base/headers.ts';
import { formatWhy, type LogRecord, log } from '../../base/log.ts';
import { ApiError, type ErrorBody, formatError } from '../../domain/errors.ts';
import { SettingsError } from '../../verification/settings-rules.ts';
import type { KeyVerifier, Needs, RequestVerification } from './create-verifier.ts';
import { guardRules, requireOptions } from './options.ts';

/** The options of a guard. */
export interface GuardOptions extends Needs {
  /** called with a record of each rejection and its actual reason; default: prints the record as one line of JSON */
  readonly log?: (record: LogRecord) => void;
}

/**
 * Checks the verifier and the options of a guard once.
 * @returns the requirements of each request
 * @throws SettingsError when there is no verifier, or an option is unknown or invalid
 */
export function needsOf(verifier: KeyVerifier, options: GuardOptions, rules = guardRules): Needs {
  if (typeof verifier?.verifyRequest !== 'function')
    throw new SettingsError('requireApiKey', 'needs a verifier. Pass the return value of createVerifier.');
  requireOptions(options, rules);
  return options.scopes ? { scopes: options.scopes } : {};
}

/** The response to a rejected request. It is the same for every problem with the key. */
export interface Rejection {
  readonly status: 401 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

/**
 * @param found why the key is not valid, or why it could not be verified
 * @param correlationId the ID of the request, if it has one
 */
export function reject(
  found: Exclude<RequestVerification, { valid: true }> | { readonly error: unknown },
  correlationId: string | null | undefined,
  { log: write = log }: GuardOptions,
): Rejection {
  const ids = {
    correlationId: correlationId && isId(correlationId) ? correlationId : randomUUID(),
    errorId: `ERROR-${randomUUID()}`,
  };
  const logged = { correlation_id: ids.correlationId, errorId: ids.errorId };
  if ('error' in found) {
    const why = formatWhy(found.error instanceof ApiError ? (found.error.cause ?? found.error) : found.error);
    write({ event: 'verification', level: 'ERROR', ...logged, result: 'unavailable', why });
    return { status: 503, headers: { ...common, 'Retry-After': '1' }, body: formatError(new ApiError('503000'), ids) };
  }
  write({ event: 'verification', level: 'INFO', ...logged, result: found.reason });
  return { status: 401, headers: { ...common, 'WWW-Authenticate': 'ApiKey' }, body: formatError(notValid, ids) };
}

const common = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };

const notValid = new ApiError('401300', {
  cause: 'The request does not contain an API key that this service accepts.',
  action: 'Send a valid API key.',
});
