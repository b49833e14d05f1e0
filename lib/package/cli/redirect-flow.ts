import * as oauth from 'oauth4webapi';
import { openInBrowser } from './browser.ts';
import { askProvider, serverOf, type Tokens } from './identity-provider.ts';
import { receiveRedirect, redirectUri } from './redirect-listener.ts';
import type { SignIn, SignInSettings } from './sign-in-settings.ts';
import { tell } from './terminal.ts';

/** The port is fixed, because identity providers such as Cognito accept only exact redirect URIs. */
export const usualPort = 18_976;
const patienceMs = 5 * 60 * 1_000;

/** The values that tie the response of the identity provider to this sign-in. */
interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

export interface RedirectOptions {
  readonly port: number;
  readonly insecure: boolean;
}

/**
 * Signs in with a browser on this machine, by Authorization Code with PKCE.
 * @throws Error when the user cancels or does not sign in, or the identity provider fails
 * @see https://www.rfc-editor.org/rfc/rfc8252
 */
export async function signInByRedirect(
  settings: SignIn,
  clientId: string,
  { port, insecure }: RedirectOptions,
): Promise<Tokens> {
  requireKnownSender(settings);
  const attempt = newAttempt(port);
  const address = await authorizationUrl(settings, clientId, attempt);
  const begin = () => {
    tell(`Open this address in a browser on this machine:\n${address}`);
    openInBrowser(address);
  };
  const finish = (answer: URLSearchParams) => exchange(settings, clientId, answer, attempt, insecure);
  return receiveRedirect({ port, state: attempt.state, patienceMs, begin, finish });
}

/**
 * The code must go to the identity provider that issued it. The response names this provider, or both endpoints have
 * the same origin.
 * @throws Error when neither is true
 * @see https://www.rfc-editor.org/rfc/rfc9207
 */
function requireKnownSender({ namesIssuer, endpoints }: SignIn): void {
  const [signInAt, tokensAt] = [endpoints.authorization, endpoints.token].map((endpoint) => new URL(endpoint).origin);
  if (!namesIssuer && signInAt !== tokensAt)
    throw new Error(
      `The identity provider signs users in at ${signInAt} and issues tokens at ${tokensAt}, but its responses do not name it (RFC 9207). Set APPKEYS_TOKEN to an access token instead.`,
    );
}

function newAttempt(port: number): Attempt {
  return {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    redirectUri: redirectUri(port),
  };
}

async function authorizationUrl(
  { endpoints, scope, parameters }: SignInSettings,
  clientId: string,
  { state, nonce, verifier, redirectUri }: Attempt,
): Promise<string> {
  const url = new URL(endpoints.authorization);
  const values = {
    ...parameters,
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    ...(asksForIdToken(scope) && { nonce }),
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  return url.href;
}

async function exchange(
  { issuer, endpoints, scope, namesIssuer }: SignIn,
  id: string,
  answer: URLSearchParams,
  { state, nonce, verifier, redirectUri }: Attempt,
  insecure: boolean,
): Promise<Tokens> {
  requireSignedIn(answer);
  const known = { token_endpoint: endpoints.token, authorization_response_iss_parameter_supported: namesIssuer };
  const [server, client] = [serverOf(issuer, known), { client_id: id }];
  return askProvider(endpoints.token, insecure, async (options) => {
    const code = oauth.validateAuthResponse(server, client, answer, state);
    const grant = [code, redirectUri, verifier, options] as const;
    const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), ...grant);
    const expected = asksForIdToken(scope) ? { expectedNonce: nonce, requireIdToken: true } : {};
    return oauth.processAuthorizationCodeResponse(server, client, response, expected);
  });
}

function requireSignedIn(answer: URLSearchParams): void {
  const error = answer.get('error');
  if (error === 'access_denied') throw new Error('You are not signed in: the sign-in was cancelled.');
  if (error !== null) throw new Error(`The identity provider did not sign you in: ${inWords(answer, error)}.`);
}

function inWords(answer: URLSearchParams, error: string): string {
  const description = answer.get('error_description')?.replace(/\.$/, '');
  return (description ? `${error} (${description})` : error).slice(0, 300);
}

function asksForIdToken(scope: string): boolean {
  return scope.split(' ').includes('openid');
}
