import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { ApiError } from '../../domain/errors.ts';
import type { Caller } from '../../domain/policy.ts';
import type { StageSettings, TokenIssuer } from '../settings.ts';
import { type GetKeys, getKeys } from './get-keys.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { unusableKeys } from './key-set.ts';
import { ClaimReader, shown, valueAt } from './token-claims.ts';
import { requireAccessToken } from './token-kind.ts';

/** The clock skew that is allowed. */
const clockToleranceSeconds = 60;

/**
 * Verifies an access token: signature, issuer, audience, time, and what its issuer's entry demands.
 * @throws ApiError 401300 if the token is invalid; 503000 if its issuer's keys are not available
 */
export type TokenVerifier = (token: string) => Promise<Caller>;

/** @see https://www.rfc-editor.org/rfc/rfc8725 */
export function createTokenVerifier(
  { issuers, issuerKeys }: Pick<StageSettings, 'issuers' | 'issuerKeys'>,
  requestKeys: GetKeys = getKeys,
): TokenVerifier {
  const trust = (issuer: TokenIssuer) => ({
    issuer,
    keys: new IssuerKeys(issuer, requestKeys, issuerKeys.maxStaleSeconds * 1_000),
    claims: new ClaimReader(issuer, issuers),
  });
  const trusted = new Map(issuers.map((issuer) => [issuer.issuer, trust(issuer)]));
  return async (token) => {
    requireCompact(token);
    const issuer = unverifiedIssuer(token);
    const found = trusted.get(issuer);
    if (!found) throw new ApiError('401300', { why: `the issuer ${shown(issuer)} is not in the settings` });
    return found.claims.callerOf(await verify(token, found.issuer, found.keys));
  };
}

/**
 * A token has only one valid form: base64url without padding, other characters, or unused bits.
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-2
 */
function requireCompact(token: string): void {
  const parts = token.split('.');
  const isCanonical = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part;
  if (parts.length === 3 && parts.every(isCanonical)) return;
  throw new ApiError('401300', { why: 'the token is not three parts in base64url' });
}

/** @returns the `iss` claim; it only chooses the keys with which the token must verify */
function unverifiedIssuer(token: string): string {
  try {
    const { kid } = decodeProtectedHeader(token);
    if (typeof kid === 'string' && kid !== '') return String(decodeJwt(token).iss);
  } catch (why) {
    throw new ApiError('401300', { why });
  }
  throw new ApiError('401300', { why: 'the token names no key (kid)' });
}

async function verify(token: string, trusted: TokenIssuer, keys: IssuerKeys): Promise<JWTPayload> {
  const { issuer, algorithms, tokenType } = trusted;
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys.find, {
      issuer,
      algorithms: [...algorithms],
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp'],
      ...(tokenType !== undefined && { typ: tokenType }),
    });
    requireAudience(payload, trusted);
    requireAccessToken(payload, protectedHeader, trusted);
    return payload;
  } catch (why) {
    throw tokenError(why);
  }
}

/** A token without `aud` can name its audience in another claim, if the issuer's entry allows it. */
function requireAudience(payload: JWTPayload, { audience, audienceClaim }: TokenIssuer): void {
  const named = payload.aud !== undefined ? [payload.aud].flat() : audienceClaim && [valueAt(payload, audienceClaim)];
  if (Array.isArray(named) && named.some((value) => audience.includes(value as string))) return;
  const why =
    payload.aud === undefined ? 'the token names no audience' : `the token is for the audience ${shown(payload.aud)}`;
  throw new ApiError('401300', { why });
}

/** jose's errors about a token. Its other errors are about a key, and not the caller's fault. */
const aboutToken: readonly string[] = [
  errors.JOSEAlgNotAllowed.code,
  errors.JOSENotSupported.code,
  errors.JWKSMultipleMatchingKeys.code,
  errors.JWKSNoMatchingKey.code,
  errors.JWSInvalid.code,
  errors.JWSSignatureVerificationFailed.code,
  errors.JWTClaimValidationFailed.code,
  errors.JWTInvalid.code,
];

function tokenError(why: unknown): ApiError {
  if (why instanceof errors.JWTExpired) return new ApiError('401300', { why, cause: 'The access token has expired.' });
  if (why instanceof errors.JOSEError && aboutToken.includes(why.code)) return new ApiError('401300', { why });
  return why instanceof ApiError ? why : unusableKeys(why);
}
