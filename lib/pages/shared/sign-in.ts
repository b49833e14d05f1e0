import * as oauth from 'oauth4webapi';

/** What the page's `data-sign-in` has: the service's setting `console`. */
export interface SignInConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly endpoints: { readonly authorization: string; readonly token: string; readonly endSession?: string };
}

/** Somebody who has signed in. The tokens are held by closures, and nowhere else. */
export interface Session {
  /** @returns an access token that is still valid for a while. @throws SignInError when the session has ended */
  token(): Promise<string>;
  /**
   * Leaves the page for that of the identity provider which ends its session too. A provider may have none.
   * @param forget is called then, and drops this session
   */
  signOut(forget: () => void): void;
}

/** Why somebody is not signed in, in words for people. */
export class SignInError extends Error {}

const denied = 'You are not signed in. The sign-in was cancelled, or the identity provider denied it.';

/** Between leaving for the identity provider and coming back; of this tab alone. */
interface Pending {
  readonly state: string;
  readonly verifier: string;
  readonly nonce: string;
  /** where the page was, from its path on */
  readonly returnTo: string;
  readonly isSilent: boolean;
  /** ms since the Unix epoch */
  readonly leftAt: number;
}

const hasEnded = 'Your session has ended. Sign in again.';
const storageKey = 'appkeys sign-in';
const answerMs = 10_000;
/** An access token is renewed so long before it expires, in ms: clocks differ, and calls take time. */
const marginMs = 60_000;
/** It takes people so long, in ms, to see where they are and to come back. Who is faster went on while the page loaded. */
const seenMs = 2_000;
/** What a provider says of a silent sign-in that needs the user. */
const needsUser = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

/** @returns how to sign in at this service, if it has that set */
export function readSignInConfig(): SignInConfig | undefined {
  const { signIn } = document.body.dataset;
  return signIn ? JSON.parse(signIn) : undefined;
}

/**
 * Resumes the session when the page is loaded: takes what a sign-in has come back with, or asks the identity provider
 * for it without showing anything, for which the page is left.
 * @returns undefined when the user has to sign in
 * @throws SignInError when a sign-in failed, or the identity provider does not answer
 */
export async function resumeSession(config: SignInConfig): Promise<Session | undefined> {
  const answer = new URLSearchParams(location.search);
  const pending = takePending();
  if (!answer.has('state')) {
    if (pending && isDeadEnd(pending)) throw new SignInError(notSentBack());
    return leave(config, { isSilent: true, returnTo: here() });
  }
  history.replaceState(null, '', pending?.returnTo ?? location.pathname);
  if (pending?.state !== answer.get('state'))
    throw new SignInError('This sign-in has expired, or was started in another tab. Sign in again.');
  const error = answer.get('error');
  if (error !== null && pending.isSilent && needsUser.includes(error)) return undefined;
  if (error === 'access_denied') throw new SignInError(denied);
  if (error !== null) throw new SignInError(`The identity provider did not sign you in (${error}). Sign in again.`);
  return sessionOf(config, await exchange(config, answer, pending));
}

/** Leaves the page for the identity provider, where the user signs in. */
export async function signIn(config: SignInConfig): Promise<never> {
  return leave(config, { isSilent: false, returnTo: here() });
}

async function leave(
  { issuer, endpoints, clientId, scope, parameters }: SignInConfig,
  { isSilent, returnTo }: Pick<Pending, 'isSilent' | 'returnTo'>,
): Promise<never> {
  requireSecurePage();
  await requireReachable(issuer, endpoints.token);
  const pending = {
    state: oauth.generateRandomState(),
    verifier: oauth.generateRandomCodeVerifier(),
    nonce: oauth.generateRandomNonce(),
    returnTo,
    isSilent,
    leftAt: Date.now(),
  };
  const url = new URL(endpoints.authorization);
  const values = {
    ...parameters,
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri(),
    scope,
    state: pending.state,
    ...(asksForIdToken(scope) && { nonce: pending.nonce }),
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
    ...(isSilent && { prompt: 'none' }),
  };
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  keepPending(pending);
  // A silent sign-in leaves nothing in the history, where "Back" would start it again.
  if (isSilent) location.replace(url);
  else location.assign(url);
  return hasLeft(endpoints.authorization);
}

/** @throws SignInError when the page is still there after a while */
function hasLeft(endpoint: string): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => {
      window.stop();
      takePending();
      reject(unreachable(endpoint));
    }, answerMs);
    // "Back" may bring the page back as it is now.
    window.addEventListener('pagehide', () => clearTimeout(timer), { once: true });
  });
}

/**
 * A provider that is down must not take the page away.
 * @throws SignInError when no answer of any kind comes
 */
async function requireReachable(issuer: string, tokenEndpoint: string): Promise<void> {
  // The page may ask one origin, where only the token endpoint is known, unless it is that of the issuer.
  const page = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const isSame = URL.parse(page)?.origin === new URL(tokenEndpoint).origin;
  const options = { mode: 'no-cors', cache: 'no-store', signal: AbortSignal.timeout(answerMs) } as const;
  try {
    await fetch(isSame ? page : tokenEndpoint, options);
  } catch {
    throw unreachable(tokenEndpoint);
  }
}

