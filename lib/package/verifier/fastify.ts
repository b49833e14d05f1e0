import type { FastifyReply, FastifyRequest } from 'fastify';
import { headersOf, idIn } from '../../base/headers.ts';
import type { RequestParts } from '../../verification/key-locations.ts';
import type { KeyVerifier, ValidKey } from './create-verifier.ts';
import { type GuardOptions, needsOf, reject } from './rejection.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** the key that the hook of `requireApiKey` accepted */
    apiKey?: ValidKey;
  }
}

type FastifyHook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Creates an `onRequest` hook for Fastify, which puts the key into `request.apiKey`. */
export function requireApiKey(verifier: KeyVerifier, options: GuardOptions = {}): FastifyHook {
  const needs = needsOf(verifier, options);
  return async (request, reply) => {
    const { headers, ip: source } = request;
    const parts = { headers, query: request.query as RequestParts['query'], source };
    const found = await verifier.verifyRequest(parts, needs).catch((error: unknown) => ({ error }));
    if ('valid' in found && found.valid) {
      request.apiKey = found;
      return;
    }
    const rejection = reject(found, idIn(headersOf(parts), 'x-correlation-id'), options);
    reply.code(rejection.status).headers({ ...rejection.headers, 'X-Correlation-ID': rejection.body.correlationId });
    // Sending a reply ends the request.
    return reply.send(rejection.body);
  };
}
