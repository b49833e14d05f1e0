import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiError } from '../../../lib/domain/errors.ts';
import type { GetKeys } from '../../../lib/service/http/get-keys.ts';
import { createTokenVerifier } from '../../../lib/service/http/token-verifier.ts';
import { captureLog } from '../../support/captured-log.ts';
import { testIssuer, testSettings } from '../../support/settings.ts';

const nowSeconds = 1_800_000_000;
const claims = { principal: ['who'], realm: ['where'], scope: ['scopes'], permissions: ['may'] };
const settings = testSettings({
  issuers: [
    testIssuer({ claims, issuer: 'i1', jwksUri: 'https://i1.test/keys', realms: ['r1', 'r2'] }),
    testIssuer({ claims, issuer: 'i2', jwksUri: 'https://i2.test/keys', realms: ['r3'] }),
    testIssuer({ claims, issuer: 'i3', jwksUri: 'https://i1.test/keys', realms: ['r4'], algorithms: ['ES384'] }),
  ],
});

let privateKey: CryptoKey;
let jwk: JWK;

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  privateKey = pair.privateKey;
  jwk = await exportJWK(pair.publicKey);
  vi.useFakeTimers({ toFake: ['Date'], now: nowSeconds * 1_000 });
});

beforeEach(() => void captureLog());

afterAll(() => void vi.useRealTimers());

const getKeys: GetKeys = async (url) => {
  const kids = url.startsWith('https://i1.test/') ? ['k1', 'twice', 'twice'] : ['k2'];
  return new Response(JSON.stringify({ keys: kids.map((kid) => ({ ...jwk, kid })) }));
};

type Claims = Record<string, unknown>;

/** A token as it should be, but for these claims and parts of its header. */
function sign(claims: Claims, header: object = {}): Promise<string> {
  const usual = { iss: 'i1', aud: 'appkeys', exp: nowSeconds + 1, who: 'demo', where: 'r1' };
  const all = Object.entries({ ...usual, ...claims }).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(all))
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header })
    .sign(privateKey, { crit: { x: true } });
}

const callerOf = async (claims: Claims, header?: object) =>
  createTokenVerifier(settings, getKeys)(await sign(claims, header));

function refusalOf(token: string, keys = getKeys): Promise<ApiError> {
  return createTokenVerifier(
    settings,
    keys,
  )(token).then(
    () => expect.fail(),
    (error) => error,
  );
}

const demo = { principal: 'demo', issuer: 'i1', realm: 'r1', permissions: [], hasProjectScope: false };

describe('the caller', () => {
  it.each<[string, Claims, object]>([
    ['the principal and the realm', {}, {}],
    ['another realm of the issuer', { where: 'r2' }, { realm: 'r2' }],
    ['permissions', { may: ['a', 'b'] }, { permissions: ['a', 'b'] }],
    ['one audience of several', { aud: ['x', 'appkeys'] }, {}],
    ['an end of 59 s ago', { exp: nowSeconds - 59 }, {}],
    ['a start in 60 s', { nbf: nowSeconds + 60 }, {}],
  ])('is read from %s', async (_, claims, expected) => {
    expect(await callerOf(claims)).toEqual({ ...demo, ...expected });
  });

  const project = 'hrn:here:authorization::r:project/p';
  it.each<[unknown, boolean]>([
    ['', false],
    ['openid', false],
    [`x${project}`, false],
    [project, true],
    [`openid ${project}`, true],
    [`openid\n ${project}  email`, true],
    [[], false],
    [['openid', 'email'], false],
    [['openid', project], true],
    [[`openid ${project}`], true],
  ])('has, by the scope %j, a project scope: %s', async (scopes, hasProjectScope) => {
    expect(await callerOf({ scopes })).toEqual({ ...demo, hasProjectScope });
  });

  it('is of the issuer whose keys the token fits', async () => {
    const claims = { iss: 'i2', where: 'r3' };
    expect(await callerOf(claims, { kid: 'k2' })).toEqual({ ...demo, issuer: 'i2', realm: 'r3' });
    expect(await refusalOf(await sign(claims))).toMatchObject({ code: '401300' });
  });
});

