import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { type Headers, headersOf, idIn } from '../../base/headers.ts';
import { formatWhy, type Level, log, logAs } from '../../base/log.ts';
import type { Route } from '../../contract/routes.ts';
import type { errorReply } from '../../contract/schemas.ts';
import type { Tied } from '../../contract/ties.ts';
import type { TypeOf } from '../../contract/type-of.ts';
import { ApiError, type ErrorBody, errorTable, formatError } from '../../domain/errors.ts';
import type { AppRef } from '../../domain/hrn.ts';
import type { RequestId } from '../../domain/idempotency.ts';
import type { Caller } from '../../domain/policy.ts';
import type { Deadline } from '../../store/settle.ts';
import { keyMade, type Metric, metered, refusals, verification } from '../metrics.ts';
import { deadlineOf, newErrorId } from '../service.ts';

/** An operation of the contract, or a placeholder for a request without one. */
export type AnyOperation = Pick<Route, 'id'> & Partial<Route>;

/** One request and its response, as far as the pipeline has processed it. */
export interface Exchange {
  readonly operation: AnyOperation;
  readonly event: APIGatewayProxyEvent;
  readonly headers: Headers;
  readonly correlationId: string;
  readonly requestId: string;
  readonly lambdaRequestId: string;
  readonly startedAt: number;
  readonly deadline: Deadline;
  caller?: Caller;
  app?: AppRef;
  appHrn?: string;
  /** The key in the path. */
  keyHrn?: string;
  request?: RequestId | undefined;
  /** For a request without a token: the source whose requests are counted together, by IP address. */
  source?: string;
  /** The body's text, then the parsed body. */
  body?: unknown;
}

