import { randomBytes, randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { type Operation, operations } from '../../lib/contract/operations.ts';

export type OperationId = keyof typeof operations;

/** A request, as a test says it. */
export interface TestRequest {
  /** path parameters, as they stand in the URL: percent-encoded */
  readonly path?: Record<string, string>;
  readonly headers?: Record<string, string | readonly string[]>;
  readonly query?: Record<string, string | readonly string[]>;
  /** an object is sent as JSON, a string as it is, null is no body */
  readonly body?: unknown;
  readonly isBase64Encoded?: boolean;
  /** IP address of the client, as the gateway tells it */
  readonly source?: string;
  /** what Lambda leaves to the invocation */
  readonly remainingMs?: number;
}

/** The event that API Gateway's REST API hands to a Lambda proxy integration; path parameters stay percent-encoded. */
export function restEvent(id: OperationId, request: TestRequest): APIGatewayProxyEvent {
  const { method = 'get', path: resource = '' } = operations[id] as Operation;
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [name, [value].flat()] as const);
  const path = resource.replace(/\{(\w+)\}/g, (parameter, name) => request.path?.[name] ?? parameter);
  const last = headers.map(([name, values]) => [name, values.at(-1)]);
  return {
    resource,
    path,
    httpMethod: method.toUpperCase(),
    headers: Object.fromEntries(last),
    multiValueHeaders: Object.fromEntries(headers) as Record<string, string[]>,
    queryStringParameters: request.query ?? null,
    multiValueQueryStringParameters: request.query ? listsOf(request.query) : null,
    pathParameters: request.path ?? null,
    stageVariables: null,
    requestContext: {
      requestId: 'a client can choose it',
      extendedRequestId: randomBytes(11).toString('base64'),
      resourcePath: resource,
      httpMethod: method.toUpperCase(),
      stage: 'test',
      identity: { sourceIp: request.source ?? '203.0.113.7' },
    },
    body: textOf(request.body),
    isBase64Encoded: request.isBase64Encoded ?? false,
  } as unknown as APIGatewayProxyEvent;
}

function listsOf(query: Record<string, string | readonly string[]>): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(query).map(([name, values]) => [name, [values].flat()]));
}

function textOf(body: unknown): string | null {
  if (body === undefined || body === null) return null;
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** A Lambda context that leaves `remainingMs`. */
export function lambdaContext(remainingMs = 15_000): Context {
  const end = Date.now() + remainingMs;
  return { awsRequestId: randomUUID(), getRemainingTimeInMillis: () => end - Date.now() } as Context;
}