function unreachable(endpoint: string): SignInError {
  return new SignInError(`The identity provider at ${new URL(endpoint).origin} does not answer. Try again in a while.`);
}

/** @throws SignInError */
async function exchange(
  config: SignInConfig,
  answer: URLSearchParams,
  pending: Pending,
): Promise<oauth.TokenEndpointResponse> {
  const [server, client] = [serverOf(config), { client_id: config.clientId }];
  return asSignInError(config, async () => {
    const verified = oauth.validateAuthResponse(server, client, answer, pending.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      verified,
      redirectUri(),
      pending.verifier,
      requestOptions(config),
    );
    const expected = asksForIdToken(config.scope) ? { expectedNonce: pending.nonce, requireIdToken: true } : {};
    return oauth.processAuthorizationCodeResponse(server, client, response, expected);
  });
}

function sessionOf(config: SignInConfig, first: oauth.TokenEndpointResponse): Session {
  let tokens: oauth.TokenEndpointResponse | undefined = first;
  let renewAt = renewalTime(first);
  let renewing: Promise<string> | undefined;
  const renew = async (old: oauth.TokenEndpointResponse) => {
    const renewed = await refresh(config, old);
    if (!tokens) throw new SignInError(hasEnded);
    tokens = renewed;
    renewAt = renewalTime(renewed);
    return renewed.access_token;
  };
  return {
    async token() {
      if (!tokens) throw new SignInError(hasEnded);
      if (Date.now() < renewAt) return tokens.access_token;
      renewing ??= renew(tokens).finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
    signOut(forget) {
      // "Back" may bring the page back as it is: nothing of the session may be in it.
      tokens = undefined;
      forget();
      const { endSession } = config.endpoints;
      if (endSession === undefined) return;
      const url = new URL(endSession);
      url.searchParams.set('client_id', config.clientId);
      url.searchParams.set('post_logout_redirect_uri', redirectUri());
      location.assign(url);
    },
  };
}

function renewalTime({ expires_in: seconds }: oauth.TokenEndpointResponse): number {
  return seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + Math.max(seconds * 1_000 - marginMs, 0);
}

/** @throws SignInError when there is no refresh token, or it is not accepted any more */
async function refresh(
  config: SignInConfig,
  tokens: oauth.TokenEndpointResponse,
): Promise<oauth.TokenEndpointResponse> {
  const [server, client] = [serverOf(config), { client_id: config.clientId }];
  const { refresh_token: refreshToken } = tokens;
  if (refreshToken === undefined) throw new SignInError(hasEnded);
  return asSignInError(config, async () => {
    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      oauth.None(),
      refreshToken,
      requestOptions(config),
    );
    const renewed = await oauth.processRefreshTokenResponse(server, client, response);
    return { ...renewed, refresh_token: renewed.refresh_token ?? refreshToken };
  });
}

/** Of what goes wrong at the token endpoint, the user learns what to do. */
async function asSignInError<T>({ endpoints }: SignInConfig, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof oauth.ResponseBodyError && cause.error === 'invalid_grant')
      throw new SignInError(hasEnded, { cause });
    if (cause instanceof TypeError || cause instanceof DOMException) throw unreachable(endpoints.token);
    throw new SignInError('The identity provider gave an answer that cannot be used. Sign in again.', { cause });
  }
}

function serverOf({ issuer, endpoints }: SignInConfig): oauth.AuthorizationServer {
  return {
    issuer,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    id_token_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  };
}

/** Plain http is for a provider on this machine: the settings allow no other. */
function requestOptions({ endpoints }: SignInConfig) {
  return {
    [oauth.allowInsecureRequests]: endpoints.token.startsWith('http:'),
    signal: () => AbortSignal.timeout(answerMs),
  };
}

function asksForIdToken(scope: string): boolean {
  return scope.split(' ').includes('openid');
}

/** The page itself, which the provider has to know. */
function redirectUri(): string {
  return location.origin + location.pathname;
}

function here(): string {
  return location.pathname + location.search + location.hash;
}

/** @throws SignInError on a page that came over plain http from another machine */
export function requireSecurePage(): void {
  if (!isSecureContext)
    throw new SignInError('Plain http shows tokens and keys to the network. Open this page over https.');
}

/** Whether a silent sign-in ended at the identity provider. Another one would end there too, each time. */
function isDeadEnd({ isSilent, leftAt }: Pending): boolean {
  return isSilent && Date.now() - leftAt > seenMs;
}

function notSentBack(): string {
  return `The identity provider did not send you back to this page. Its client must have the redirect URI ${redirectUri()}.`;
}

const noStorage = 'Your browser does not let this page store data for the sign-in. Allow it, or use an access token.';

/** @throws SignInError when the browser keeps nothing for this page */
function keepPending(pending: Pending): void {
  try {
    sessionStorage.setItem(storageKey, JSON.stringify(pending));
  } catch (cause) {
    throw new SignInError(noStorage, { cause });
  }
}

function takePending(): Pending | undefined {
  try {
    const text = sessionStorage.getItem(storageKey);
    sessionStorage.removeItem(storageKey);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
