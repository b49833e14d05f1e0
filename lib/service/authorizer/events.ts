import type { APIGatewayRequestAuthorizerEvent, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import type { ValidKey } from '../../domain/verification.ts';

/** What a REST API (or an HTTP API with payload 1.0) and an HTTP API with payload 2.0 hand to an authorizer. */
export type AuthorizerEvent = APIGatewayRequestAuthorizerEvent | APIGatewayRequestAuthorizerEventV2;

/** What the integration behind the gateway is told; `realm` is its name. */
export interface AuthorizerContext {
  readonly appHrn: string;
  readonly realm: string;
  readonly keyHrn: string;
  readonly keyName: string;
  readonly correlationId: string;
}

export type AuthorizerAnswer =
  | { readonly isAuthorized: true; readonly context: AuthorizerContext }
  | { readonly principalId: string; readonly policyDocument: object; readonly context: AuthorizerContext };

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
  const { identitySource } = event as { readonly identitySource?: string | readonly string[] | null };
  if (!identitySource) return true;
  const sources = typeof identitySource === 'string' ? identitySource.split(',') : identitySource;
  return values.some((value) => sources.includes(value));
}

/** @returns yes for every route of the stage, so that the gateway may remember it for all of them */
export function allow(event: AuthorizerEvent, context: AuthorizerContext): AuthorizerAnswer {
  if (isV2(event)) return { isAuthorized: true, context };
  const [stage] = stageArn.exec(event.methodArn) ?? [];
  const statement = { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${stage}/*` };
  return {
    principalId: context.appHrn,
    policyDocument: { Version: '2012-10-17', Statement: [statement] },
    context,
  };
}

export function contextOf({ identity, realm, apiKey, name }: ValidKey, correlationId: string): AuthorizerContext {
  const realmName = realm.slice(realm.lastIndexOf('/') + 1);
  return { appHrn: identity, realm: realmName, keyHrn: apiKey, keyName: name, correlationId };
}

/** @returns the ID that the gateway gave the request: a client of a REST API can choose the `requestId` there */
export function gatewayRequestIdOf(event: AuthorizerEvent): string | undefined {
  return isV2(event) ? event.requestContext?.requestId : event.requestContext?.extendedRequestId;
}

function isV2(event: AuthorizerEvent): event is APIGatewayRequestAuthorizerEventV2 {
  return (event as { readonly version?: string }).version === '2.0';
}
