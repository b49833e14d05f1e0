import { createHash } from 'node:crypto';
import type { APIGatewayRequestAuthorizerEvent, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import type { RequestOrigin, Restricted } from '../../domain/restrictions.ts';
import type { ValidKey } from '../../domain/verification.ts';
import { partsOf } from '../../verification/gateway-request.ts';
import type { ApiSettings } from './stage-variables.ts';

/** What REST APIs (or HTTP APIs with payload 1.0) and HTTP APIs with payload 2.0 pass to an authorizer. */
export type AuthorizerEvent = APIGatewayRequestAuthorizerEvent | APIGatewayRequestAuthorizerEventV2;

/** What the integration behind the gateway gets. None of it is free text; `realm` is the realm's name. */
interface AuthorizerContext {
  readonly appHrn: string;
  readonly realm: string;
  readonly keyHrn: string;
  /** Separated by spaces. */
  readonly scopes: string;
  readonly correlationId: string;
}

export type AuthorizerAnswer =
  | { readonly isAuthorized: true; readonly context: AuthorizerContext }
  | {
      readonly principalId: string;
      readonly policyDocument: object;
      readonly context: AuthorizerContext;
      /** Counts in the usage plans of a REST API. */
      readonly usageIdentifierKey?: string;
    };

/** The API and the stage in `arn:…:{apiId}/{stage}/{method}/{path}`. */
const stageArn = /^arn:[^/*]+\/[^/*]+(?=\/)/;

/**
 * @throws Error if the event is not one of an authorizer of type REQUEST, because type TOKEN has nothing of the request
 * @throws Error if the event names no stage, which a response to payload 1.0 needs
 */
export function requireRequestEvent(event: AuthorizerEvent): void {
  if (event.type !== 'REQUEST') throw new Error('the authorizer must be of type REQUEST');
  if (!isV2(event) && !stageArn.test(event.methodArn)) throw new Error('the event has no method ARN');
}

/**
 * Whether the gateway can cache a response about these values, which have one key. If an HTTP API has identity sources
 * (a list in payload 2.0, joined by commas in 1.0), one of the values must be among them.
 */
export function isIdentified(event: AuthorizerEvent, values: readonly string[]): boolean {
  const sources = identitySourcesOf(event);
  return sources.length === 0 || values.some((value) => sources.includes(value));
}

/**
 * Whether the gateway's cache distinguishes requests with the same key by everything that the key's restrictions check.
 * A REST API evaluates the policy, with its condition on the address, for every request.
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

/** Headers that the gateway or a browser sets itself. */
const given = ['x-forwarded-for', 'forwarded', 'origin', 'referer'];

/**
 * Whether a client has put the value into another header or the query, which could be the identity source. The event
 * has the values of the identity sources, but not their names.
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

/** An accepted key, and the API that accepts it. */
export interface Allowed {
  readonly key: ValidKey;
  readonly appId: string;
  readonly api: Pick<ApiSettings, 'isCached' | 'hasUsagePlan'>;
}

/** @returns a policy for every route of the stage, so the gateway can cache it for all of them */
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

/** The gateway accepts usage keys of 20 characters and more. */
function usageKeyOf(appId: string): string {
  return appId.length < 20 ? createHash('sha256').update(appId).digest('hex') : appId;
}

function contextOf({ identity, realm, apiKey, scopes }: ValidKey, correlationId: string): AuthorizerContext {
  const realmName = realm.slice(realm.lastIndexOf('/') + 1);
  return { appHrn: identity, realm: realmName, keyHrn: apiKey, scopes: scopes.join(' '), correlationId };
}

/** @returns the gateway's own ID of the request; a client of a REST API can choose the `requestId` */
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
