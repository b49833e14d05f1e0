import * as oauth from 'oauth4webapi';
import { holdCredentials, type Profile, readCredentials, withProfile } from './credentials.ts';
import { askProvider, refusalOf, serverOf, type Tokens } from './identity-provider.ts';
import { isSameUrl, loginCommand } from './profiles.ts';

/** How many ms before its expiry an access token is renewed. Clocks differ, and calls take time. */
const marginMs = 60_000;

/** The name of a profile and the service that it is used for. */
export interface SessionOf {
  readonly name: string;
  readonly url: string;
  readonly insecure: boolean;
}

/**
 * @returns an access token of the profile, renewed if it is about to expire
 * @throws Error when the session has ended, or the identity provider fails
 */
export async function accessTokenOf(session: SessionOf): Promise<string> {
  const profile = profileOf(session);
  return isFresh(profile) ? profile.accessToken : renew(session);
}

/**
 * Only one command renews at a time. Identity providers accept a refresh token once and end the session if it is sent
 * again.
 */
async function renew(session: SessionOf): Promise<string> {
  return holdCredentials(async (write) => {
    const profile = profileOf(session);
    if (isFresh(profile)) return profile.accessToken;
    // If the disk is full, this write fails before the refresh token is used.
    write((credentials) => credentials);
    const { expiresAt: _, ...kept } = profile;
    const renewed = { ...kept, ...tokensIn(await refresh(profile, session)) };
    write((credentials) => withProfile(credentials, session.name, renewed));
    return renewed.accessToken;
  });
}

/** In the meantime, another command may have signed out, or signed in to another service. */
function profileOf(session: SessionOf): Profile {
  const profile = readCredentials().profiles.get(session.name);
  if (profile === undefined || !isSameUrl(profile.url, session.url)) throw sessionEnded(session);
  return profile;
}

/** Without a refresh token, the access token is used until it expires. */
function isFresh({ expiresAt = Number.POSITIVE_INFINITY, refreshToken }: Profile): boolean {
  return Date.now() < expiresAt - (refreshToken === undefined ? 0 : marginMs);
}

async function refresh(
  { issuer, clientId, tokenEndpoint, refreshToken }: Profile,
  session: SessionOf,
): Promise<Tokens> {
  if (refreshToken === undefined) throw sessionEnded(session);
  const [server, client] = [serverOf(issuer, { token_endpoint: tokenEndpoint }), { client_id: clientId }];
  try {
    return await askProvider(tokenEndpoint, session.insecure, async (options) => {
      const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refreshToken, options);
      return oauth.processRefreshTokenResponse(server, client, response);
    });
  } catch (error) {
    // Other statuses mean that the identity provider is busy or broken.
    throw [400, 401, 403].includes(refusalOf(error).status ?? 0) ? sessionEnded(session, error) : error;
  }
}

function sessionEnded({ name, url }: SessionOf, cause?: unknown): Error {
  return new Error(`Your session has ended. Run "${loginCommand({ url, profile: name })}".`, { cause });
}

/** @returns the fields of a profile that contain tokens; a refresh token that is not replaced stays valid */
export function tokensIn({ access_token: accessToken, expires_in: seconds, refresh_token: refreshToken }: Tokens) {
  return {
    accessToken,
    ...(seconds !== undefined && { expiresAt: Date.now() + Math.floor(seconds * 1_000) }),
    ...(refreshToken !== undefined && { refreshToken }),
  } satisfies Partial<Profile>;
}
