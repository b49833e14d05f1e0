import { AppkeysError, type ErrorDetail, type Failure } from './appkeys-error.ts';

/** The IDs that the client chose for a call. */
export type Known = Pick<Failure, 'correlationId' | 'idempotencyKey'>;

/** There was no response: the connection failed, or the time limit passed. */
export class NoAnswer extends Error {}

/** @returns why the connection failed, such as `ECONNREFUSED` */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string };
  return cause?.code || cause?.message || message || String(error);
}

/**
 * @returns the error of a call without a response
 * @param isChange whether the call changes something
 */
export function unreachable(url: string, { message }: NoAnswer, known: Known, isChange: boolean): AppkeysError {
  const uncertainty = isChange ? ' The request may have been executed.' : '';
  return new AppkeysError({
    code: 'UNREACHABLE',
    title: 'No response.',
    cause: `There was no response from ${new URL(url).origin}: ${message}.${uncertainty}`,
    action: `Check the URL, and repeat the call${known.idempotencyKey ? ' with the same Idempotency-Key' : ''}.`,
    ...known,
  });
}

/** @returns the error of a call whose response is not from the service */
export function unexpected({ status }: Response, known: Known): AppkeysError {
  return new AppkeysError({
    code: 'UNEXPECTED',
    status,
    title: 'Not a response from appkeys.',
    cause: `The response with status ${status} did not come from appkeys. Another service, or a proxy in between, responded at this URL.`,
    action: 'Check the URL. If the API has a stage, the URL must contain it.',
    ...known,
  });
}

/** @returns the error of a token that cannot be sent; the error does not contain the token */
export function badToken(correlationId: string): AppkeysError {
  return new AppkeysError({
    code: 'BAD_TOKEN',
    title: 'Not a valid token.',
    cause: 'The token is empty, or contains characters that a header cannot contain, such as a line break.',
    action: 'Pass only the token.',
    correlationId,
  });
}

/** @returns the error in a response of the service */
export function errorFrom(response: Response, body: unknown, known: Known, retryAfterSeconds?: number): AppkeysError {
  if (!isErrorBody(body)) return unexpected(response, known);
  const { code, title = '', cause, action, correlationId = known.correlationId, errorId, details } = body;
  return new AppkeysError({
    ...known,
    ...{ code, status: response.status, title, cause, action, correlationId },
    ...(errorId !== undefined && { errorId }),
    ...(details !== undefined && { details }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

type Required = 'code' | 'cause' | 'action';

/** A proxy that responds instead of the service can leave out the other fields. */
type ErrorBody = Pick<Failure, Required> & Partial<Omit<Failure, Required>>;

function isErrorBody(body: unknown): body is ErrorBody {
  const { code, cause, action, title = '', correlationId = '', errorId = '', details = [] } = fieldsOf(body);
  const isCode = typeof code === 'string' && /^\d{6}$/.test(code);
  return isCode && areTexts(cause, action, title, correlationId, errorId) && areDetails(details);
}

function areDetails(value: unknown): value is readonly ErrorDetail[] {
  if (!Array.isArray(value)) return false;
  return value.map(fieldsOf).every(({ title, source, message }) => areTexts(title, source, message));
}

function fieldsOf(value: unknown): Partial<Record<string, unknown>> {
  return value ?? {};
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}