describe('401300', () => {
  it.each<[string, Claims]>([
    ['of the principal', { who: undefined }],
    ['of the principal', { who: '' }],
    ['of the principal', { who: ['demo'] }],
    ['of the realm', { where: undefined }],
    ['of the realm', { where: ['r1'] }],
    ['of the realm', { where: 'r3' }],
  ])('for the claim %s in %j', async (claim, claims) => {
    const cause = expect.stringContaining(`the claim ${claim} `);
    expect(await refusalOf(await sign(claims))).toMatchObject({ code: '401300', cause });
  });

  it.each(['i4', 'https://i1.test/', undefined])('for the issuer %s, which is not configured', async (iss) => {
    const cause = `the issuer ${JSON.stringify(String(iss))} is not in the settings`;
    expect(await refusalOf(await sign({ iss }))).toMatchObject({ code: '401300', cause });
  });

  it.each([undefined, '', 1, null])('for the kid %j', async (kid) => {
    const [, payload, signature] = (await sign({})).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid })).toString('base64url');
    const cause = 'the token names no key (kid)';
    expect(await refusalOf(`${header}.${payload}.${signature}`)).toMatchObject({ code: '401300', cause });
  });

  it.each<[string, Claims, object, string]>([
    ['another algorithm', { iss: 'i3', where: 'r4' }, {}, 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['an extension that nobody knows', {}, { crit: ['x'], x: 1 }, 'ERR_JOSE_NOT_SUPPORTED'],
    ['a key that there is not', {}, { kid: 'k3' }, 'ERR_JWKS_NO_MATCHING_KEY'],
    ['a key that there is twice', {}, { kid: 'twice' }, 'ERR_JWKS_MULTIPLE_MATCHING_KEYS'],
    ['a list of issuers', { iss: ['i1'] }, {}, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['no end', { exp: undefined }, {}, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['a start in 61 s', { nbf: nowSeconds + 61 }, {}, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
  ])('for %s', async (_, claims, header, code) => {
    const refusal = await refusalOf(await sign(claims, header));
    expect(refusal).toMatchObject({ code: '401300', cause: { code } });
    expect(refusal.parts.cause).toBeUndefined();
  });

  it.each(['x', ['x'], [], '', null, undefined, { appkeys: 1 }, [['appkeys']]])('for the audience %j', async (aud) => {
    const cause = expect.stringMatching(/^the token (names no audience|is for the audience .+)$/);
    expect(await refusalOf(await sign({ aud }))).toMatchObject({ code: '401300', cause });
  });

  it('for an end of 60 s ago, which the caller is told', async () => {
    const parts = { cause: 'The access token has expired.', why: { code: 'ERR_JWT_EXPIRED' } };
    expect(await refusalOf(await sign({ exp: nowSeconds - 60 }))).toMatchObject({ code: '401300', parts });
  });

  it('for another signature, or what is no signed object', async () => {
    const token = await sign({});
    const list = new CompactSign(Buffer.from('[]')).setProtectedHeader({ alg: 'ES256', kid: 'k1' });
    const bad: [string, string][] = [
      [`${token.slice(0, -8)}AAAAAAAA`, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
      [await list.sign(privateKey), 'ERR_JWT_INVALID'],
    ];
    for (const [text, code] of bad) {
      expect(await refusalOf(text)).toMatchObject({ code: '401300', cause: { code } });
    }
    const why = 'the token is not three parts in base64url';
    for (const text of ['x', `${token.split('.', 2).join('.')}.*`])
      expect(await refusalOf(text)).toMatchObject({ code: '401300', cause: why });
    expect(await refusalOf('x.x.x')).toMatchObject({ code: '401300', cause: why });
    expect(await refusalOf('eA.eA.eA')).toMatchObject({ code: '401300', cause: expect.any(Error) });
  });
});

it.each([
  ['an error', new Error('down'), { message: 'down' }],
  ['a time-out', new DOMException('late', 'TimeoutError'), { name: 'TimeoutError' }],
])('503000 when the keys of the issuer are kept away by %s', async (_, error, why) => {
  const parts = {
    why,
    cause: 'The keys of the token issuer could not be fetched. Nothing was changed.',
    retryAfterSeconds: 5,
  };
  const refusal = refusalOf(await sign({}), () => Promise.reject(error));
  expect(await refusal).toMatchObject({ code: '503000', parts });
});

it('the keys of an issuer are waited for 2 s, then the request ends', async () => {
  const startedAt = performance.now();
  let given: AbortSignal | undefined;
  const never: GetKeys = (_, signal) => {
    given = signal;
    return new Promise(() => {});
  };
  expect(await refusalOf(await sign({}), never)).toMatchObject({ code: '503000', cause: { name: 'TimeUp' } });
  expect(performance.now() - startedAt).toBeGreaterThan(1_950);
  expect(given?.aborted).toBe(true);
});
