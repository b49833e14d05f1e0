import * as oauth from 'oauth4webapi';

export type Tokens = oauth.TokenEndpointResponse;

/** What an identity provider is asked with. */
export interface RequestOptions {
  readonly [oauth.allowInsecureRequests]: boolean;
  readonly signal: () => AbortSignal;
}

const answerMs = 10_000;
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Asks an endpoint of the identity provider.
 * @param insecure whether the endpoint may have plain http on another machine
 * @throws Error in words for people, whose cause `refusalOf` reads
 */
export async function askProvider<T>(
  endpoint: string,
  insecure: boolean,
  ask: (options: RequestOptions) => Promise<T>,
): Promise<T> {
  requireSafeEndpoint(endpoint, insecure);
  try {
    return await ask({
      [oauth.allowInsecureRequests]: endpoint.startsWith('http:'),
      signal: () => AbortSignal.timeout(answerMs),
    });
  } catch (error) {
    throw new Error(`The identity provider at ${new URL(endpoint).origin} ${wordsFor(error)}`, { cause: error });
  }
}

/**
 * @returns what the identity provider says of itself
 * @throws Error in words for people
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function discover(issuer: string, insecure: boolean): Promise<oauth.AuthorizationServer> {
  requireSafeEndpoint(issuer, insecure, 'issuer');
  return askProvider(issuer, insecure, async (options) => {
    const url = new URL(issuer);
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options));
  });
}

/** No answer's text is repeated: it could have a token in it. */
function wordsFor(error: unknown): string {
  if (error instanceof oauth.ResponseBodyError) return `rejected the request: ${error.error.slice(0, 100)}.`;
  if (error instanceof DOMException) return `does not answer within ${answerMs / 1000} seconds. Try again in a while.`;
  if (error instanceof TypeError) return `cannot be reached${codeIn(error.cause)}. Try again in a while.`;
  return 'gave an answer that cannot be used. Try again, or tell the operators of the service.';
}

/** @returns the code of a connection that failed: ` (ECONNREFUSED)` */
export function codeIn(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
}

/** @returns with which error, such as `invalid_grant`, and which status the identity provider refused what was asked */
export function refusalOf(error: unknown): { readonly error?: string; readonly status?: number } {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof oauth.ResponseBodyError ? cause : {};
}

/**
 * @param name what the endpoint is called where it comes from
 * @throws Error when the endpoint is no URL of the web, or has plain http on another machine
 */
export function requireSafeEndpoint(endpoint: string, insecure: boolean, name = 'endpoint'): void {
  const { protocol, hostname, origin } = URL.canParse(endpoint) ? new URL(endpoint) : { protocol: '' };
  if (protocol === 'https:' || (protocol === 'http:' && (insecure || loopback.test(hostname ?? '')))) return;
  throw new Error(
    protocol === 'http:'
      ? `The identity provider at ${origin} has plain http, which shows tokens to the network. Use https, or pass --insecure.`
      : `The ${name} of the identity provider is no https URL. Tell the operators of the service.`,
  );
}

/** @returns what oauth4webapi has to know of the provider */
export function serverOf(issuer: string, endpoints: Omit<oauth.AuthorizationServer, 'issuer'>) {
  const id_token_signing_alg_values_supported = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
  return { issuer, ...endpoints, id_token_signing_alg_values_supported } satisfies oauth.AuthorizationServer;
}
