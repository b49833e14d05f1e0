import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
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
import { forOwnHosts } from './own-hosts.ts';
import { listen, loopback } from './ports.ts';

export const localRealms = ['myrealm', 'other'];
export const defaultValiditySeconds = 12 * 60 * 60;

const issuer = 'urn:appkeys:local-issuer';
const audience = 'appkeys';
const algorithm = 'ES256';

export type SigningKey = { kid: string; privateKey: CryptoKey; publicJwk: JWK };

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
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(request.principal)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + request.expiresInSeconds)
    .sign(key.privateKey);
}

/** Serves the public key as a JWKS (RFC 7517) on a free port of the loopback address. */
export async function startJwksServer({ publicJwk }: SigningKey): Promise<{ jwksUri: string; stop: () => void }> {
  const server = createServer((request, response) => {
    const isJwks = request.url === '/jwks.json';
    response.writeHead(isJwks ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isJwks ? { keys: [publicJwk] } : {}));
  });
  const port = await listen(forOwnHosts(server));
  return { jwksUri: `http://${loopback}:${port}/jwks.json`, stop: () => void server.close().closeAllConnections() };
}

/** The entry of `issuers` that makes the service accept the tokens of this issuer. */
export function localIssuer(jwksUri: string): TokenIssuer {
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
  return { kid, privateKey, publicJwk: { ...publicJwk, kid, alg: algorithm, use: 'sig' } };
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
