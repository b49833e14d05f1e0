import middy, { type MiddlewareObj } from '@middy/core';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type { OperationId } from '../../contract/operations.ts';
import type { Route } from '../../contract/routes.ts';
import type { Gives, Takes } from '../../contract/ties.ts';
import { requireNoApiKey, requireValid, type Validator } from '../../contract/validator.ts';
import { customerOf } from '../../domain/addresses.ts';
import { holdsApiKeyId } from '../../domain/api-key-id.ts';
import { ApiError, invalidField } from '../../domain/errors.ts';
import {
  type AppRef,
  decodeOnce,
  formatApiKeyHrn,
  formatAppHrn,
  parseApiKeyHrn,
  parseAppHrn,
} from '../../domain/hrn.ts';
import { type RequestId, requestId } from '../../domain/idempotency.ts';
import type { Caller } from '../../domain/policy.ts';
import { createRateLimiter, type RateLimiter } from '../../store/rate-limit.ts';
import { SettingsError } from '../../verification/settings-rules.ts';
import { openService, start, type VerifyingService } from '../service.ts';
import { rateLimitOf, type Settings } from '../settings.ts';
import { bearerToken } from './bearer.ts';
import {
  type AnyOperation,
  closeExchange,
  type Exchange,
  type GatewayReply,
  openExchange,
  type Reply,
  replyToError,
} from './exchange.ts';
import { bodyText, requireJsonContentType, requirePlain } from './json-body.ts';
import { hasLastSlash } from './path.ts';
import { requireKnownQuery } from './query.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

/** A Lambda handler behind a REST API of API Gateway. */
export type GatewayHandler = (event: APIGatewayProxyEvent, context: Context) => Promise<GatewayReply>;

/** The handler of one operation. */
export type OperationHandler = GatewayHandler & { readonly operation: AnyOperation };

/** A request that has passed the pipeline. `Body` is what the code takes of the request's body. */
export interface Call<Body = undefined> extends Exchange, VerifyingService {
  readonly caller: Caller;
  /** The application in the path. */
  readonly app: AppRef;
  readonly body: Body;
  readonly operation: Route;
  /** Present if the request has an Idempotency-Key that the operation accepts. */
  readonly request: RequestId | undefined;
}

type Step = MiddlewareObj<Exchange, Reply | GatewayReply, Error, Context>;

/** A request without a token that has passed the pipeline. Its rights depend on the API key in its body. */
export interface KeyCall<Body> extends Exchange, GuardedService {
  readonly body: Body;
  readonly source: string;
  about(found: Pick<Exchange, 'appHrn' | 'keyHrn'>): void;
}

interface GuardedService extends VerifyingService {
  readonly verifyToken: TokenVerifier;
  readonly limitRate: RateLimiter | undefined;
  /** Counts the API keys that one source reports. */
  readonly countReport: RateLimiter;
}

/** Ten keys, then one every six minutes. */
const reportLimit = {
  requestsPerSecond: 10 / 3_600,
  burst: 10,
  cause: 'Too many API keys were reported from the same IP address.',
};

/** The last moment, before Lambda's own timeout, at which a hanging request still gets a response. */
const options = { timeoutEarlyInMillis: 500 };

/**
 * Makes the handler of a management call. It checks in the contract's order: token, rate limit, project scope, path,
 * query, headers and body. Further checks belong to the operation. A call compiles only if `run` takes every field of
 * the operation's body and returns exactly the fields of its reply.
 * @param validate the generated validator of the operation's body, if it has one
 */
export function endpoint<Id extends OperationId, Body = undefined, ReplyBody = undefined>(
  operation: Route & { readonly id: Id } & Takes<Id, Body>,
  run: (call: Call<Body>) => Promise<Reply<ReplyBody> & Gives<Id, ReplyBody>>,
  validate?: Validator,
): OperationHandler {
  const service = start(openGuardedService);
  const pipeline = middy<Exchange, Reply | GatewayReply>(options).use(answer(operation));
  if (!service) return asHandler(operation, pipeline.before(refuseUnconfigured));
  pipeline.use(authenticate(service));
  if (!operation.isVerification) pipeline.use(limitRate(service));
  pipeline.use(refuseProjectScope());
  if (operation.path?.includes('{app}')) pipeline.use(readApp(service));
  pipeline.use(checkQuery(operation));
  if (operation.isRepeatable) pipeline.use(checkIdempotencyKey());
  if (validate) pipeline.use(takeBodyText(operation)).use(parseBody()).use(checkBody(operation, validate));
  if (operation.isRepeatable) pipeline.use(readRequest());
  pipeline.handler(async (exchange) => run({ ...exchange, ...service } as unknown as Call<Body>));
  return asHandler(operation, pipeline);
}

