import * as oauth from 'oauth4webapi';

export type Tokens = oauth.TokenEndpointResponse;

/** The options of a request to an identity provider. */
export interface RequestOptions {
  readonly [oauth.allowInsecureRequests]: boolean;
  readonly signal: () => AbortSignal;
}

const answerMs = 10_000;
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Sends a request to an endpoint of the identity provider.
 * @param insecure whether the endpoint may use plain http on another machine
 * @throws Error with a message for the user; `refusalOf` reads its cause
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
 * @returns the discovery document of the identity provider
 * @throws Error with a message for the user
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function discover(issuer: string, insecure: boolean): Promise<oauth.AuthorizationServer> {
  requireSafeEndpoint(issuer, insecure, 'issuer');
  return askProvider(issuer, insecure, async (options) => {
    const url = new URL(issuer);
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options));
  });
}

/** The message does not quote the response, because a response can contain a token. */
function wordsFor(error: unknown): string {
  if (error instanceof oauth.ResponseBodyError) return `rejected the request: ${error.error.slice(0, 100)}.`;
  if (error instanceof DOMException) return `did not respond within ${answerMs / 1000} seconds. Try again later.`;
  if (error instanceof TypeError) return `cannot be reached${codeIn(error.cause)}. Try again later.`;
  return 'sent an invalid response. Try again, or tell the operators of the service.';
}

/** @returns the code of a failed connection, such as ` (ECONNREFUSED)` */
export function codeIn(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
}

/** @returns the error, such as `invalid_grant`, and the status with which the identity provider rejected a request */
export function refusalOf(error: unknown): { readonly error?: string; readonly status?: number } {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof oauth.ResponseBodyError ? cause : {};
}

/**
 * @param name the name of the endpoint in its source
 * @throws Error when the endpoint is not an http or https URL, or uses plain http on another machine
 */
export function requireSafeEndpoint(endpoint: string, insecure: boolean, name = 'endpoint'): void {
  const { protocol, hostname, origin } = URL.canParse(endpoint) ? new URL(endpoint) : { protocol: '' };
  if (protocol === 'https:' || (protocol === 'http:' && (insecure || loopback.test(hostname ?? '')))) return;
  throw new Error(
    protocol === 'http:'
      ? `The identity provider at ${origin} uses plain http, which exposes tokens to the network. Use https, or pass --insecure.`
      : `The ${name} of the identity provider is not an https URL. Tell the operators of the service.`,
  );
}

/** @returns the metadata of the provider that oauth4webapi needs */
export function serverOf(issuer: string, endpoints: Omit<oauth.AuthorizationServer, 'issuer'>) {
  const id_token_signing_alg_values_supported = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
  return { issuer, ...endpoints, id_token_signing_alg_values_supported } satisfies oauth.AuthorizationServer;
}
