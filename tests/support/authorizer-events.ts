import { randomUUID } from 'node:crypto';

/** A request, as a test says it: where it holds what. */
export interface AuthorizerRequest {
  readonly headers?: Record<string, string | readonly string[]>;
  readonly query?: Record<string, string | readonly string[]>;
  readonly methodArn?: string;
  /** values of the gateway's identity sources, if it has any */
  readonly identitySource?: readonly string[] | null;
  readonly stageVariables?: Record<string, string>;
  /** address of the client; null: the gateway tells none */
  readonly sourceIp?: string | null;
}

/** A client's address, of those that documentation uses. */
const usualIp = '203.0.113.7';

const arn = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/invoices/2026/11';

/** What a REST API hands to an authorizer of type REQUEST. */
export function restRequest(request: AuthorizerRequest) {
  const { headers = {}, query = {}, methodArn = arn, stageVariables = {}, sourceIp = usualIp } = request;
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
    stageVariables,
    requestContext: {
      requestId: 'a client can choose it',
      extendedRequestId: randomUUID(),
      stage: 'prod',
      identity: { ...(sourceIp !== null && { sourceIp }), apiKey: null },
    },
  };
}

/** What an HTTP API hands to an authorizer with payload 1.0: one value a name. */
export function http1Request(request: AuthorizerRequest) {
  const { headers = {}, query = {}, methodArn = arn, stageVariables = {}, sourceIp = usualIp } = request;
  const { identitySource = null } = request;
  return {
    version: '1.0',
    type: 'REQUEST',
    methodArn,
    identitySource: identitySource?.join(',') ?? null,
    authorizationToken: null,
    resource: '/invoices/{proxy+}',
    path: '/invoices/2026/11',
    httpMethod: 'GET',
    headers: joinedOf(headers),
    queryStringParameters: joinedOf(query),
    pathParameters: { proxy: '2026/11' },
    stageVariables,
    requestContext: {
      requestId: 'a client can choose it',
      extendedRequestId: randomUUID(),
      stage: 'prod',
      identity: sourceIp === null ? {} : { sourceIp },
    },
  };
}

/** What an HTTP API hands to an authorizer with payload 2.0: names in lower case, repeated values joined, nothing for nothing. */
export function http2Request(request: AuthorizerRequest) {
  const { headers = {}, query, identitySource = null, stageVariables, sourceIp = usualIp } = request;
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
    ...(stageVariables && { stageVariables }),
    requestContext: {
      requestId: randomUUID(),
      stage: '$default',
      http: { method: 'GET', path: '/invoices/2026/11', ...(sourceIp !== null && { sourceIp }) },
    },
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