/**
 * Makes the handler of a call for any holder of an API key. It needs no token. It compiles only under the conditions of
 * `endpoint`.
 */
export function keyEndpoint<Id extends OperationId, Body, ReplyBody>(
  operation: Route & { readonly id: Id } & Takes<Id, Body>,
  run: (call: KeyCall<Body>) => Promise<Reply<ReplyBody> & Gives<Id, ReplyBody>>,
  validate: Validator,
): OperationHandler {
  const service = start(openGuardedService);
  const pipeline = middy<Exchange, Reply | GatewayReply>(options).use(answer(operation));
  if (!service) return asHandler(operation, pipeline.before(refuseUnconfigured));
  if (!service.settings.revoke.enabled) return asHandler(operation, pipeline.before(refuseSwitchedOff));
  pipeline.use(readSource()).use(checkQuery(operation));
  pipeline.use(takeBodyText(operation)).use(parseBody()).use(checkBody(operation, validate));
  pipeline.handler(async (exchange) => {
    const about: KeyCall<Body>['about'] = (found) => void Object.assign(exchange, found);
    return run({ ...exchange, ...service, about } as unknown as KeyCall<Body>);
  });
  return asHandler(operation, pipeline);
}

/** Makes the handler of a public call. */
export function publicEndpoint(operation: AnyOperation, run: (exchange: Exchange) => Promise<Reply>): OperationHandler {
  return asHandler(operation, middy<Exchange, Reply | GatewayReply>(options).use(answer(operation)).handler(run));
}

function openGuardedService(settings: Settings): GuardedService {
  const service = openService(settings);
  const limit = rateLimitOf(settings);
  if (settings.issuers.length === 0) throw new SettingsError('issuers', 'is empty: no token would be accepted.');
  return {
    ...service,
    verifyToken: createTokenVerifier(settings),
    limitRate: limit && nothingDone(createRateLimiter(service.table, limit)),
    countReport: nothingDone(createRateLimiter(service.table, reportLimit)),
  };
}

function refuseSwitchedOff(): void {
  throw new ApiError('404404', {
    why: 'the setting revoke.enabled is false',
    cause: 'This service does not accept reports of leaked keys.',
    action: 'Disable the key with a token: POST /apps/{app}/apiKeys/{apiKey}/disable.',
  });
}

function refuseUnconfigured(): void {
  throw new ApiError('503000', { why: 'the function is not configured', retryAfterSeconds: 60 });
}

/** First in and last out: turns the gateway's event into an exchange, and the result or error into a response. */
function answer(operation: AnyOperation): Step {
  return {
    before(request) {
      const event = (request.event ?? {}) as unknown as APIGatewayProxyEvent;
      request.event = openExchange(operation, event, request.context);
      refuseLastSlash(operation, event);
    },
    after(request) {
      request.response = closeExchange(request.event, request.response as Reply);
    },
    onError(request) {
      request.response = closeExchange(request.event, replyToError(request.error, request.event));
    },
  };
}

/**
 * API Gateway ignores a slash at the end of a path. `DELETE …/apiKeys/`, which names no key, would delete all keys.
 * @throws ApiError 404404
 */
function refuseLastSlash({ path = '/', isPage }: AnyOperation, event: APIGatewayProxyEvent): void {
  if (path !== '/' && !isPage && hasLastSlash(event.path)) throw new ApiError('404404');
}

function authenticate({ verifyToken }: GuardedService): Step {
  return {
    async before({ event: exchange }) {
      exchange.caller = await verifyToken(bearerToken(exchange.headers));
    },
  };
}

