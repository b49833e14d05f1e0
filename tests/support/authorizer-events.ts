import { randomUUID } from 'node:crypto';

/** A request, as a test says it: where it holds what. */
export interface AuthorizerRequest {
  readonly headers?: Record<string, string | readonly string[]>;
  readonly query?: Record<string, string | readonly string[]>;
  readonly methodArn?: string;
  /** values of the gateway's identity sources, if it has any */
  readonly identitySource?: readonly string[] | null;
}

const arn = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/invoices/2026/11';

/** What a REST API hands to an authorizer of type REQUEST. */
export function restRequest({ headers = {}, query = {}, methodArn = arn }: AuthorizerRequest) {
  return {
    type: 'REQUEST',
    methodArn,
    resource: '/invoices/{proxy+}',
    path: '/invoices/2026/11',
    httpMethod: 'GET',
    headers: lastOf(headers),
    multiValueHeaders: listsOf(headers),
    queryStringParameters: lastOf(query),
    multiValueQueryStringParameters: listsOf(query),
    pathParameters: { proxy: '2026/11' },
    stageVariables: {},
    requestContext: {
      requestId: 'a client can choose it',
      extendedRequestId: randomUUID(),
      stage: 'prod',
      identity: { sourceIp: '203.0.113.7', apiKey: null },
    },
  };
}

/** What an HTTP API hands to an authorizer with payload 1.0: one value a name. */
export function http1Request({ headers = {}, query = {}, methodArn = arn }: AuthorizerRequest) {
  return {
    version: '1.0',
    type: 'REQUEST',
    methodArn,
    identitySource: null,
    authorizationToken: null,
    resource: '/invoices/{proxy+}',
    path: '/invoices/2026/11',
    httpMethod: 'GET',
    headers: joinedOf(headers),
    queryStringParameters: joinedOf(query),
    pathParameters: { proxy: '2026/11' },
    stageVariables: {},
    requestContext: { requestId: 'a client can choose it', extendedRequestId: randomUUID(), stage: 'prod' },
  };
}

/** What an HTTP API hands to an authorizer with payload 2.0: names in lower case, repeated values joined, nothing for nothing. */
export function http2Request({ headers = {}, query, identitySource = null }: AuthorizerRequest) {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: arn,
    identitySource,
    routeKey: 'GET /invoices/{proxy+}',
    rawPath: '/invoices/2026/11',
    rawQueryString: '',
    headers: joinedOf(lower),
    ...(query && { queryStringParameters: joinedOf(query) }),
    requestContext: { requestId: randomUUID(), stage: '$default', http: { method: 'GET', path: '/invoices/2026/11' } },
  };
}

function lastOf(values: Record<string, string | readonly string[]>) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value].flat().at(-1)]));
}

function joinedOf(values: Record<string, string | readonly string[]>) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value].flat().join(',')]));
}

function listsOf(values: Record<string, string | readonly string[]>) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value].flat()]));
}
