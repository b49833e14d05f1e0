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
   * Ends the session in all tabs, then leaves the page for that of the identity provider which ends its session too.
   * A provider may have none.
   * @param forget is called first, and drops this session
   * @throws SignInError when the identity provider does not answer, and the page is not left
   */
  signOut(forget: () => void): Promise<void>;
}

/** Why somebody is not signed in, in words for people. */
export class SignInError extends Error {}

/** The session is over, not only the identity provider out of order. */
class SessionEnd extends SignInError {
  constructor(options?: ErrorOptions) {
    super('Your session has ended. Sign in again.', options);
  }
}

const denied = 'You are not signed in. The sign-in was cancelled, or the identity provider denied it.';

/** Between leaving for the identity provider and coming back; of this tab alone. */
interface Pending {
  readonly state: string;
  readonly verifier: string;
  readonly nonce: string;
  /** where the page was, from its path on */
  readonly returnTo: string;
  /** how many silent sign-ins in a row this is the last of; 0: the user sees it */
  readonly silentCount: number;
  /** ms since the Unix epoch */
  readonly leftAt: number;
}

const storageKey = 'appkeys sign-in';
const answerMs = 10_000;
/** An access token is renewed at most so long before it expires, in ms: clocks differ, and calls take time. */
const longestMarginMs = 60_000;
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
 * @param tellOfEnd is called when the session ends and this page did not sign out
 * @returns undefined when the user has to sign in
 * @throws SignInError when a sign-in failed, or the identity provider does not answer
 */
export async function resumeSession(
  config: SignInConfig,
  tellOfEnd: (why: SignInError) => void,
): Promise<Session | undefined> {
  const answer = new URLSearchParams(location.search);
  const pending = takePending();
  if (!answer.has('state')) {
    if (pending) requireAnswer(pending);
    return leave(config, (pending?.silentCount ?? 0) + 1);
  }
  history.replaceState(null, '', pending?.returnTo ?? location.pathname);
  if (pending?.state !== answer.get('state'))
    throw new SignInError('This sign-in has expired, or was started in another tab. Sign in again.');
  const error = answer.get('error');
  if (error !== null && pending.silentCount > 0 && needsUser.includes(error)) return undefined;
  if (error === 'access_denied') throw new SignInError(denied);
  if (error !== null) throw new SignInError(`The identity provider did not sign you in (${error}). Sign in again.`);
  return sessionOf(config, await exchange(config, answer, pending), tellOfEnd);
}

/** Leaves the page for the identity provider, where the user signs in. */
export async function signIn(config: SignInConfig): Promise<never> {
  return leave(config, 0);
}

