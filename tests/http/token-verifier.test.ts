import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen } from '../../infra/local/ports.ts';
import { coolingFetch } from '../../lib/http/cooling-fetch.ts';
import { createTokenVerifier } from '../../lib/http/token-verifier.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';
import { expectRefusal, startService, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

async function callWith(
  headers: Record<string, string | string[]>,
  query?: Record<string, string>,
): Promise<TestReply> {
  return service.call('createApp', { headers, body: { name: 'x' }, ...(query && { query }) });
}

async function callWithToken(token: string): Promise<TestReply> {
  return callWith({ Authorization: `Bearer ${token}` });
}

async function expect401(reply: TestReply): Promise<void> {
  expectRefusal(reply, '401300');
  expect(reply.headers['WWW-Authenticate']).toBe('Bearer error="invalid_token"');
}

const permissions = ['account:createApp'];
const seconds = () => Math.floor(Date.now() / 1000);

describe('security 1: exactly one bearer token, in the header', () => {
  it('401200 with a bare challenge when there is no token', async () => {
    const reply = await callWith({ Authorization: [] });
    expectRefusal(reply, '401200');
    expect(reply.headers['WWW-Authenticate']).toBe('Bearer');
  });

  it('401200 when the token is in the query', async () => {
    const token = await service.issuer.sign({ permissions });
    expectRefusal(await callWith({ Authorization: [] }, { access_token: token, Authorization: token }), '401200');
  });

  it('401300 for two Authorization headers, each of them good', async () => {
    const token = `Bearer ${await service.issuer.sign({ permissions })}`;
    await expect401(await callWith({ Authorization: [token, token] }));
    await expect401(await callWith({ Authorization: `${token}, ${token}` }));
    await expect401(await callWith({ Authorization: token, authorization: token }));
  });

  it.each([
    'Bearer',
    'Bearer ',
    'Basic ZGVtbzpkZW1v',
    'token',
    'Bearer a b',
    'Bearer a\u0000b',
    'Bearer é',
    'Bearer ..',
  ])('401300 for %j', async (header) => expect401(await callWith({ Authorization: header })));

  it('the scheme and the header name in any case', async () => {
    const token = await service.issuer.sign({ permissions });
    expect((await callWith({ Authorization: [], AUTHORIZATION: `bEARER ${token}` })).statusCode).toBe(200);
  });
});

describe('security 2: the algorithm is the configured one', () => {
  it.each(['none', 'None', 'NONE', 'nOnE'])('401300 for alg %s', async (alg) => {
    const [, payload] = (await service.issuer.sign({ permissions })).split('.');
    const header = Buffer.from(JSON.stringify({ alg, kid: service.issuer.publicJwk.kid })).toString('base64url');
    await expect401(await callWithToken(`${header}.${payload}.`));
  });

  it('401300 for HS256 with the public key as the secret', async () => {
    const issuer = service.issuer;
    const claims = {
      iss: issuer.issuer,
      aud: 'appkeys',
      sub: 'demo',
      rlm: 'myrealm',
      exp: seconds() + 60,
      permissions,
    };
    const secrets = [JSON.stringify(issuer.publicJwk), await exportSPKI(issuer.publicKey)];
    for (const secret of secrets) {
      const signer = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: String(issuer.publicJwk.kid) });
      await expect401(await callWithToken(await signer.sign(new TextEncoder().encode(secret.padEnd(32)))));
    }
  });

  it('401300 for another algorithm than the key is for', async () => {
    const [, payload, signature] = (await service.issuer.sign({ permissions })).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'ES384', kid: service.issuer.publicJwk.kid })).toString(
      'base64url',
    );
    await expect401(await callWithToken(`${header}.${payload}.${signature}`));
  });
});

it('security 2: 401300 for another algorithm that the key could also be used with', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'rsa' }] });
  const verify = createTokenVerifier(
    {
      issuers: [{ issuer: 'i', audience: 'appkeys', jwksUri: 'https://i.test/', algorithms: ['RS256'], realms: ['r'] }],
      claims: { principal: 'sub', realm: 'rlm', scope: 'scope', permissions: 'permissions' },
    },
    async () => new Response(jwks),
  );
  const signed = (alg: string) =>
    new SignJWT({ iss: 'i', aud: 'appkeys', sub: 'demo', rlm: 'r', exp: seconds() + 60 })
      .setProtectedHeader({ alg, kid: 'rsa' })
      .sign(privateKey);
  await expect(verify(await signed('RS256'))).resolves.toMatchObject({ principal: 'demo' });
  const pss = await importJWK(await exportJWK(privateKey), 'PS256');
  const token = new SignJWT({ iss: 'i', aud: 'appkeys', sub: 'demo', rlm: 'r', exp: seconds() + 60 });
  const signedByPss = await token.setProtectedHeader({ alg: 'PS256', kid: 'rsa' }).sign(pss);
  await expect(verify(signedByPss)).rejects.toMatchObject({ code: '401300' });
});

