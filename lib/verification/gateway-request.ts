import type { RequestParts } from './key-locations.ts';

/** The parts of REST and HTTP API events, for authorizers and integrations, that a key and its restrictions need. */
export interface GatewayRequest {
  /** The client's address is in `identity` for REST APIs and payload 1.0, and in `http` for payload 2.0. */
  readonly requestContext?: {
    readonly identity?: { readonly sourceIp?: string | null } | null;
    readonly http?: { readonly sourceIp?: string } | null;
  };
  readonly headers?: RequestParts['headers'];
  readonly multiValueHeaders?: RequestParts['headers'];
  readonly queryStringParameters?: RequestParts['query'];
  readonly multiValueQueryStringParameters?: RequestParts['query'];
}

/** @returns the headers and query parameters with all their values, and the client's address */
export function partsOf(event: GatewayRequest): RequestParts {
  return {
    headers: filled(event.multiValueHeaders) ?? event.headers,
    query: filled(event.multiValueQueryStringParameters) ?? event.queryStringParameters,
    source: event.requestContext?.http?.sourceIp ?? event.requestContext?.identity?.sourceIp ?? undefined,
  };
}

function filled<Values extends object>(values: Values | null | undefined): Values | undefined {
  return values && Object.keys(values).length > 0 ? values : undefined;
}
