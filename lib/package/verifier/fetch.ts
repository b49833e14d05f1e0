import type { KeyVerifier, ValidKey } from './create-verifier.ts';
import { fetchGuardRules } from './options.ts';
import { type GuardOptions, needsOf, reject } from './rejection.ts';

export interface FetchGuardOptions extends GuardOptions {
  /**
   * @returns the IP address of the client, which a `Request` does not contain; without it, keys with allowed sources
   * are rejected
   */
  readonly source?: (request: Request) => string | undefined;
}

/** Passes a request to `next`, or rejects it with a response. */
export type Guard = (request: Request, next: (key: ValidKey) => Response | Promise<Response>) => Promise<Response>;

/** Creates a guard for frameworks that use the Fetch standard's `Request` and `Response`, such as Hono. */
export function requireApiKey(verifier: KeyVerifier, options: FetchGuardOptions = {}): Guard {
  const needs = needsOf(verifier, options, fetchGuardRules);
  return async (request, next) => {
    const correlationId = request.headers.get('x-correlation-id');
    const found = await verifier.verifyRequest(partsOf(request, options), needs).catch((error: unknown) => ({ error }));
    if ('valid' in found && found.valid) return next(found);
    const { status, headers, body } = reject(found, correlationId, options);
    return new Response(JSON.stringify(body), {
      status,
      headers: { ...headers, 'X-Correlation-ID': body.correlationId },
    });
  };
}

function partsOf(request: Request, { source }: FetchGuardOptions) {
  const { headers, url } = request;
  return {
    headers: Object.fromEntries(headers),
    source: source?.(request),
    query: { apiKey: new URL(url).searchParams.getAll('apiKey') },
  };
}
