import type { RequestParts } from './places.ts';

/** The events of REST and HTTP APIs, for authorizers and for integrations, as far as a key may stand in them. */
export interface GatewayRequest {
  readonly headers?: RequestParts['headers'];
  readonly multiValueHeaders?: RequestParts['headers'];
  readonly queryStringParameters?: RequestParts['query'];
  readonly multiValueQueryStringParameters?: RequestParts['query'];
}

/** @returns what of the request may hold a key, with every value that there is */
export function partsOf(event: GatewayRequest): RequestParts {
  return {
    headers: filled(event.multiValueHeaders) ?? event.headers,
    query: filled(event.multiValueQueryStringParameters) ?? event.queryStringParameters,
  };
}

function filled<Values extends object>(values: Values | null | undefined): Values | undefined {
  return values && Object.keys(values).length > 0 ? values : undefined;
}
