import { expect } from 'vitest';
import { authorizerArn, isRecord, resolved, type Template } from './template.ts';

/** What a template says of the authorizer, whichever tool wrote it. */
export interface Authorizer {
  readonly uri: unknown;
  readonly ttlSeconds: unknown;
  readonly identity: readonly unknown[];
  /** payload format and simple responses, of an HTTP API */
  readonly answers: readonly unknown[];
}

export type Kind = 'rest' | 'http';

/** The authorizer of appkeys in another account. */
export const foreignArn = 'arn:aws:lambda:eu-central-1:111122223333:function:appkeys-prod-authorizeApiKey:live';

/** What every example comes to. */
export function expected(kind: Kind, isCached: boolean, arn = authorizerArn): Authorizer {
  const source = kind === 'rest' ? 'method.request.header.x-api-key' : '$request.header.x-api-key';
  return {
    uri: `arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/${arn}/invocations`,
    ttlSeconds: isCached ? 60 : 0,
    identity: isCached ? [source] : [],
    answers: kind === 'rest' ? [] : ['2.0', true],
  };
}

/** The one authorizer among the resources, which every method or route must have. */
export function authorizerIn({ Resources }: Template): Authorizer {
  const all = Object.entries(Resources);
  const [found, ...others] = all.filter(([, { Type }]) => /^AWS::ApiGateway(V2)?::Authorizer$/.test(Type));
  const [id, { Properties }] = found ?? expect.fail('There is no authorizer.');
  expect(others).toEqual([]);
  const guarded = all.filter(([, { Type }]) => /::(Method|Route)$/.test(Type)).map(([, method]) => method.Properties);
  expect(guarded).toEqual([expect.objectContaining({ AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: id } })]);
  expect(Properties.Type ?? Properties.AuthorizerType).toBe('REQUEST');
  return {
    uri: resolved(Properties.AuthorizerUri),
    ttlSeconds: Properties.AuthorizerResultTtlInSeconds,
    identity: listOf(Properties.IdentitySource),
    answers: [Properties.AuthorizerPayloadFormatVersion, Properties.EnableSimpleResponses].filter(isGiven),
  };
}

/** The one in the OpenAPI document that SAM makes of an API, which every operation must have. */
export function authorizerInBody({ Resources }: Template): Authorizer {
  const { Body } = Resources.Api?.Properties ?? {};
  const document = isRecord(Body) ? Body : expect.fail('There is no OpenAPI document.');
  expect(document.paths).toMatchObject({ '/invoices': { get: { security: [{ ApiKeys: [] }] } } });
  const schemes =
    document.securityDefinitions ?? (isRecord(document.components) && document.components.securitySchemes);
  const scheme = isRecord(schemes) && isRecord(schemes.ApiKeys) ? schemes.ApiKeys : expect.fail('There is no scheme.');
  const found = scheme['x-amazon-apigateway-authorizer'];
  const authorizer = isRecord(found) ? found : expect.fail('There is no authorizer.');
  expect(authorizer.type).toBe('request');
  return {
    uri: resolved(authorizer.authorizerUri),
    ttlSeconds: authorizer.authorizerResultTtlInSeconds,
    identity: listOf(authorizer.identitySource),
    answers: [authorizer.authorizerPayloadFormatVersion, authorizer.enableSimpleResponses].filter(isGiven),
  };
}

/** The functions that a template lets somebody invoke. */
export function invocable({ Resources }: Template): unknown[] {
  const permissions = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Permission');
  return [...new Set(permissions.map(({ Properties }) => resolved(Properties.FunctionName)))];
}

const isGiven = (value: unknown) => value !== undefined;
const listOf = (value: unknown) => [value].flat().filter((item) => isGiven(item) && item !== '');
