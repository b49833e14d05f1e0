import type { Context } from 'aws-lambda';
import { log, logAs } from '../../base/log.ts';
import { holdsApiKeyId } from '../../domain/api-key-id.ts';
import { ApiError, errorTable, invalidField } from '../../domain/errors.ts';
import { type AppRef, formatAppHrn } from '../../domain/hrn.ts';
import { requestId } from '../../domain/idempotency.ts';
import { creatorOf } from '../../domain/scheduled-rotation.ts';
import { systemClock, Verifier } from '../../verification/verifier.ts';
import { toApiError, whyOf } from '../http/exchange.ts';
import { keyMade, type Metric, metered, rotationFailure } from '../metrics.ts';
import { openSecrets, type Secrets } from '../secrets-manager.ts';
import { deadlineOf, openService, start, type VerifyingService } from '../service.ts';
import { type Settings, verifierSettings } from '../settings.ts';
import { type RotationChange, runStep, type StepName, stepNames } from '../use-cases/rotate-secret.ts';

/**
 * The event with which Secrets Manager invokes a rotation function.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
interface RotationEvent {
  readonly Step: StepName;
  /** ARN of the secret. */
  readonly SecretId: string;
  readonly ClientRequestToken: string;
}

interface Rotator extends VerifyingService {
  readonly secrets: Secrets;
}

const operation = { id: 'rotateSecret' };

/** Makes the handler of the steps in which Secrets Manager rotates the API key of a secret. */
export function secretRotator(): (event: unknown, context: Context) => Promise<void> {
  const rotator = start(openRotator);
  return async (event, context) => {
    const startedAt = Date.now();
    const { Step: step, SecretId: secretId, ClientRequestToken: token } = textsOf(event);
    const request = requestId(['', secretId, operation.id, token]);
    // Not the token, because the new key is made from it.
    const correlationId = request.hash;
    logAs(correlationId);
    const asked = { operation: operation.id, step, secret: secretId, lambdaRequestId: context.awsRequestId };
    const about = (app: AppRef) => Object.assign(asked, whose(app, rotator));
    const by = creatorOf(nameOf(secretId));
    const metrics: Metric[] = [];
    const made = (change: RotationChange) => {
      if (change.operation === 'generateApiKey') metrics.push(keyMade);
      log({ event: 'audit', level: 'INFO', ...asked, ...change, by, result: 'done' });
    };
    const end = () => ({ durationMs: Date.now() - startedAt, ...metered(metrics) });
    try {
      if (!rotator) throw new ApiError('503000', { why: 'the function is not configured' });
      requireEvent({ step, secretId, token });
      const deadline = deadlineOf(context.getRemainingTimeInMillis());
      const call = { ...rotator, deadline, secretId, token, request, by, correlationId, about, made };
      const result = await runStep(call, step as StepName);
      log({ event: 'rotation', level: 'INFO', ...asked, result, ...end() });
    } catch (thrown) {
      const error = toApiError(thrown, operation);
      metrics.push(rotationFailure);
      log({
        event: 'rotation',
        level: 'ERROR',
        ...asked,
        result: 'failed',
        code: error.code,
        why: whyOf(error),
        ...end(),
      });
      if (mayHaveChanged(step, error))
        log({ event: 'audit', level: 'INFO', ...asked, by, result: 'unknown', code: error.code });
      throw failureOf(step, error);
    }
  };
}

function openRotator(settings: Settings): Rotator {
  const service = openService(settings);
  // A key that was just disabled must not pass the test.
  const uncached = { ...verifierSettings(settings), cacheSeconds: 0, lastUsedSeconds: undefined };
  return { ...service, verifier: new Verifier(service.table, uncached, systemClock), secrets: openSecrets() };
}

const secretArn = /^arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:.+$/;

/** The fields of an event. An invalid step or secret is not logged. */
function textsOf(event: unknown): Record<keyof RotationEvent, string> {
  const fields = (event ?? {}) as Record<string, unknown>;
  const textIn = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  const [step, secretId] = [textIn('Step'), textIn('SecretId')];
  const isSecret = secretArn.test(secretId) && !holdsApiKeyId(secretId);
  return {
    Step: stepNames.some((name) => name === step) ? step : '',
    SecretId: isSecret ? secretId : '',
    ClientRequestToken: textIn('ClientRequestToken'),
  };
}

/** @throws ApiError 400200 if a field of the event is missing or wrong */
function requireEvent({ step, secretId, token }: { step: string; secretId: string; token: string }): void {
  if (step === '') throw invalidField('$.Step', `must be one of: ${stepNames.join(', ')}`);
  if (secretId === '') throw invalidField('$.SecretId', 'must be the ARN of a secret');
  if (token.length < 32 || token.length > 64)
    throw invalidField('$.ClientRequestToken', 'must have 32 to 64 characters');
}

/** The end of a secret's ARN: its name, and six characters that no other secret of that name ever has. */
function nameOf(secretId: string): string {
  return secretId.replace(/^.*:secret:/, '').slice(-200);
}

function whose(app: AppRef, rotator: Rotator | undefined): object {
  return { app: rotator && formatAppHrn(app, rotator.settings.partition), realm: app.realm };
}

function mayHaveChanged(step: string, { code }: ApiError): boolean {
  return ['createSecret', 'finishSecret'].includes(step) && errorTable[code].status >= 500;
}

/**
 * The error that Lambda passes on, also to CloudTrail. It has only what a caller can know. A stack would fill the log.
 */
function failureOf(step: string, { code, parts }: ApiError): Error {
  const error = new Error(`${step}: ${code} ${parts.cause ?? errorTable[code].title}`);
  error.stack = String(error);
  return error;
}
