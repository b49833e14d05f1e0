import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { account, definitions, region, stage } from './functions.ts';

/** A method and a path that a function handles. */
interface Route {
  readonly functionName: string;
  readonly authorizer: string | undefined;
  readonly method: string;
  readonly resource: string;
}

type Values = Record<string, string>;
type MultiValues = Record<string, string[]>;

/** A request for a route, with the data that the gateway passes to an authorizer and to an integration. */
export interface RestRequest extends Route {
  readonly path: string;
  /** as in the URL, so percent-encoded */
  readonly pathParameters: Values | null;
  readonly query: MultiValues;
  readonly headers: MultiValues;
  readonly stageVariables: Values | null;
  readonly requestContext: Readonly<Record<string, unknown>>;
}

/** The routes of serverless.yml, and the routes that exist only locally. */
export const routes: readonly Route[] = Object.entries(definitions).flatMap(([functionName, { events = [] }]) =>
  events.flatMap(({ http }) => {
    if (!http) return [];
    return [{ functionName, authorizer: http.authorizer, method: http.method.toUpperCase(), resource: http.path }];
  }),
);

/**
 * @returns undefined if there is no such route
 * @param stageVariables the stage variables of the API
 */
export function readRequest(
  request: IncomingMessage,
  requestId: string,
  stageVariables: Values | null,
): RestRequest | undefined {
  const { method = '', url = '' } = request;
  const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? [];
  for (const route of routes) {
    const pathParameters = route.method === method ? matchPath(route.resource, path) : undefined;
    if (!pathParameters) continue;
    return {
      ...route,
      path,
      pathParameters: Object.keys(pathParameters).length > 0 ? pathParameters : null,
      query: grouped([...new URLSearchParams(query)]),
      headers: grouped(pairsOf(request.rawHeaders)),
      stageVariables,
      requestContext: requestContext(request, route, path, requestId),
    };
  }
  return undefined;
}

/**
 * The event for a Lambda proxy integration.
 * @param authorized the context of the caller from the authorizer
 */
export function integrationEvent(request: RestRequest, body: string, authorized?: object): object {
  return {
    ...commonEvent(request),
    requestContext: { ...request.requestContext, ...(authorized && { authorizer: authorized }) },
    body: body === '' ? null : body,
    isBase64Encoded: false,
  };
}

/** The event for an authorizer of type REQUEST. */
export function authorizerEvent(request: RestRequest): { methodArn: string } {
  const api = `arn:aws:execute-api:${region}:${account}:local/${stage}`;
  return { type: 'REQUEST', methodArn: `${api}/${request.method}${request.path}`, ...commonEvent(request) } as {
    methodArn: string;
  };
}

function commonEvent(request: RestRequest): object {
  const { resource, path, method, headers, query, pathParameters, stageVariables, requestContext } = request;
  const hasQuery = Object.keys(query).length > 0;
  return {
    resource,
    path,
    httpMethod: method,
    headers: lastOf(headers),
    multiValueHeaders: headers,
    queryStringParameters: hasQuery ? lastOf(query) : null,
    multiValueQueryStringParameters: hasQuery ? query : null,
    pathParameters,
    stageVariables,
    requestContext,
  };
}

/** @returns the parameters, not decoded. The gateway ignores a trailing slash when it looks for the route. */
function matchPath(resource: string, path: string): Values | undefined {
  const found = path.replace(/(?<=.)\/$/s, '').split('/');
  const expected = resource.split('/');
  if (found.length !== expected.length) return undefined;
  const pairs = expected.map((name, index) => [name, found[index] ?? ''] as const);
  const isParameter = (name: string) => name.startsWith('{');
  if (!pairs.every(([name, value]) => (isParameter(name) ? value !== '' : value === name))) return undefined;
  return Object.fromEntries(pairs.flatMap(([name, value]) => (isParameter(name) ? [[name.slice(1, -1), value]] : [])));
}

function requestContext(request: IncomingMessage, route: Route, path: string, requestId: string) {
  return {
    accountId: account,
    apiId: 'local',
    stage,
    requestId,
    extendedRequestId: randomUUID(),
    resourcePath: route.resource,
    path,
    httpMethod: route.method,
    protocol: `HTTP/${request.httpVersion}`,
    requestTimeEpoch: Date.now(),
    identity: { sourceIp: request.socket.remoteAddress, userAgent: request.headers['user-agent'] ?? null },
  };
}

function pairsOf(rawHeaders: readonly string[]): [string, string][] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : []));
}

function grouped(pairs: readonly [string, string][]): MultiValues {
  const byName = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries([...byName].map(([name, found]) => [name, found.map(([, value]) => value)]));
}

function lastOf(values: MultiValues): Values {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1) ?? '']));
}
