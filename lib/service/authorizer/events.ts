import { createHash } from 'node:crypto';
import type { APIGatewayRequestAuthorizerEvent, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import type { RequestOrigin, Restricted } from '../../domain/restrictions.ts';
import type { ValidKey } from '../../domain/verification.ts';

/** What a REST API (or an HTTP API with payload 1.0) and an HTTP API with payload 2.0 hand to an authorizer. */
export type AuthorizerEvent = APIGatewayRequestAuthorizerEvent | APIGatewayRequestAuthorizerEventV2;

/** What the integration behind the gateway is told, none of it free text; `realm` is its name. */
interface AuthorizerContext {
  readonly appHrn: string;
  readonly realm: string;
  readonly keyHrn: string;
  /** separated by spaces */
  readonly scopes: string;
  readonly correlationId: string;
}

export type AuthorizerAnswer =
  | { readonly isAuthorized: true; readonly context: AuthorizerContext }
  | {
      readonly principalId: string;
      readonly policyDocument: object;
      readonly context: AuthorizerContext;
      /** counts in the usage plans of a REST API */
      readonly usageIdentifierKey?: string;
    };

/** The API and the stage in `arn:…:{apiId}/{stage}/{method}/{path}`. */
const stageArn = /^arn:[^/*]+\/[^/*]+(?=\/)/;

/**
 * @throws Error when it is no event of an authorizer of type REQUEST: one of type TOKEN says nothing of the request; or
 *   when it does not say of which stage, which an answer of payload 1.0 has to name
 */
export function requireRequestEvent(event: AuthorizerEvent): void {
  if (event.type !== 'REQUEST') throw new Error('the authorizer must be of type REQUEST');
  if (!isV2(event) && !stageArn.test(event.methodArn)) throw new Error('the event has no method ARN');
}

/**
 * Whether an answer about these values, which hold one key, may be remembered by the gateway: where it has identity
 * sources, as HTTP APIs tell (payload 2.0 as a list, 1.0 joined by commas), one of the values must be among them.
 */
export function isIdentified(event: AuthorizerEvent, values: readonly string[]): boolean {
  const sources = identitySourcesOf(event);
  return sources.length === 0 || values.some((value) => sources.includes(value));
}

/**
 * Whether the gateway, which may remember an answer, tells other requests with the same key apart by all that the key's
 * restrictions look at. A REST API evaluates the policy for every request, and with it the condition on the address.
 */
export function tellsApart(
  event: AuthorizerEvent,
  { allowedSources, referrers }: Restricted,
  origin: RequestOrigin,
): boolean {
  if (!isHttpApi(event)) return referrers === undefined;
  const sources = identitySourcesOf(event);
  const looksAt = [...(allowedSources ? [origin.source] : []), ...(referrers ? [origin.origin, origin.referer] : [])];
  return looksAt.every((value) => value !== undefined && sources.includes(value));
}

function identitySourcesOf(event: AuthorizerEvent): readonly string[] {
  const { identitySource } = event as { readonly identitySource?: string | readonly string[] | null };
  if (!identitySource) return [];
  return typeof identitySource === 'string' ? identitySource.split(',') : identitySource;
}

interface Allowed {
  readonly key: ValidKey;
  readonly appId: string;
  readonly hasUsagePlan: boolean;
}

/** @returns yes for every route of the stage, so that the gateway may remember it for all of them */
export function allow(event: AuthorizerEvent, allowed: Allowed, correlationId: string): AuthorizerAnswer {
  const { key, appId, hasUsagePlan } = allowed;
  const context = contextOf(key, correlationId);
  if (isV2(event)) return { isAuthorized: true, context };
  const [stage] = stageArn.exec(event.methodArn) ?? [];
  const { allowedSources } = key;
  const condition = allowedSources.length > 0 && { Condition: { IpAddress: { 'aws:SourceIp': allowedSources } } };
  const statement = { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${stage}/*`, ...condition };
  return {
    principalId: context.appHrn,
    policyDocument: { Version: '2012-10-17', Statement: [statement] },
    context,
    ...(hasUsagePlan && !isHttpApi(event) && { usageIdentifierKey: usageKeyOf(appId) }),
  };
}

/** The gateway takes keys of 20 characters and more. */
function usageKeyOf(appId: string): string {
  return appId.length < 20 ? createHash('sha256').update(appId).digest('hex') : appId;
}

function contextOf({ identity, realm, apiKey, scopes }: ValidKey, correlationId: string): AuthorizerContext {
  const realmName = realm.slice(realm.lastIndexOf('/') + 1);
  return { appHrn: identity, realm: realmName, keyHrn: apiKey, scopes: scopes.join(' '), correlationId };
}

/** @returns the ID that the gateway gave the request: a client of a REST API can choose the `requestId` there */
export function gatewayRequestIdOf(event: AuthorizerEvent): string | undefined {
  return isV2(event) ? event.requestContext?.requestId : event.requestContext?.extendedRequestId;
}

/** Events of REST APIs have no version. */
function isHttpApi(event: AuthorizerEvent): boolean {
  return 'version' in event;
}

function isV2(event: AuthorizerEvent): event is APIGatewayRequestAuthorizerEventV2 {
  return (event as { readonly version?: string }).version === '2.0';
}
