import { constants, generateKeyPairSync, type KeyObject, type KeyPairKeyObjectResult, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../infra/release/bundle.ts';
import type { GetKeys } from '../../lib/service/http/get-keys.ts';
import { createTokenVerifier } from '../../lib/service/http/token-verifier.ts';
import { testIssuer, testSettings } from '../support/settings.ts';

type CreateTokenVerifier = typeof createTokenVerifier;
type Members = Record<string, unknown>;

const folder = mkdtempSync(join(tmpdir(), 'appkeys-slim-tokens-'));
let createSlim: CreateTokenVerifier;

beforeAll(async () => {
  ({ createTokenVerifier: createSlim } = await import(await bundle('lib/service/http/token-verifier.ts', folder)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const ed = generateKeyPairSync('ed25519');
const rsa2048 = rsa(2_048);
const pairs = {
  ES256: ec('P-256'),
  ES384: ec('P-384'),
  ES512: ec('P-521'),
  RS256: rsa2048,
  RS384: rsa2048,
  RS512: rsa2048,
  PS256: rsa2048,
  PS384: rsa2048,
  PS512: rsa2048,
  EdDSA: ed,
  Ed25519: ed,
};
type Algorithm = keyof typeof pairs;
const algorithms = Object.keys(pairs) as Algorithm[];

const partOf = (members: object) => Buffer.from(JSON.stringify(members)).toString('base64url');

/** Signs by node:crypto alone, by the letter of RFC 7518 and RFC 8037. */
function signatureOf(alg: Algorithm, input: string, key: KeyObject = pairs[alg].privateKey, more: object = {}): Buffer {
  const saltLength = Number(alg.slice(2)) / 8;
  const padding = alg.startsWith('PS') ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } : {};
  const digest = alg.startsWith('Ed') ? null : `sha${alg.slice(2)}`;
  return sign(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...padding, ...more });
}

interface Token {
  readonly alg: Algorithm;
  /** another than that of the key set */
  readonly key?: KeyObject;
  /** another for both */
  readonly pair?: KeyPairKeyObjectResult;
  /** what becomes of the key set's key, and of the signature */
  readonly jwk?: (jwk: Members) => Members;
  readonly signature?: (signature: Buffer, input: string) => Buffer;
  /** the algorithm that the token names */
  readonly named?: string;
}

/** @returns what the service says of a token, as it is in the source and as it is in a bundle */
async function verdictsOn(about: Token) {
  const {
    alg,
    pair = pairs[alg],
    key = pair.privateKey,
    jwk = (it) => it,
    signature = (it) => it,
    named = alg,
  } = about;
  const claims = { iss: 'i', aud: 'appkeys', exp: Date.now() / 1_000 + 60, sub: 'demo', rlm: 'r' };
  const input = `${partOf({ alg: named, kid: 'k' })}.${partOf(claims)}`;
  const token = `${input}.${signature(signatureOf(alg, input, key), input).toString('base64url')}`;
  const keys = [jwk({ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k' })];
  const getKeys: GetKeys = async () => new Response(JSON.stringify({ keys }));
  const issuers = [testIssuer({ issuer: 'i', jwksUri: 'https://i.test', algorithms, realms: ['r'] })];
  const verdict = (create: CreateTokenVerifier) =>
    create(
      testSettings({ issuers }),
      getKeys,
    )(token).then(
      ({ principal }) => principal,
      ({ code }) => code,
    );
  return { plain: await verdict(createTokenVerifier), slim: await verdict(createSlim) };
}

describe('security 2, 3: a bundle believes the tokens that jose believes', () => {
  it.each(algorithms)('%s', async (alg) => {
    expect(await verdictsOn({ alg })).toEqual({ plain: 'demo', slim: 'demo' });
  });

  const flip = (signature: Buffer) => Buffer.from(signature.map((byte, index) => (index === 7 ? byte ^ 1 : byte)));

  it.each<[string, Token]>([
    ...algorithms.map((alg): [string, Token] => [`${alg}, a bit of the signature turned`, { alg, signature: flip }]),
    ...algorithms.map((alg): [string, Token] => [`${alg}, no signature`, { alg, signature: () => Buffer.alloc(0) }]),
    ...algorithms.map((alg): [string, Token] => [
      `${alg}, the signature twice`,
      { alg, signature: (it) => Buffer.concat([it, it]) },
    ]),
    ['ES256, signed with another key', { alg: 'ES256', key: ec('P-256').privateKey }],
    ['RS256, signed with another key', { alg: 'RS256', key: rsa(2_048).privateKey }],
    ['ES256, zeros as a signature', { alg: 'ES256', signature: (it) => Buffer.alloc(it.length) }],
    [
      'ES256, its signature in DER',
      { alg: 'ES256', signature: (_, input) => signatureOf('ES256', input, undefined, { dsaEncoding: 'der' }) },
    ],
    [
      'PS256, another salt',
      { alg: 'PS256', signature: (_, input) => signatureOf('PS256', input, undefined, { saltLength: 20 }) },
    ],
    ['RS256 named PS256', { alg: 'RS256', named: 'PS256' }],
    ['RS256 named RS512', { alg: 'RS256', named: 'RS512' }],
    ['ES256 named ES384', { alg: 'ES256', named: 'ES384' }],
    ['ES256 named RS256', { alg: 'ES256', named: 'RS256' }],
    ['ES256 named HS256', { alg: 'ES256', named: 'HS256' }],
    ['ES256 with a key of another use', { alg: 'ES256', jwk: (it) => ({ ...it, use: 'enc' }) }],
    ['ES256 with a key that may not verify', { alg: 'ES256', jwk: (it) => ({ ...it, key_ops: ['sign'] }) }],
    ['ES256 with a key for ES384', { alg: 'ES256', jwk: (it) => ({ ...it, alg: 'ES384' }) }],
  ])('401300 for %s', async (_, token) => {
    expect(await verdictsOn(token)).toEqual({ plain: '401300', slim: '401300' });
  });

  it.each<[string, Token]>([
    [
      'a private key in the set',
      {
        alg: 'ES256',
        jwk: (it) => ({ ...it, ...pairs.ES256.privateKey.export({ format: 'jwk' }), key_ops: ['verify'] }),
      },
    ],
    ['a point that is not on the curve', { alg: 'ES256', jwk: (it) => ({ ...it, y: it.x }) }],
    ['RSA of 1024 bits', { alg: 'RS256', pair: rsa(1_024) }],
  ])('nobody is let in by %s', async (_, token) => {
    const { plain, slim } = await verdictsOn(token);
    expect(plain).toMatch(/^(401300|503000)$/);
    expect(slim).toBe(plain);
  });
});
