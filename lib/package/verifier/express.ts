import { headersOf, idIn, type NamedValues } from '../../base/headers.ts';
import type { KeyVerifier, ValidKey } from './create-verifier.ts';
import { type GuardOptions, needsOf, reject } from './rejection.ts';

/** The part of Express's request that the middleware reads. */
interface ExpressRequest {
  readonly headers: NamedValues;
  readonly query: Readonly<Record<string, unknown>>;
  /** as Express determines it with its setting `trust proxy` */
  readonly ip?: string | undefined;
}

/** The part of Express's response that the middleware uses. */
interface ExpressResponse {
  readonly locals: Record<string, unknown> & { apiKey?: ValidKey };
  status(code: number): ExpressResponse;
  set(headers: Readonly<Record<string, string>>): ExpressResponse;
  json(body: object): unknown;
}

type ExpressMiddleware = (request: ExpressRequest, response: ExpressResponse, next: () => void) => Promise<void>;

/** Creates a middleware for Express, which puts the key, a `ValidKey`, into `response.locals.apiKey`. */
export function requireApiKey(verifier: KeyVerifier, options: GuardOptions = {}): ExpressMiddleware {
  const needs = needsOf(verifier, options);
  return async ({ headers, query, ip: source }, response, next) => {
    const found = await verifier
      .verifyRequest({ headers, query, source }, needs)
      .catch((error: unknown) => ({ error }));
    if ('valid' in found && found.valid) {
      response.locals.apiKey = found;
      next();
      return;
    }
    const rejection = reject(found, idIn(headersOf({ headers }), 'x-correlation-id'), options);
    response.status(rejection.status).set(rejection.headers).set({ 'X-Correlation-ID': rejection.body.correlationId });
    response.json(rejection.body);
  };
}
