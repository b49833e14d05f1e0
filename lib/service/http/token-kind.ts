import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { ApiError } from '../../domain/errors.ts';
import type { TokenIssuer } from '../settings.ts';

/** In the header's `typ`, without `application/`. @see https://www.iana.org/assignments/media-types */
const otherTypes = ['logout+jwt', 'secevent+jwt', 'dpop+jwt', 'oauth-authz-req+jwt', 'token-introspection+jwt'];

/** In the claim `typ` of Keycloak, or `token_use` of Cognito. */
const refreshUses = ['refresh', 'offline', 'logout', 'serialized-id'];

/** Claims that OpenID Connect has for ID tokens. @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken */
const idTokenClaims = ['at_hash', 'c_hash', 's_hash', 'nonce'];

/**
 * A token of the right issuer and audience may still be for something else than access: ID, logout and refresh tokens
 * are rejected as far as they can be recognised.
 * @throws ApiError 401300
 */
export function requireAccessToken(payload: JWTPayload, { typ }: JWTHeaderParameters, { idToken }: TokenIssuer): void {
  const type = String(typ ?? '')
    .toLowerCase()
    .replace(/^application\//, '');
  const uses = [payload.token_use, payload.typ].map((use) => String(use ?? '').toLowerCase());
  if (otherTypes.includes(type) || uses.some((use) => refreshUses.includes(use)) || 'events' in payload)
    throw new ApiError('401300', { why: 'the token is a logout, refresh or other token, not an access token' });
  if (idToken) return;
  const isAccess = type === 'at+jwt' || uses.some((use) => use === 'access' || use === 'bearer');
  const isId = uses.includes('id') || idTokenClaims.some((claim) => payload[claim] !== undefined);
  if (isId && !isAccess) throw new ApiError('401300', { why: 'the token is an ID token, not an access token' });
}