/** The response of an operation. `logged` goes into the access log line, and must contain no secret. */
export interface Reply<Body = unknown> {
  readonly status: number;
  readonly body?: Body;
  /** Instead of a JSON body. Its Content-Type is among the headers. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly logged?: Readonly<Record<string, string>>;
  readonly metrics?: readonly Metric[];
}

/** A reply in API Gateway's format. */
export interface GatewayReply {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export function openExchange(
  operation: AnyOperation,
  event: APIGatewayProxyEvent,
  context: Partial<Context>,
): Exchange {
  const headers = headersOf(event);
  const correlationId = idIn(headers, 'x-correlation-id') ?? randomUUID();
  logAs(correlationId);
  return {
    operation,
    event,
    headers,
    correlationId,
    requestId: idIn(headers, 'x-request-id') ?? randomUUID(),
    lambdaRequestId: context.awsRequestId ?? '',
    startedAt: Date.now(),
    deadline: deadlineOf(context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY),
  };
}

/** Ends an exchange: adds the headers of every response, and writes the access log line. */
export function closeExchange(exchange: Exchange, reply: Reply): GatewayReply {
  logAccess(exchange, reply);
  if (isAudited(exchange, reply)) logAudit(exchange, reply);
  return {
    statusCode: reply.status,
    headers: {
      ...(reply.body !== undefined && { 'Content-Type': 'application/json' }),
      'X-Correlation-ID': exchange.correlationId,
      'X-Request-ID': exchange.requestId,
      'X-Content-Type-Options': 'nosniff',
      'Strict-Transport-Security': 'max-age=63072000',
      'Cache-Control': 'no-store',
      ...reply.headers,
    },
    body: reply.body ? JSON.stringify(reply.body) : (reply.text ?? ''),
  };
}

/** @returns the contract's response to a thrown error; anything but an ApiError is logged and becomes 500000 */
export function replyToError(
  thrown: unknown,
  exchange: Exchange,
): Reply<ErrorBody> & Tied<ErrorBody, TypeOf<typeof errorReply>> {
  const errorId = newErrorId();
  const error = toApiError(thrown, exchange.operation);
  const body = formatError(error, { correlationId: exchange.correlationId, errorId });
  if (error.code === '500000') logFailure(exchange, errorId, error.cause);
  return {
    status: body.status,
    body,
    headers: errorHeaders(error, body.status),
    logged: { code: error.code, errorId, why: whyOf(error), ...unverified(exchange.operation, error) },
  };
}

/** @returns the result of a verification without an outcome, if the operation is one */
export function unverified({ isVerification }: AnyOperation, { code }: ApiError): { result?: 'unavailable' } {
  return isVerification && code === '503000' ? { result: 'unavailable' } : {};
}

/** @returns the logged reason of a rejection: the true reason, or the wrong fields */
export function whyOf({ code, cause, parts }: ApiError): string {
  const fields = parts.details?.map(({ source, message }) => `${source} ${message}`).join('; ');
  return formatWhy(cause) ?? fields ?? parts.cause ?? errorTable[code].cause;
}

/**
 * Replaces a thrown value that is not an ApiError by one that reveals nothing: 503000 for a timeout of middy, otherwise
 * 500000.
 */
export function toApiError(thrown: unknown, operation: AnyOperation): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const { name } = thrown as Error;
  if (name === 'TimeoutError') return new ApiError('503000', { why: thrown, cause: tookTooLong(operation) });
  return new ApiError('500000', { why: thrown });
}

function tookTooLong(operation: AnyOperation): string {
  const uncertainty = isChange(operation) ? ', so it is not known whether the change was made' : '';
  return `The request took too long${uncertainty}.`;
}

/** Whether an operation changes stored data. A direct invocation has no method. */
export function isChange({ method, isVerification, access }: AnyOperation): boolean {
  return method !== 'get' && !isVerification && access !== 'public';
}

function errorHeaders({ code, parts }: ApiError, status: number): Record<string, string> {
  if (code === '401200') return { 'WWW-Authenticate': 'Bearer' };
  if (status === 401) return { 'WWW-Authenticate': 'Bearer error="invalid_token"' };
  if (status === 403) return { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' };
  if (status === 429 || status === 503) return { 'Retry-After': String(parts.retryAfterSeconds ?? 1) };
  return {};
}

function idsOf({ operation, correlationId, requestId, event, lambdaRequestId }: Exchange) {
  return {
    operation: operation.id,
    correlation_id: correlationId,
    requestId,
    // A client can choose `requestId`, but not this ID.
    gatewayRequestId: event.requestContext?.extendedRequestId,
    lambdaRequestId,
  };
}

function logFailure(exchange: Exchange, errorId: string, why: unknown): void {
  const stack = why instanceof Error ? why.stack : formatWhy(why);
  log({ event: 'failure', level: 'ERROR', ...idsOf(exchange), errorId, stack });
}

/** Every change, made or possibly made, and every rejection for lack of a right. */
function isAudited({ operation }: Exchange, { status, logged }: Reply): boolean {
  if (operation.access === 'public') return false;
  if (operation.access === 'key') return logged?.keyHrn !== undefined || status >= 500;
  const mayHaveChanged = operation.method !== undefined && isChange(operation);
  return status === 401 || status === 403 || (mayHaveChanged && (status < 400 || status === 404 || status >= 500));
}

/** @returns the level of the log line for a response with this status */
export function levelOf(status: number): Level {
  return status >= 500 ? 'ERROR' : 'INFO';
}

function resultOf(status: number): string {
  if (status < 400) return 'done';
  return status < 500 ? 'refused' : 'unknown';
}

function logAudit(exchange: Exchange, { status, logged }: Reply): void {
  const { caller, appHrn, keyHrn, source } = exchange;
  log({
    event: 'audit',
    level: 'INFO',
    ...idsOf(exchange),
    principal: caller?.principal,
    realm: caller?.realm,
    app: appHrn,
    keyHrn,
    source,
    ...logged,
    result: resultOf(status),
  });
}

/** Leaves out the raw path and the query, which can contain a secret by mistake. */
function logAccess(exchange: Exchange, reply: Reply): void {
  const { status, logged } = reply;
  const { event, caller, appHrn, keyHrn, source, startedAt } = exchange;
  log({
    event: 'access',
    level: levelOf(status),
    ...idsOf(exchange),
    method: event.httpMethod,
    route: event.resource,
    status,
    principal: caller?.principal,
    realm: caller?.realm,
    app: appHrn,
    keyHrn,
    source,
    ...logged,
    durationMs: Date.now() - startedAt,
    ...metered(metricsOf(reply)),
  });
}

function metricsOf({ status, logged, metrics = [] }: Reply): readonly Metric[] {
  if (status >= 400) return logged?.result ? [verification, refusals] : [refusals];
  return status === 201 && !logged?.replayed ? [...metrics, keyMade] : metrics;
}
