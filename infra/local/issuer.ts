import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { defaultClaims } from '../../lib/service/http/token-claims.ts';
import type { TokenIssuer } from '../../lib/service/settings.ts';

export const localRealms = ['myrealm', 'other'];
export const defaultValiditySeconds = 12 * 60 * 60;

/** The issuer of the tokens of `npm run token`, which works without a running service. */
const tokenIssuer = 'urn:appkeys:local-issuer';
export const audience = 'appkeys';
export const algorithm = 'ES256';

export type SigningKey = { kid: string; privateKey: CryptoKey; publicJwk: JWK; privateJwk: JWK };

export type TokenRequest = {
  principal: string;
  realm: string;
  permissions?: string[];
  scope?: string;
  expiresInSeconds: number;
};

/** Reads the key of the issuer from `folder` (mode 0600), or generates it there. */
export async function openSigningKey(folder: string): Promise<SigningKey> {
  const path = join(folder, 'issuer-key.json');
  return (await readSigningKey(path)) ?? (await createSigningKey(path)) ?? (await openSigningKey(folder));
}

export async function signToken(key: SigningKey, request: TokenRequest, now = Date.now()): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT(claimsOf(request))
    .setProtectedHeader({ alg: algorithm, kid: key.kid, typ: 'JWT' })
    .setIssuer(tokenIssuer)
    .setAudience(audience)
    .setSubject(request.principal)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + request.expiresInSeconds)
    .sign(key.privateKey);
}

/**
 * @param issuer the issuer whose tokens the service accepts: this issuer's name, or the URL of the identity provider
 * @returns the entry of the issuer in `issuers`
 */
export function localIssuer(jwksUri: string, issuer: string = tokenIssuer): TokenIssuer {
  const claims = defaultClaims;
  return { issuer, audience: [audience], jwksUri, algorithms: [algorithm], realms: localRealms, claims };
}

function claimsOf({ realm, permissions, scope }: TokenRequest): JWTPayload {
  return { rlm: realm, permissions: permissions ?? [], ...(scope === undefined ? {} : { scope }) };
}

async function readSigningKey(path: string): Promise<SigningKey | undefined> {
  try {
    const text = unless('ENOENT', () => readFileSync(path, 'utf8'));
    return text === undefined ? undefined : await parseSigningKey(text);
  } catch {
    throw new Error(
      `${path} does not contain a usable key. Delete the file to generate a new key. The service then rejects tokens of the old key.`,
    );
  }
}

async function parseSigningKey(text: string): Promise<SigningKey> {
  const { kty, crv, x, y, d }: JWK = JSON.parse(text);
  if (kty !== 'EC' || crv !== 'P-256' || !x || !y || !d) throw new Error('Not a private P-256 key.');
  const publicJwk = { kty, crv, x, y };
  const kid = await calculateJwkThumbprint(publicJwk);
  const privateKey = await importJWK({ ...publicJwk, d }, algorithm);
  if (privateKey instanceof Uint8Array) throw new Error('Not an asymmetric key.');
  const described = { ...publicJwk, kid, alg: algorithm, use: 'sig' };
  return { kid, privateKey, publicJwk: described, privateJwk: { ...described, d } };
}

/**
 * Returns undefined if another process was faster. The file appears completely or not at all, because it is linked to
 * its name after it is written.
 */
async function createSigningKey(path: string): Promise<SigningKey | undefined> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const text = JSON.stringify(await exportJWK(privateKey));
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    const isOurs = unless('EEXIST', () => linkSync(draft, path) ?? true);
    return isOurs ? await parseSigningKey(text) : undefined;
  } finally {
    unlinkSync(draft);
  }
}

/** @returns the result of `action`, or undefined if it fails with that code */
function unless<T>(code: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return undefined;
    throw error;
  }
}
