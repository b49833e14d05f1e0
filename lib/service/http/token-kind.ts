import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { ApiError } from '../../domain/errors.ts';
import type { TokenIssuer } from '../settings.ts';

/**
 * Values of the header's `typ`, without `application/`.
 * @see https://www.iana.org/assignments/media-types
 */
const otherTypes = ['logout+jwt', 'secevent+jwt', 'dpop+jwt', 'oauth-authz-req+jwt', 'token-introspection+jwt'];

/** Values of Keycloak's claim `typ`, or of Cognito's `token_use`. */
const refreshUses = ['refresh', 'offline', 'logout', 'serialized-id'];

/**
 * Claims that OpenID Connect defines for ID tokens.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken
 */
const idTokenClaims = ['at_hash', 'c_hash', 's_hash', 'nonce'];

/**
 * A token of the right issuer and audience can still have another purpose than access. ID, logout and refresh tokens
 * are rejected, as far as they can be recognized.
 * @throws ApiError 401300
 */
export function requireAccessToken(payload: JWTPayload, { typ }: JWTHeaderParameters, { idToken }: TokenIssuer): void {
  const [type = ''] = textsOf(typ).map((text) => text.replace(/^application\//, ''));
  const uses = textsOf([payload.token_use, payload.typ].flat());
  if (otherTypes.includes(type) || uses.some((use) => refreshUses.includes(use)) || 'events' in payload)
    throw new ApiError('401300', { why: 'the token is a logout, refresh or other token, not an access token' });
  if (idToken) return;
  const isAccess = type === 'at+jwt' || uses.some((use) => use === 'access' || use === 'bearer');
  const isLikeId = idTokenClaims.some((claim) => payload[claim] !== undefined);
  if (uses.includes('id') || (isLikeId && !isAccess))
    throw new ApiError('401300', { why: 'the token is an ID token, not an access token' });
}

/** @returns the texts among some values, in lower case; a signed token can have anything where a text belongs */
function textsOf(values: unknown): readonly string[] {
  return [values].flat().flatMap((value) => (typeof value === 'string' ? value.toLowerCase() : []));
}