function limitRate({ limitRate: limit }: GuardedService): Step {
  return {
    async before({ event: { caller, deadline } }) {
      if (limit && caller) await limit(caller, deadline);
    },
  };
}

/** If the count fails in any way, nothing else has been done. */
function nothingDone(count: RateLimiter): RateLimiter {
  return async (client, deadline) => {
    try {
      await count(client, deadline);
    } catch (error) {
      throw error instanceof ApiError && error.code === '503000' ? new ApiError('503000', { why: error.cause }) : error;
    }
  };
}

/** The address comes from the gateway. Headers don't count, because the caller can choose them. */
function readSource(): Step {
  return {
    before({ event: exchange }) {
      exchange.source = customerOf(exchange.event.requestContext?.identity?.sourceIp ?? '');
    },
  };
}

function refuseProjectScope(): Step {
  return {
    before({ event: { caller } }) {
      if (!caller?.hasProjectScope) return;
      throw new ApiError('403403', {
        why: 'the token has a project scope',
        cause: 'The access token has a project scope.',
        action: 'Use an access token without a project scope.',
      });
    },
  };
}

function readApp({ settings }: GuardedService): Step {
  return {
    before({ event: exchange }) {
      exchange.app = parseAppHrn(exchange.event.pathParameters?.app ?? '', settings.partition);
      exchange.appHrn = formatAppHrn(exchange.app, settings.partition);
      const { realm } = exchange.app;
      const handle = parseApiKeyHrn(exchange.event.pathParameters?.apiKey ?? '', realm, settings.partition);
      if (handle) exchange.keyHrn = formatApiKeyHrn(realm, handle, settings.partition);
    },
  };
}

function checkQuery({ query }: AnyOperation): Step {
  return {
    before({ event: { event } }) {
      requireKnownQuery(event.multiValueQueryStringParameters, query);
    },
  };
}

function checkIdempotencyKey(): Step {
  return {
    before({ event: { headers } }) {
      const [key, ...more] = headers.get('idempotency-key') ?? [];
      if (key === undefined) return;
      if (more.length === 0 && /^[\x21-\x7e]{1,255}$/.test(key) && !holdsApiKeyId(key)) return;
      throw invalidField('Idempotency-Key', 'must be one header of 1 to 255 visible ASCII characters, and no API key');
    },
  };
}

/** Identifies a request with an Idempotency-Key, so that a repetition is recognized. */
function readRequest(): Step {
  return {
    before({ event: exchange }) {
      const { headers, caller, appHrn, operation, event } = exchange;
      const [key] = headers.get('idempotency-key') ?? [];
      if (key === undefined || !caller) return;
      const resource = appHrn ? [appHrn, decodeOnce(event.pathParameters?.apiKey ?? '')] : [];
      exchange.request = requestId([caller.issuer, caller.principal, caller.realm, operation.id, ...resource, key]);
    },
  };
}

function takeBodyText({ isBodyOptional }: AnyOperation): Step {
  return {
    before({ event: exchange }) {
      if (isBodyOptional && !exchange.event.body) {
        exchange.body = '{}';
      } else {
        requireJsonContentType(exchange.headers);
        const text = bodyText(exchange.event.body, exchange.event.isBase64Encoded);
        requirePlain(text);
        exchange.body = text;
      }
    },
  };
}

/** The library parses the body. Its messages quote the input, so they are neither returned nor logged. */
function parseBody(): Step {
  const { before } = httpJsonBodyParser({ disableContentTypeCheck: true });
  return {
    before(request) {
      try {
        return before?.(request as never);
      } catch {
        throw new ApiError('400002', { why: 'the body cannot be parsed' });
      }
    },
  };
}

function checkBody({ isVerification, access }: AnyOperation, validate: Validator): Step {
  return {
    before({ event: { body } }) {
      requireValid(validate, body);
      if (!isVerification && access !== 'key') requireNoApiKey(body as Record<string, unknown>);
    },
  };
}

function asHandler(operation: AnyOperation, pipeline: object): OperationHandler {
  return Object.assign(pipeline as GatewayHandler, { operation });
}
