import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import type { Caller } from '../../lib/domain/policy.ts';
import { createTokenVerifier } from '../../lib/service/http/token-verifier.ts';
import type { TokenIssuer } from '../../lib/service/settings.ts';
import { testIssuer, testSettings } from './settings.ts';

/** What differs from a token of the issuer `i` for the principal `demo` in the realm `r`. */
export interface TokenParts {
  /** more claims, or the JSON text of more claims; undefined leaves a usual claim out */
  readonly claims?: object | string;
  readonly header?: object;
}

/** Signs tokens with a real key, and verifies them as the service does. */
export interface SignedTokens {
  sign(parts?: TokenParts): Promise<string>;
  /** @returns how a service that trusts these issuers verifies tokens: each call with the same log of claims */
  trusting(...issuers: readonly TokenIssuer[]): (parts?: TokenParts) => Promise<Caller>;
}

/** @returns an issuer `i` for the realm `r`, whose keys are those that `signTokens` signs with */
export function anIssuer(parts: Partial<TokenIssuer> = {}): TokenIssuer {
  const realms = parts.realm === undefined ? { realms: ['r'] } : {};
  return testIssuer({ issuer: 'i', jwksUri: 'https://i.test/', ...realms, ...parts });
}

/** All issuers that it speaks for have one key. */
export async function signTokens(): Promise<SignedTokens> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] });
  const sign = ({ claims = {}, header = {} }: TokenParts = {}) => {
    const usual = { iss: 'i', aud: 'appkeys', sub: 'demo', rlm: 'r', exp: Math.floor(Date.now() / 1_000) + 60 };
    const payload =
      typeof claims === 'string'
        ? `${JSON.stringify(usual).slice(0, -1)},${claims}}`
        : JSON.stringify({ ...usual, ...claims });
    return new CompactSign(Buffer.from(payload))
      .setProtectedHeader({ alg: 'ES256', kid: 'k', ...header })
      .sign(privateKey);
  };
  return {
    sign,
    trusting(...issuers) {
      const verify = createTokenVerifier(testSettings({ issuers }), async () => new Response(jwks));
      return async (parts) => verify(await sign(parts));
    },
  };
}
