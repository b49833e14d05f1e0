import { beforeEach, describe, expect, it } from 'vitest';
import { version } from '../../../lib/base/version.ts';
import { ApiError, type ErrorCode, errorTable, invalidField } from '../../../lib/domain/errors.ts';
import {
  type AnyOperation,
  closeExchange,
  type Exchange,
  openExchange,
  type Reply,
  replyToError,
  toApiError,
} from '../../../lib/service/http/exchange.ts';
import { type CapturedLog, captureLog } from '../../support/captured-log.ts';
import { restEvent } from '../../support/events.ts';

let log: CapturedLog;

beforeEach(() => {
  log = captureLog();
});

const change = { id: 'change', method: 'post', access: 'write' } as const;
const headers = { 'X-Correlation-ID': 'correlation', 'X-Request-ID': 'request' };

function exchangeOf(operation: AnyOperation = change): Exchange {
  return openExchange(operation, restEvent('createApp', { headers }), { awsRequestId: 'lambda' });
}

/** The records that end an exchange with this reply. */
function recordsOf(operation: AnyOperation, reply: Reply): Record<string, unknown>[] {
  const before = log.records().length;
  closeExchange(exchangeOf(operation), reply);
  return log.records().slice(before);
}

describe('what was thrown', () => {
  it('a time-out is 503000 that does not know whether the change was made', () => {
    const { status, body, headers, logged } = replyToError(
      Object.assign(new Error('late'), { name: 'TimeoutError' }),
      exchangeOf(),
    );
    expect([status, headers]).toEqual([503, { 'Retry-After': '1' }]);
    const cause = 'The request took too long, so it is not known whether the change was made.';
    expect(body).toMatchObject({ code: '503000', cause, correlationId: 'correlation' });
    expect(logged).toMatchObject({ code: '503000', why: 'TimeoutError: late' });
    expect(log.records()).toEqual([]);
  });

  it.each<[string, AnyOperation]>([
    ['a read', { id: 'read', method: 'get', access: 'read' }],
    ['a verification', { id: 'verification', method: 'post', access: 'verify', isVerification: true }],
    ['a direct verification', { id: 'verification', access: 'invoke', isVerification: true }],
  ])('the time-out of %s does not speak of a change', (_, operation) => {
    const late = Object.assign(new Error('late'), { name: 'TimeoutError' });
    const { body } = replyToError(late, exchangeOf(operation));
    expect(body).toMatchObject({ code: '503000', cause: 'The request took too long.' });
  });

  it('the time-out of a direct invocation that changes something does', () => {
    const late = Object.assign(new Error('late'), { name: 'TimeoutError' });
    expect(toApiError(late, { id: 'generate', access: 'invoke' }).parts.cause).toContain('not known whether');
  });

  it('any other error is 500000 that tells nothing of it; the log has it with its stack', () => {
    const error = new Error('inside');
    const exchange = exchangeOf();
    const { status, body, headers, logged } = replyToError(error, exchange);
    expect([status, headers]).toEqual([500, {}]);
    expect(body).toMatchObject({ code: '500000', cause: errorTable['500000'].cause });
    expect(logged).toMatchObject({ code: '500000', why: 'Error: inside' });
    expect(log.records()).toEqual([
      {
        timestamp: expect.any(String),
        level: 'ERROR',
        message: 'internal error',
        service: 'appkeys',
        version,
        event: 'failure',
        operation: 'change',
        correlation_id: 'correlation',
        requestId: 'request',
        gatewayRequestId: exchange.event.requestContext.extendedRequestId,
        lambdaRequestId: 'lambda',
        errorId: logged?.errorId,
        stack: error.stack,
      },
    ]);
  });

  it('what is no Error is 500000 too', () => {
    const why = 'a value that is not an Error was thrown';
    expect(replyToError({}, exchangeOf()).logged).toMatchObject({ code: '500000', why });
    expect(log.records()).toMatchObject([{ event: 'failure', stack: why }]);
  });

  it('the log tells the true reason, else which fields are wrong, else what the caller is told', () => {
    const whyOf = (error: ApiError) => replyToError(error, exchangeOf()).logged?.why;
    expect(whyOf(new ApiError('404660', { why: 'deleted', cause: 'told' }))).toBe('deleted');
    const two = [invalidField('$.a', 'is bad'), invalidField('$.b', 'is worse')].flatMap(
      ({ parts }) => parts.details ?? [],
    );
    expect(whyOf(new ApiError('400200', { details: two, cause: 'told' }))).toBe('$.a is bad; $.b is worse');
    expect(whyOf(new ApiError('404660', { cause: 'told' }))).toBe('told');
    expect(whyOf(new ApiError('404660'))).toBe(errorTable['404660'].cause);
  });

  it.each<[ErrorCode, object]>([
    ['401200', { 'WWW-Authenticate': 'Bearer' }],
    ['401300', { 'WWW-Authenticate': 'Bearer error="invalid_token"' }],
    ['403403', { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' }],
    ['404660', {}],
    ['429003', { 'Retry-After': '7' }],
    ['500000', {}],
    ['503000', { 'Retry-After': '7' }],
  ])('%s has the headers %j', (code, expected) => {
    expect(replyToError(new ApiError(code, { retryAfterSeconds: 7 }), exchangeOf()).headers).toEqual(expected);
  });

  it('a verification that cannot be made has the result unavailable, and nothing else has', () => {
    const resultOf = (operation: AnyOperation, code: ErrorCode) =>
      replyToError(new ApiError(code), exchangeOf(operation)).logged?.result;
    const verification = { ...change, isVerification: true };
    expect(resultOf(verification, '503000')).toBe('unavailable');
    expect(resultOf(verification, '403403')).toBeUndefined();
    expect(resultOf(change, '503000')).toBeUndefined();
  });
});

describe('the audit record', () => {
  const auditOf = (operation: AnyOperation, status: number) =>
    recordsOf(operation, { status }).find(({ event }) => event === 'audit')?.result;

  it.each([
    [201, 'done'],
    [204, 'done'],
    [399, 'done'],
    [400, undefined],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
    [409, undefined],
    [499, undefined],
    [500, 'unknown'],
    [503, 'unknown'],
  ])('of a change that ends with %i: %s', (status, result) => {
    expect(auditOf(change, status)).toBe(result);
  });

  it.each<[string, AnyOperation]>([
    ['a read', { ...change, method: 'get' }],
    ['a verification', { ...change, isVerification: true }],
    ['what has no method', { id: 'unknown' }],
  ])('of %s: only a refusal of authority', (_, operation) => {
    const results = [200, 404, 500, 401, 403].map((status) => auditOf(operation, status));
    expect(results).toEqual([undefined, undefined, undefined, 'refused', 'refused']);
  });

  it('of a public call: none', () => {
    for (const status of [200, 401, 403, 500]) expect(auditOf({ ...change, access: 'public' }, status)).toBeUndefined();
  });
});

describe('the access record', () => {
  const accessOf = (reply: Reply) => recordsOf(change, reply)[0] ?? expect.fail();

  it('tells what was asked for, what came of it, and how long it took', () => {
    const startedAt = Date.now();
    const record = accessOf({ status: 200, logged: { keyHrn: 'key' } });
    expect(record).toMatchObject({ event: 'access', method: 'POST', route: '/apps', status: 200, keyHrn: 'key' });
    expect(record).not.toHaveProperty('_aws');
    expect(record.durationMs).toBeGreaterThanOrEqual(0);
    expect(record.durationMs).toBeLessThanOrEqual(Date.now() - startedAt);
  });

  it('is an error from 500 on', () => {
    expect([499, 500].map((status) => accessOf({ status }).level)).toEqual(['INFO', 'ERROR']);
  });

  it.each<[string, Reply, object]>([
    ['a new key', { status: 201 }, { KeysMade: 1 }],
    ['a repeated answer', { status: 201, logged: { replayed: 'true' } }, {}],
    ['any other success', { status: 200 }, {}],
    ['a success with figures of its own', { status: 200, metrics: [{ name: 'X', unit: 'Count', value: 3 }] }, { X: 3 }],
    ['the first status of a refusal', { status: 400 }, { Refusals: 1 }],
    ['no verification', { status: 503, logged: { result: 'unavailable' } }, { Refusals: 1, Verifications: 1 }],
  ])('counts %s', (_, reply, expected) => {
    const { KeysMade, Refusals, Verifications, X } = accessOf(reply);
    expect(JSON.parse(JSON.stringify({ KeysMade, Refusals, Verifications, X }))).toEqual(expected);
  });
});

describe('the answer', () => {
  const always = {
    'X-Correlation-ID': 'correlation',
    'X-Request-ID': 'request',
    'X-Content-Type-Options': 'nosniff',
    'Strict-Transport-Security': 'max-age=63072000',
    'Cache-Control': 'no-store',
  };

  it('has its body as JSON, or a text as it is, or nothing', () => {
    expect(closeExchange(exchangeOf(), { status: 200, body: { a: 1 } })).toEqual({
      statusCode: 200,
      headers: { ...always, 'Content-Type': 'application/json' },
      body: '{"a":1}',
    });
    const told = { 'Cache-Control': 'no-cache' };
    expect(closeExchange(exchangeOf(), { status: 200, text: '<p>', headers: told })).toEqual({
      statusCode: 200,
      headers: { ...always, ...told },
      body: '<p>',
    });
    expect(closeExchange(exchangeOf(), { status: 204 })).toEqual({ statusCode: 204, headers: always, body: '' });
  });

  it('of an invocation without an id and a time limit of its own, on an event that holds nothing', () => {
    const exchange = openExchange(change, {} as never, {});
    expect(exchange).toMatchObject({ lambdaRequestId: '', requestId: expect.stringMatching(/^[\w-]{36}$/) });
    expect(exchange.deadline.at - exchange.startedAt).toBeGreaterThanOrEqual(8_000);
    expect(closeExchange(exchange, { status: 200 }).statusCode).toBe(200);
  });
});