describe('security 3: nothing in the header leads to a key', () => {
  it('401300 for a key of its own (jwk, jku, x5u, x5c), and no request goes there', async () => {
    const evil = await startIssuer('https://issuer.test', ['myrealm']);
    const header: Record<string, unknown> = {
      jwk: evil.publicJwk,
      jku: evil.jwksUri,
      x5u: evil.jwksUri,
      x5c: ['AAAA'],
    };
    await expect401(await callWithToken(await evil.sign({ permissions }, header as Partial<JWTHeaderParameters>)));
    const known = { ...header, kid: String(service.issuer.publicJwk.kid) };
    await expect401(await callWithToken(await evil.sign({ permissions }, known as Partial<JWTHeaderParameters>)));
    expect(evil.fetches()).toBe(0);
  });

  it('401300 for an unknown crit', async () => {
    const signer = new SignJWT({
      iss: service.issuer.issuer,
      aud: 'appkeys',
      sub: 'demo',
      rlm: 'myrealm',
      exp: seconds() + 60,
    });
    const header = { alg: 'ES256', kid: String(service.issuer.publicJwk.kid), crit: ['x'], x: 1 };
    const token = await signer.setProtectedHeader(header).sign(service.issuer.privateKey, { crit: { x: true } });
    await expect401(await callWithToken(token));
  });

  it.each([undefined, '', '../keys', 'https://issuer.test-KEY', ' https://issuer.test-key'])(
    '401300 for kid %j',
    async (kid) => {
      const claims = { iss: service.issuer.issuer, aud: 'appkeys', sub: 'demo', rlm: 'myrealm', exp: seconds() + 60 };
      const header = { alg: 'ES256', ...(kid !== undefined && { kid }) };
      await expect401(
        await callWithToken(await new SignJWT(claims).setProtectedHeader(header).sign(service.issuer.privateKey)),
      );
    },
  );
});

describe('security 4: issuer, audience and time', () => {
  const cases: Record<string, () => Record<string, unknown>> = {
    'another issuer': () => ({ iss: 'https://evil.test' }),
    'an issuer with a slash more': () => ({ iss: 'https://issuer.test/' }),
    'no issuer': () => ({ iss: undefined }),
    'a list of issuers': () => ({ iss: ['https://issuer.test'] }),
    'the keys of another issuer': () => ({ iss: 'https://other-issuer.test', rlm: 'third' }),
    'another audience': () => ({ aud: 'else' }),
    'no audience': () => ({ aud: undefined }),
    'no expiry': () => ({ exp: undefined }),
    'an expiry more than 60 s ago': () => ({ exp: seconds() - 61 }),
    'an expiry that is text': () => ({ exp: String(seconds() + 60) }),
    'a start more than 60 s ahead': () => ({ nbf: seconds() + 70 }),
    'no principal': () => ({ sub: undefined }),
    'an empty principal': () => ({ sub: '' }),
    'a principal of 256 characters': () => ({ sub: 'p'.repeat(256) }),
    'a principal that looks like a Lambda': () => ({ sub: 'lambda:signup' }),
    'the principal __proto__': () => ({ sub: '__proto__' }),
    'the principal constructor': () => ({ sub: 'constructor' }),
    'a principal with a line end': () => ({ sub: 'a\nb' }),
    'a principal that is a list': () => ({ sub: ['demo'] }),
    'no realm': () => ({ rlm: undefined }),
    "another issuer's realm": () => ({ rlm: 'third' }),
    'a realm that nobody has': () => ({ rlm: 'constructor' }),
    'permissions that are text': () => ({ permissions: 'account:createApp' }),
    'a permission that is no text': () => ({ permissions: [{}] }),
    'a scope that is a number': () => ({ scope: 1 }),
  };
  it.each(Object.keys(cases))('401300 for %s', async (name) => {
    await expect401(await callWithToken(await service.issuer.sign({ permissions, ...cases[name]?.() })));
  });

  it('within 60 s of skew it is accepted', async () => {
    const claims = { permissions, exp: seconds() - 55, nbf: seconds() + 55 };
    expect((await callWithToken(await service.issuer.sign(claims))).statusCode).toBe(200);
  });

  it('an expired token is told so', async () => {
    const reply = await callWithToken(await service.issuer.sign({ exp: seconds() - 100 }));
    expect(reply.body.cause).toBe('The access token has expired.');
  });

  it('401300 for a token over 8 KB, an encrypted one, a changed one', async () => {
    const token = await service.issuer.sign({ permissions });
    await expect401(await callWithToken(await service.issuer.sign({ permissions, more: 'x'.repeat(8192) })));
    await expect401(await callWithToken('eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..aaaa.bbbb.cccc'));
    await expect401(await callWithToken(`${token.slice(0, -4)}AAAA`));
  });
});

