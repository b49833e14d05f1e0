import type { RequestParts } from './key-locations.ts';

/** The events of REST and HTTP APIs, for authorizers and for integrations, as far as a key and its restrictions need them. */
export interface GatewayRequest {
  /** the address of the client: REST APIs and payload 1.0 have it in `identity`, payload 2.0 in `http` */
  readonly requestContext?: {
    readonly identity?: { readonly sourceIp?: string | null } | null;
    readonly http?: { readonly sourceIp?: string } | null;
  };
  readonly headers?: RequestParts['headers'];
  readonly multiValueHeaders?: RequestParts['headers'];
  readonly queryStringParameters?: RequestParts['query'];
  readonly multiValueQueryStringParameters?: RequestParts['query'];
}

/** @returns what of the request may hold a key or decides about it, with every value that there is */
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
