import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import type { ClaimNames, TokenIssuer, TokenSettings } from '../config.ts';
import { ApiError } from '../domain/errors.ts';
import { isProjectScope } from '../domain/hrn.ts';
import { type Caller, isPrincipal } from '../domain/policy.ts';
import { coolingFetch } from './cooling-fetch.ts';
import { type GetKeys, getKeys } from './get-keys.ts';

/** Clocks may differ by this much. */
const clockToleranceSeconds = 60;
const jwksTimeoutMs = 2_000;

/**
 * Verifies an access token: signature, issuer, audience and time.
 * @throws ApiError 401300 when the token is not to be believed, 503000 when its issuer's keys cannot be had
 */
export type TokenVerifier = (token: string) => Promise<Caller>;

type Keys = ReturnType<typeof createRemoteJWKSet>;

/** @see https://www.rfc-editor.org/rfc/rfc8725 */
export function createTokenVerifier({ issuers, claims }: TokenSettings, requestKeys: GetKeys = getKeys): TokenVerifier {
  const trusted = new Map(issuers.map((issuer) => [issuer.issuer, { issuer, keys: keysOf(issuer, requestKeys) }]));
  return async (token) => {
    const found = trusted.get(unverifiedIssuer(token));
    if (!found) throw new ApiError('401300', { why: 'the token is of an issuer that is not configured' });
    return callerOf(await verify(token, found.issuer, found.keys), found.issuer, claims);
  };
}

function keysOf({ jwksUri }: TokenIssuer, requestKeys: GetKeys): Keys {
  return createRemoteJWKSet(new URL(jwksUri), {
    timeoutDuration: jwksTimeoutMs,
    [customFetch]: coolingFetch(requestKeys),
  });
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

async function verify(token: string, { issuer, audience, algorithms }: TokenIssuer, keys: Keys): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp'],
    });
    return payload;
  } catch (why) {
    throw refusalOf(why);
  }
}

/** What jose says of a token; anything else keeps the issuer's keys away, and is not the caller's fault. */
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

function refusalOf(why: unknown): ApiError {
  if (why instanceof errors.JWTExpired) return new ApiError('401300', { why, cause: 'The access token has expired.' });
  if (why instanceof errors.JOSEError && aboutToken.includes(why.code)) return new ApiError('401300', { why });
  return new ApiError('503000', {
    why,
    cause: 'The keys of the token issuer could not be fetched. Nothing was changed.',
    retryAfterSeconds: 5,
  });
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
