import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { headersOf, idIn } from '../../base/headers.ts';
import { formatWhy, type Level, log, logAs } from '../../base/log.ts';
import type { Restricted } from '../../domain/restrictions.ts';
import { partsOf } from '../../verification/gateway-request.ts';
import { HeaderOrigin, presentedKey } from '../../verification/key-locations.ts';
import { SettingsError } from '../../verification/settings-rules.ts';
import type { Verifier } from '../../verification/verifier.ts';
import { metered, verificationMetrics } from '../metrics.ts';
import { openVerifier, start } from '../service.ts';
import type { Settings } from '../settings.ts';
import { loggedOf } from '../use-cases/verify.ts';
import {
  type Allowed,
  type AuthorizerAnswer,
  type AuthorizerEvent,
  allow,
  gatewayRequestIdOf,
  isIdentified,
  requireRequestEvent,
  tellsApart,
} from './events.ts';
import { type ApiSettings, apiSettingsOf } from './stage-variables.ts';

interface Guard {
  readonly verifier: Verifier;
  /** The realms whose keys an API accepts if it names none. undefined: every realm. */
  readonly defaultRealms: readonly string[] | undefined;
}

/** The result of a request, and what is logged about it. */
interface Outcome {
  readonly allowed?: Allowed;
  readonly isCached?: boolean;
  readonly logged: Readonly<Record<string, string | undefined>>;
}

type Authorizer = (event: unknown, context: Context) => Promise<AuthorizerAnswer>;

/**
 * Makes a Lambda authorizer. If anything is wrong with a key, the gateway responds 401. If the outcome is unknown, or
 * the event is not a gateway's, it responds 500. Only the log has the reason.
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
    const { allowed, isCached = false, logged } = await outcomeOf(guard, event);
    const metrics = metered(verificationMetrics(isCached, performance.now() - startedAt));
    log({ event: 'verification', level: levelOf(logged.result), ...ids, ...logged, ...metrics });
    if (!allowed) throw authorizerError(logged.result);
    return allow(event, allowed, correlationId);
  };
}

function openGuard(settings: Settings): Guard {
  const { defaultRealms } = settings.authorizer;
  return { verifier: openVerifier(settings), defaultRealms: defaultRealms === '*' ? undefined : defaultRealms };
}

async function outcomeOf(guard: Guard | undefined, event: AuthorizerEvent): Promise<Outcome> {
  try {
    if (!guard) throw new Error('the function is not configured');
    requireRequestEvent(event);
    return await check(guard, apiSettingsOf(event.stageVariables, guard.defaultRealms), event);
  } catch (why) {
    if (why instanceof SettingsError) return { logged: { result: 'misconfigured', why: formatWhy(why) } };
    return { logged: { result: 'unavailable', why: formatWhy(why instanceof Error ? (why.cause ?? why) : why) } };
  }
}

async function check({ verifier }: Guard, api: ApiSettings, event: AuthorizerEvent): Promise<Outcome> {
  const parts = partsOf(event);
  const presented = presentedKey(parts, api.locations);
  if ('why' in presented) return { logged: { result: presented.why } };
  if (!isIdentified(event, presented.values)) return { logged: { result: 'misplaced' } };
  const origin = new HeaderOrigin(parts);
  const suits = (key: Restricted) => !api.isCached || tellsApart(event, key, origin);
  const checked = await verifier.check(presented.apiKeyId, { demands: api.demands, origin, suits });
  const { verification, isCached, restricted } = checked;
  if (!verification.valid || !restricted) return { isCached, logged: loggedOf(checked) };
  if (!checked.suits) return { isCached, logged: { ...loggedOf(checked), result: 'uncacheable' } };
  return { isCached, logged: loggedOf(checked), allowed: { key: verification, appId: restricted.appId, api } };
}

/** The gateway turns the word `Unauthorized` into a 401, and any other into a 500. A stack would fill the log. */
function authorizerError(result: string | undefined): Error {
  const error = new Error(result === 'unavailable' ? 'Unavailable' : 'Unauthorized');
  error.stack = String(error);
  return error;
}

function levelOf(result: string | undefined): Level {
  return result === 'unavailable' || result === 'misconfigured' ? 'ERROR' : 'INFO';
}
