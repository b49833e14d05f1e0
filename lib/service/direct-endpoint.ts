import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { isId } from '../base/headers.ts';
import { type Level, log, logAs } from '../base/log.ts';
import type { DirectResult } from '../contract/direct-result.ts';
import type { OperationId } from '../contract/operations.ts';
import type { Route } from '../contract/routes.ts';
import type { Gives, Takes } from '../contract/ties.ts';
import { requireNoApiKey, requireValid, type Validator } from '../contract/validator.ts';
import { ApiError, formatError } from '../domain/errors.ts';
import type { Deadline } from '../store/settle.ts';
import { levelOf, toApiError, unverified, whyOf } from './http/exchange.ts';
import { type Metric, metered, refusals, verification } from './metrics.ts';
import { deadlineOf, newErrorId, openService, start, type VerifyingService } from './service.ts';

/** An invocation whose payload is valid. */
export interface DirectCall extends VerifyingService {
  readonly correlationId: string;
  readonly deadline: Deadline;
}

/** What an operation returns. `logged` goes into the log, and must contain no secret. */
interface Outcome<Success> {
  readonly success: Success;
  readonly logged: Readonly<Record<string, string>>;
  readonly metrics?: readonly Metric[];
}

type Run<Payload, Success> = (call: DirectCall, payload: Payload) => Promise<Outcome<Success>>;

/**
 * Makes the handler of an operation that other Lambda functions invoke without HTTP. A call compiles only under the
 * conditions of `endpoint`.
 */
export function directEndpoint<Id extends OperationId, Payload, Success extends object>(
  operation: Route & { readonly id: Id } & Takes<Id, Payload>,
  validate: Validator,
  run: Run<Payload, Success & Gives<Id, Success[keyof Success]>>,
): (payload: unknown, context: Context) => Promise<DirectResult<Success>> {
  const { id, isVerification } = operation;
  const service = start(openService);
  return async (payload, context) => {
    const startedAt = Date.now();
    const { app, createdBy, correlationId: given } = textsOf(payload);
    const correlationId = isId(given) ? given : randomUUID();
    logAs(correlationId);
    const ids = { operation: id, correlation_id: correlationId, lambdaRequestId: context.awsRequestId };
    let asked: object = ids;
    const end = (level: Level, outcome: object, metrics: readonly Metric[] = []) => {
      const durationMs = Date.now() - startedAt;
      log({ event: 'invocation', level, ...asked, ...outcome, durationMs, ...metered(metrics) });
      if (!isVerification) log({ event: 'audit', level: 'INFO', ...asked, ...outcome });
    };
    try {
      if (!service) throw new ApiError('503000', { why: 'the function is not configured' });
      requireValid(validate, payload);
      if (!isVerification) requireNoApiKey({ ...(payload as object), correlationId });
      asked = { ...ids, app, createdBy };
      const deadline = deadlineOf(context.getRemainingTimeInMillis());
      const outcome = await run({ ...service, correlationId, deadline }, payload as Payload);
      const { success, logged, metrics } = outcome;
      end('INFO', { result: 'done', ...logged }, metrics);
      return { ok: true, ...success };
    } catch (thrown) {
      const error = toApiError(thrown, operation);
      const errorId = newErrorId();
      const outcome = { result: 'refused', ...unverified(operation, error) };
      const metrics = outcome.result === 'unavailable' ? [verification, refusals] : [refusals];
      const body = formatError(error, { correlationId, errorId });
      end(levelOf(body.status), { ...outcome, code: error.code, errorId, why: whyOf(error) }, metrics);
      return { ok: false, error: body };
    }
  };
}

/** The logged fields of a payload that is not checked yet. */
function textsOf(payload: unknown): Record<'app' | 'createdBy' | 'correlationId', string> {
  const fields = (payload ?? {}) as Record<string, unknown>;
  const textIn = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  return { app: textIn('app'), createdBy: textIn('createdBy'), correlationId: textIn('correlationId') };
}
