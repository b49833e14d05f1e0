import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { headersOf, idIn } from '../../base/headers.ts';
import { partsOf } from '../../verification/gateway-request.ts';
import type { KeyVerifier, ValidKey } from './create-verifier.ts';
import { type GuardOptions, needsOf, reject } from './rejection.ts';

/** The context of a handler behind the middleware. */
export interface KeyContext extends Context {
  apiKey: ValidKey;
}

type Event = APIGatewayProxyEvent | APIGatewayProxyEventV2;

/** Creates a middy middleware for handlers behind a REST or HTTP API, which puts the key into `context.apiKey`. */
export function requireApiKey(
  verifier: KeyVerifier,
  options: GuardOptions = {},
): MiddlewareObj<Event, unknown, Error, KeyContext> {
  const needs = needsOf(verifier, options);
  return {
    async before(request) {
      const found = await verifier.verifyRequest(partsOf(request.event), needs).catch((error: unknown) => ({ error }));
      if ('valid' in found && found.valid) {
        request.context.apiKey = found;
        return;
      }
      const correlationId = idIn(headersOf(request.event), 'x-correlation-id');
      const { status: statusCode, headers, body } = reject(found, correlationId, options);
      // Returning a response ends the request.
      return {
        statusCode,
        headers: { ...headers, 'X-Correlation-ID': body.correlationId },
        body: JSON.stringify(body),
      };
    },
  };
}