async function leave(
  { issuer, endpoints, clientId, scope, parameters }: SignInConfig,
  silentCount: number,
): Promise<never> {
  requireSecurePage();
  await requireReachable(issuer, endpoints.token);
  const pending = {
    state: oauth.generateRandomState(),
    verifier: oauth.generateRandomCodeVerifier(),
    nonce: oauth.generateRandomNonce(),
    returnTo: here(),
    silentCount,
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
    ...(silentCount > 0 && { prompt: 'none' }),
  };
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  keepPending(pending);
  // A silent sign-in leaves nothing in the history, where "Back" would start it again.
  if (silentCount > 0) location.replace(url);
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
 * @throws SignInError when no answer of any kind comes, or one that tells of a failure
 */
async function requireReachable(issuer: string, tokenEndpoint: string): Promise<void> {
  // The page may ask one origin, where only the token endpoint is known, unless it is that of the issuer.
  const page = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const isSame = URL.parse(page)?.origin === new URL(tokenEndpoint).origin;
  const options = { cache: 'no-store', signal: AbortSignal.timeout(answerMs) } as const;
  const ask = (mode: RequestMode) => fetch(isSame ? page : tokenEndpoint, { ...options, mode });
  // The answer of a discovery page can be read, for which CORS is needed. Elsewhere, only whether one comes is known, but
  // a Cross-Origin-Resource-Policy may hide it where CORS does not.
  const [first, second] = isSame ? (['cors', 'no-cors'] as const) : (['no-cors', 'cors'] as const);
  const { status } = await ask(first)
    .catch(() => ask(second))
    .catch(() => {
      throw unreachable(tokenEndpoint);
    });
  if (status >= 500)
    throw new SignInError(`${providerAt(tokenEndpoint)} does not answer properly. Try again in a while.`);
}

function unreachable(endpoint: string): SignInError {
  return new SignInError(`${providerAt(endpoint)} does not answer. Try again in a while.`);
}

function providerAt(endpoint: string): string {
  return `The identity provider at ${new URL(endpoint).origin}`;
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

function sessionOf(
  config: SignInConfig,
  first: oauth.TokenEndpointResponse,
  tellOfEnd: (why: SignInError) => void,
): Session {
  let tokens: oauth.TokenEndpointResponse | undefined = first;
  let renewAt = renewalTime(first);
  let renewing: Promise<string> | undefined;
  let why: SignInError = new SessionEnd();
  const otherTabs = new BroadcastChannel(`${storageKey} ${config.issuer}`);
  const end = () => {
    // "Back" may bring the page back as it is: nothing of the session may be in it.
    tokens = undefined;
    otherTabs.close();
  };
  otherTabs.onmessage = () => {
    // A call that is under way says the same.
    why = new SignInError('You have signed out in another tab. Sign in again.');
    end();
    tellOfEnd(why);
  };
  const renew = async (old: oauth.TokenEndpointResponse) => {
    const renewed = await refresh(config, old).catch((error: unknown) => {
      if (error instanceof SessionEnd && tokens) {
        end();
        tellOfEnd(error);
      }
      throw error;
    });
    if (!tokens) throw why;
    tokens = renewed;
    renewAt = renewalTime(renewed);
    return renewed.access_token;
  };
  return {
    async token() {
      if (!tokens) throw why;
      if (Date.now() < renewAt) return tokens.access_token;
      renewing ??= renew(tokens).finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
    async signOut(forget) {
      const { endSession, token } = config.endpoints;
      otherTabs.postMessage('signed out');
      end();
      forget();
      if (endSession === undefined) return;
      await requireReachable(config.issuer, token).catch(() => {
        throw new SignInError(
          `You are signed out here. ${providerAt(token)} does not answer, so it may still know you.`,
        );
      });
      const url = new URL(endSession);
      url.searchParams.set('client_id', config.clientId);
      url.searchParams.set('post_logout_redirect_uri', redirectUri());
      location.assign(url);
    },
  };
}

/** A token that cannot be renewed is used until its end. */
function renewalTime({ expires_in: seconds, refresh_token: refreshToken }: oauth.TokenEndpointResponse): number {
  if (seconds === undefined) return Number.POSITIVE_INFINITY;
  const marginMs = refreshToken === undefined ? 0 : Math.min(longestMarginMs, seconds * 500);
  return Date.now() + seconds * 1_000 - marginMs;
}

/** @throws SignInError when there is no refresh token, or it is not accepted any more */
async function refresh(
  config: SignInConfig,
  tokens: oauth.TokenEndpointResponse,
): Promise<oauth.TokenEndpointResponse> {
  const [server, client] = [serverOf(config), { client_id: config.clientId }];
  const { refresh_token: refreshToken } = tokens;
  if (refreshToken === undefined) throw new SessionEnd();
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
    if (cause instanceof oauth.ResponseBodyError && cause.error === 'invalid_grant') throw new SessionEnd({ cause });
    if (cause instanceof TypeError || cause instanceof DOMException || isFailure(cause))
      throw unreachable(endpoints.token);
    throw new SignInError('The identity provider gave an answer that cannot be used. Sign in again.', { cause });
  }
}

/** @returns whether the identity provider answered with a status of 500 or more */
function isFailure(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Response && error.cause.status >= 500;
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

/**
 * After one silent sign-in, somebody may have reloaded the page. After more, the identity provider has no answer.
 * @throws SignInError when a silent sign-in came to nothing: another one would too, each time
 */
function requireAnswer({ silentCount, leftAt }: Pending): void {
  if (silentCount === 0) return;
  if (Date.now() - leftAt > seenMs)
    throw new SignInError(
      `The identity provider did not send you back to this page. It may be slow or out of order, or its client may lack the redirect URI ${redirectUri()}.`,
    );
  if (silentCount > 1)
    throw new SignInError(
      'The identity provider sent you back to this page without an answer. Try again, or tell the operators of the service.',
    );
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
