import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { ApiError } from '../../domain/errors.ts';
import { isProjectScope } from '../../domain/hrn.ts';
import { type Caller, isPrincipal } from '../../domain/policy.ts';
import type { ClaimNames, TokenIssuer, TokenSettings } from '../config.ts';
import { type GetKeys, getKeys } from './get-keys.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { unusableKeys } from './key-set.ts';

/** Clocks may differ by this much. */
const clockToleranceSeconds = 60;

/**
 * Verifies an access token: signature, issuer, audience and time.
 * @throws ApiError 401300 when the token is not to be believed, 503000 when its issuer's keys cannot be had
 */
export type TokenVerifier = (token: string) => Promise<Caller>;

/** @see https://www.rfc-editor.org/rfc/rfc8725 */
export function createTokenVerifier(
  { issuers, claims, maxStaleSeconds }: TokenSettings,
  requestKeys: GetKeys = getKeys,
): TokenVerifier {
  const keysOf = (issuer: TokenIssuer) => new IssuerKeys(issuer, requestKeys, maxStaleSeconds * 1_000);
  const trusted = new Map(issuers.map((issuer) => [issuer.issuer, { issuer, keys: keysOf(issuer) }]));
  return async (token) => {
    requireCompact(token);
    const found = trusted.get(unverifiedIssuer(token));
    if (!found) throw new ApiError('401300', { why: 'the token is of an issuer that is not configured' });
    return callerOf(await verify(token, found.issuer, found.keys), found.issuer, claims);
  };
}

/**
 * One token has one form: base64url without padding, other characters, or bits that mean nothing.
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-2
 */
function requireCompact(token: string): void {
  const parts = token.split('.');
  const isCanonical = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part;
  if (parts.length === 3 && parts.every(isCanonical)) return;
  throw new ApiError('401300', { why: 'the token is not three parts in base64url' });
}

/** @returns the `iss` claim, which only chooses the keys that the token must verify with */
function unverifiedIssuer(token: string): string {
  try {
    const { kid } = decodeProtectedHeader(token);
    if (typeof kid === 'string' && kid !== '') return String(decodeJwt(token).iss);
  } catch (why) {
    throw new ApiError('401300', { why });
  }
  throw new ApiError('401300', { why: 'the token names no key (kid)' });
}

async function verify(
  token: string,
  { issuer, audience, algorithms }: TokenIssuer,
  keys: IssuerKeys,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys.find, {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp'],
    });
    return payload;
  } catch (why) {
    throw tokenError(why);
  }
}

/** What jose says of a token; anything else it says of a key, and is not the caller's fault. */
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

function callerOf(payload: JWTPayload, issuer: TokenIssuer, claims: ClaimNames): Caller {
  const principal = payload[claims.principal];
  const realm = payload[claims.realm];
  const scope = payload[claims.scope] ?? [];
  const permissions = payload[claims.permissions] ?? [];
  if (!isPrincipal(principal)) throw badClaim(claims.principal);
  if (typeof realm !== 'string' || !issuer.realms.includes(realm)) throw badClaim(claims.realm);
  if (typeof scope !== 'string' && !isTexts(scope)) throw badClaim(claims.scope);
  if (!isTexts(permissions)) throw badClaim(claims.permissions);
  const hasProjectScope = [scope].flat().join(' ').split(/\s+/).some(isProjectScope);
  return { principal, issuer: issuer.issuer, realm, permissions, hasProjectScope };
}

function badClaim(claim: string): ApiError {
  return new ApiError('401300', { why: `the token's claim ${claim} is missing or not allowed` });
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
