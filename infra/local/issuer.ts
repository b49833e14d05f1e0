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

/** Of the tokens of `npm run token`, which needs no service that runs. */
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

/** The issuer's key, kept in `folder` (mode 0600); made there if there is none. */
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
 * @param issuer of which the service is to accept tokens: the name of this one, or the URL of the identity provider
 * @returns its entry of `issuers`
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
      `${path} contains no usable key. Delete it to get a new one: tokens of the old key are rejected then.`,
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

/** Undefined when another process was faster. The file appears whole or not at all: it is linked to its name when it is written. */
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

/** What `action` answers, or undefined if it fails with that code. */
function unless<T>(code: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return undefined;
    throw error;
  }
}
