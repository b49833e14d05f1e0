import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';

/** A token issuer with a real key and a real JWKS, counted. */
export interface TestIssuer {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly publicJwk: JWK;
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
  /** how often the key set was fetched */
  fetches(): number;
  /** what the JWKS server answers from now on */
  answerWith(status: number, body?: string, headers?: Record<string, string>): void;
  sign(claims?: Record<string, unknown>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  stop(): void;
}

/** @param realms it is configured for; tokens are by default for the first and the principal `demo` */
export async function startIssuer(issuer: string, realms: readonly string[]): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid: `${issuer}-key`, alg: 'ES256', use: 'sig' };
  let fetches = 0;
  let answer = { status: 200, body: JSON.stringify({ keys: [publicJwk] }), headers: {} };
  const server = createServer((_request, response) => {
    fetches += 1;
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return {
    issuer,
    jwksUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    publicJwk,
    publicKey,
    privateKey,
    fetches: () => fetches,
    answerWith: (status, body = answer.body, headers = {}) => {
      answer = { status, body, headers };
    },
    sign: (claims, header) =>
      sign(privateKey, { iss: issuer, rlm: realms[0], ...claims }, { kid: publicJwk.kid, ...header }),
    stop: () => void server.close(),
  };
}

/** A token as it should be; a claim given as undefined is left out. */
function sign(key: CryptoKey, claims: Record<string, unknown>, header: Partial<JWTHeaderParameters>): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const all = { aud: 'appkeys', sub: 'demo', iat: now, exp: now + 300, ...claims };
  const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new SignJWT(present).setProtectedHeader({ alg: 'ES256', ...header }).sign(key);
}