describe('security 5: fetching keys', () => {
  let issuer: TestIssuer;
  const settings = () => ({
    issuers: [
      { issuer: issuer.issuer, audience: 'appkeys', jwksUri: issuer.jwksUri, algorithms: ['ES256'], realms: ['r'] },
    ],
    claims: { principal: 'sub', realm: 'rlm', scope: 'scope', permissions: 'permissions' },
  });
  const unknownKid = () => ({ kid: createHash('md5').update(String(Math.random())).digest('hex') });

  beforeEach(async () => {
    issuer = await startIssuer('https://keys.test', ['r']);
    return () => issuer.stop();
  });

  it('100 concurrent first tokens cost one fetch', async () => {
    const verify = createTokenVerifier(settings());
    const token = await issuer.sign();
    await Promise.all(Array.from({ length: 100 }, () => verify(token)));
    expect(issuer.fetches()).toBe(1);
  });

  it('a flood of unknown kids costs no further fetch within the cool-down, and good tokens go on', async () => {
    const verify = createTokenVerifier(settings());
    await verify(await issuer.sign());
    for (let index = 0; index < 20; index += 1) {
      await expect(verify(await issuer.sign({}, unknownKid()))).rejects.toMatchObject({ code: '401300' });
    }
    expect(issuer.fetches()).toBe(1);
    await expect(verify(await issuer.sign())).resolves.toMatchObject({ principal: 'demo', realm: 'r' });
  });

  it('one fetch per cool-down while the issuer answers 500: 503, then as before', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const verify = createTokenVerifier(settings());
    issuer.answerWith(500);
    for (let index = 0; index < 20; index += 1) {
      const refusal = verify(await issuer.sign({}, unknownKid()));
      await expect(refusal).rejects.toMatchObject({ code: '503000', parts: { retryAfterSeconds: 5 } });
    }
    expect(issuer.fetches()).toBe(1);
    issuer.answerWith(200);
    vi.setSystemTime(Date.now() + 5_001);
    await expect(verify(await issuer.sign())).resolves.toMatchObject({ principal: 'demo' });
    expect(issuer.fetches()).toBe(2);
    vi.useRealTimers();
  });

  it.each([
    ['larger than 256 KB', JSON.stringify({ keys: [], more: 'x'.repeat(300_000) })],
    ['no JSON', '<html>'],
    ['no key set', '{}'],
    ['a set of something else', '{"keys":[null]}'],
  ])('503 for a key set that is %s', async (_, body) => {
    issuer.answerWith(200, body);
    await expect(createTokenVerifier(settings())(await issuer.sign())).rejects.toMatchObject({ code: '503000' });
  });

  it('an answer that holds nothing is no key set', async () => {
    const fetchKeys = coolingFetch(async () => ({ status: 200, body: null }));
    const options = {
      headers: new Headers(),
      method: 'GET',
      redirect: 'manual',
      signal: AbortSignal.timeout(1),
    } as const;
    await expect(fetchKeys('https://keys.test', options)).rejects.toThrow(SyntaxError);
  });

  it('503 when the issuer is down or too slow', async () => {
    const token = await issuer.sign();
    issuer.stop();
    await expect(createTokenVerifier(settings())(token)).rejects.toMatchObject({ code: '503000' });
  });

  it('503 when the issuer accepts the request and never ends its answer', { timeout: 10_000 }, async () => {
    const slow = createServer((_request, response) => void response.writeHead(200).write('{"keys":['));
    const port = await listen(slow);
    const { issuers, claims } = settings();
    const jwksUri = `http://127.0.0.1:${port}/`;
    const verify = createTokenVerifier({ claims, issuers: issuers.map((known) => ({ ...known, jwksUri })) });
    await expect(verify(await issuer.sign())).rejects.toMatchObject({ code: '503000' });
    slow.close().closeAllConnections();
  });

  it('redirects are not followed', async () => {
    const elsewhere = await startIssuer('https://keys.test', ['r']);
    issuer.answerWith(302, '', { location: elsewhere.jwksUri });
    await expect(createTokenVerifier(settings())(await issuer.sign())).rejects.toMatchObject({ code: '503000' });
    expect(issuer.fetches()).toBe(1);
    expect(elsewhere.fetches()).toBe(0);
    elsewhere.stop();
  });
});
