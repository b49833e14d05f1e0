import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { headersOf, idIn } from '../../base/headers.ts';
import { formatWhy, type Level, log, logAs } from '../../base/log.ts';
import type { ValidKey } from '../../domain/verification.ts';
import { partsOf } from '../../verification/gateway-request.ts';
import { type Place, presentedKey } from '../../verification/places.ts';
import type { Verifier } from '../../verification/verifier.ts';
import { metered, verificationMetrics } from '../metrics.ts';
import { openVerifier, start } from '../service.ts';
import type { Settings } from '../settings.ts';
import { loggedOf } from '../use-cases/verify.ts';
import {
  type AuthorizerAnswer,
  type AuthorizerEvent,
  allow,
  contextOf,
  gatewayRequestIdOf,
  isIdentified,
  requireRequestEvent,
} from './events.ts';

interface Guard {
  readonly verifier: Verifier;
  readonly places: readonly Place[];
}

/** What came of looking at a request, and what the log tells of it. */
interface Outcome {
  readonly key?: ValidKey;
  readonly isCached?: boolean;
  readonly logged: Readonly<Record<string, string | undefined>>;
}

type Authorizer = (event: unknown, context: Context) => Promise<AuthorizerAnswer>;

/**
 * Makes a Lambda authorizer. Whatever is wrong with a key, the gateway answers 401; where it cannot be found out, or
 * what is handed over is no event of a gateway, 500.
 * Only the log tells why.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 */
export function apiKeyAuthorizer(): Authorizer {
  const guard = start(openGuard);
  return async (given, { awsRequestId: lambdaRequestId }) => {
    const startedAt = performance.now();
    const event = (given ?? {}) as AuthorizerEvent;
    const headers = headersOf(event);
    const correlationId = idIn(headers, 'x-correlation-id') ?? randomUUID();
    logAs(correlationId);
    const ids = {
      correlation_id: correlationId,
      requestId: idIn(headers, 'x-request-id') ?? randomUUID(),
      gatewayRequestId: gatewayRequestIdOf(event),
      lambdaRequestId,
    };
    const { key, isCached = false, logged } = await outcomeOf(guard, event);
    const metrics = metered(verificationMetrics(isCached, performance.now() - startedAt));
    log({ event: 'verification', level: levelOf(logged.result), ...ids, ...logged, ...metrics });
    if (!key) throw authorizerError(logged.result);
    return allow(event, contextOf(key, correlationId));
  };
}

function openGuard(settings: Settings): Guard {
  return { verifier: openVerifier(settings), places: settings.verify.places };
}

async function outcomeOf(guard: Guard | undefined, event: AuthorizerEvent): Promise<Outcome> {
  try {
    if (!guard) throw new Error('the function is not configured');
    requireRequestEvent(event);
    return await check(guard, event);
  } catch (why) {
    return { logged: { result: 'unavailable', why: formatWhy(why instanceof Error ? (why.cause ?? why) : why) } };
  }
}

async function check({ verifier, places }: Guard, event: AuthorizerEvent): Promise<Outcome> {
  const presented = presentedKey(partsOf(event), places);
  if ('why' in presented) return { logged: { result: presented.why } };
  if (!isIdentified(event, presented.values)) return { logged: { result: 'misplaced' } };
  const checked = await verifier.check(presented.apiKeyId);
  const { verification, isCached } = checked;
  return { isCached, logged: loggedOf(checked), ...(verification.valid && { key: verification }) };
}

/** The gateway makes a 401 of the word `Unauthorized`, and a 500 of any other. A stack would fill the log. */
function authorizerError(result: string | undefined): Error {
  const error = new Error(result === 'unavailable' ? 'Unavailable' : 'Unauthorized');
  error.stack = String(error);
  return error;
}

function levelOf(result: string | undefined): Level {
  return result === 'unavailable' ? 'ERROR' : 'INFO';
}
