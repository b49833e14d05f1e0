import type { KeyVerifier, ValidKey } from './create-verifier.ts';
import { type RejectionOptions, reject } from './rejection.ts';

/** Lets a request through to `next`, or answers it. */
export type Guard = (request: Request, next: (key: ValidKey) => Response | Promise<Response>) => Promise<Response>;

/** Makes a guard for whatever speaks the Fetch standard's `Request` and `Response`, such as Hono. */
export function requireApiKey(verifier: KeyVerifier, options: RejectionOptions = {}): Guard {
  return async (request, next) => {
    const correlationId = request.headers.get('x-correlation-id');
    const found = await verifier.verifyRequest(partsOf(request)).catch((error: unknown) => ({ error }));
    if ('valid' in found && found.valid) return next(found);
    const { status, headers, body } = reject(found, correlationId, options);
    return new Response(JSON.stringify(body), {
      status,
      headers: { ...headers, 'X-Correlation-ID': body.correlationId },
    });
  };
}

function partsOf({ headers, url }: Request) {
  return {
    headers: Object.fromEntries(headers),
    query: { apiKey: new URL(url).searchParams.getAll('apiKey') },
  };
}
