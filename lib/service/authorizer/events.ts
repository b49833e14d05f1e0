import { createHash } from 'node:crypto';
import type { APIGatewayRequestAuthorizerEvent, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import type { RequestOrigin, Restricted } from '../../domain/restrictions.ts';
import type { ValidKey } from '../../domain/verification.ts';
import { partsOf } from '../../verification/gateway-request.ts';
import type { ApiSettings } from './stage-variables.ts';

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
  const looksAt = [...(allowedSources ? [origin.source] : []), ...(referrers ? [origin.origin, origin.referer] : [])];
  const sources = [...identitySourcesOf(event)];
  const isSource = (value: string | undefined) => {
    const index = value === undefined ? -1 : sources.indexOf(value);
    if (index >= 0) sources.splice(index, 1);
    return index >= 0;
  };
  return looksAt.every(isSource) && !looksAt.some((value) => isChosen(event, value));
}

/** What the gateway or a browser sets itself. */
const given = ['x-forwarded-for', 'forwarded', 'origin', 'referer'];

/**
 * Whether a client has put the value into another header or the query, so that it may be an identity source by that: the
 * event tells their values, and not where they are from.
 */
function isChosen(event: AuthorizerEvent, value: string | undefined): boolean {
  const { headers, query } = partsOf(event);
  const chosen = Object.entries(headers ?? {}).filter(([name]) => !given.includes(name.toLowerCase()));
  const texts = [...chosen, ...Object.entries(query ?? {})].flatMap(([, texts]) => [texts].flat().map(String));
  return texts.some((text) => text.split(',').some((part) => part.trim() === value));
}

function identitySourcesOf(event: AuthorizerEvent): readonly string[] {
  const { identitySource } = event as { readonly identitySource?: string | readonly string[] | null };
  if (!identitySource) return [];
  return typeof identitySource === 'string' ? identitySource.split(',') : identitySource;
}

/** A key that is accepted, and by which API. */
export interface Allowed {
  readonly key: ValidKey;
  readonly appId: string;
  readonly api: Pick<ApiSettings, 'isCached' | 'hasUsagePlan'>;
}

/** @returns yes for every route of the stage, so that the gateway may remember it for all of them */
export function allow(event: AuthorizerEvent, allowed: Allowed, correlationId: string): AuthorizerAnswer {
  const { key, appId, api } = allowed;
  const context = contextOf(key, correlationId);
  if (isV2(event)) return { isAuthorized: true, context };
  const [stage] = stageArn.exec(event.methodArn) ?? [];
  const { allowedSources } = key;
  const condition = api.isCached &&
    allowedSources.length > 0 && { Condition: { IpAddress: { 'aws:SourceIp': allowedSources } } };
  const statement = { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${stage}/*`, ...condition };
  return {
    principalId: context.appHrn,
    policyDocument: { Version: '2012-10-17', Statement: [statement] },
    context,
    ...(api.hasUsagePlan && !isHttpApi(event) && { usageIdentifierKey: usageKeyOf(appId) }),
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
