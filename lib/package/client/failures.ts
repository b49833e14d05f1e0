import { AppkeysError, type ErrorDetail, type Failure } from './appkeys-error.ts';

/** What the client knows of a call by itself. */
export type Known = Pick<Failure, 'correlationId' | 'idempotencyKey'>;

/** No answer: the connection failed, or time is up. */
export class NoAnswer extends Error {}

/** @returns what went wrong on the way, in a few words: `ECONNREFUSED` */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string };
  return cause?.code || cause?.message || message || String(error);
}

/** The error of a call that got no answer. @param isChange whether the call is to change something */
export function unreachable(url: string, { message }: NoAnswer, known: Known, isChange: boolean): AppkeysError {
  const uncertainty = isChange ? ' It is not known whether the request was carried out.' : '';
  return new AppkeysError({
    code: 'UNREACHABLE',
    title: 'No answer.',
    cause: `No answer came from ${new URL(url).origin}: ${message}.${uncertainty}`,
    action: `Check the URL, and make the same call again${known.idempotencyKey ? ' with the same Idempotency-Key' : ''}.`,
    ...known,
  });
}

/** The error of a call whose answer is none of the service's. */
export function unexpected({ status }: Response, known: Known): AppkeysError {
  return new AppkeysError({
    code: 'UNEXPECTED',
    status,
    title: 'Not an answer of appkeys.',
    cause: `What answers at this URL with status ${status} is not appkeys, or something between has answered in its place.`,
    action: 'Check the URL, with its stage if it has one.',
    ...known,
  });
}

/** The error of a token that cannot be sent. It is not in the error. */
export function badToken(correlationId: string): AppkeysError {
  return new AppkeysError({
    code: 'BAD_TOKEN',
    title: 'Not a token.',
    cause: 'The token is empty or holds characters that cannot stand in a header, such as a line break.',
    action: 'Give the token alone.',
    correlationId,
  });
}

/** The error that an answer of the service tells. */
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

type Told = 'code' | 'cause' | 'action';

/** Whoever answers in the service's place may leave out the rest. */
type ErrorBody = Pick<Failure, Told> & Partial<Omit<Failure, Told>>;

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
