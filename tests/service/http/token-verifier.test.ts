import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen } from '../../../infra/local/ports.ts';
import { createTokenVerifier } from '../../../lib/service/http/token-verifier.ts';
import { type CapturedLog, captureLog } from '../../support/captured-log.ts';
import { startIssuer, type TestIssuer } from '../../support/issuer.ts';
import { expectRefusal, startService, type TestReply, type TestService } from '../../support/service.ts';
import { testIssuer, testSettings } from '../../support/settings.ts';

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
  const issuers = [testIssuer({ issuer: 'i', jwksUri: 'https://i.test/', algorithms: ['RS256'], realms: ['r'] })];
  const verify = createTokenVerifier(testSettings({ issuers }), async () => new Response(jwks));
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
    'a realm that is a list': () => ({ rlm: ['myrealm'] }),
    'an ID token': () => ({ nonce: 'n' }),
    'a logout token': () => ({ events: {} }),
  };
  it.each(Object.keys(cases))('401300 for %s', async (name) => {
    await expect401(await callWithToken(await service.issuer.sign({ permissions, ...cases[name]?.() })));
  });

  it.each([1, true, [{}], [['account:createApp']], ['account:createApp', null]])(
    '403403 where the permissions are %j, which is no list of texts',
    async (wrong) => expectRefusal(await callWithToken(await service.issuer.sign({ permissions: wrong })), '403403'),
  );

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
    const tooLong = await callWithToken(await service.issuer.sign({ permissions, more: 'x'.repeat(8192) }));
    await expect401(tooLong);
    expect(tooLong.body.cause).toBe('The access token is longer than 8192 characters.');
    await expect401(await callWithToken('eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..aaaa.bbbb.cccc'));
    await expect401(await callWithToken(`${token.slice(0, -4)}AAAA`));
  });
});

describe('security 5: fetching keys', () => {
  let issuer: TestIssuer;
  const settings = (maxStaleSeconds = 21_600, jwksUri = issuer.jwksUri) =>
    testSettings({
      issuers: [testIssuer({ issuer: issuer.issuer, jwksUri, realms: ['r'] })],
      issuerKeys: { maxStaleSeconds },
    });
  const unfetched = {
    code: '503000',
    parts: { cause: 'The keys of the token issuer could not be fetched. Nothing was changed.' },
  };
  const unusable = {
    code: '503000',
    parts: { cause: 'The keys of the token issuer were fetched, but cannot be used. Nothing was changed.' },
  };
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
    vi.useFakeTimers({ toFake: ['Date'] });
    const verify = createTokenVerifier(settings());
    await verify(await issuer.sign());
    for (let index = 0; index < 20; index += 1) {
      await expect(verify(await issuer.sign({}, unknownKid()))).rejects.toMatchObject({ code: '401300' });
    }
    expect(issuer.fetches()).toBe(1);
    await expect(verify(await issuer.sign())).resolves.toMatchObject({ principal: 'demo', realm: 'r' });
    vi.useRealTimers();
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
    await expect(createTokenVerifier(settings())(await issuer.sign())).rejects.toMatchObject(unusable);
  });

  it('503 when the issuer is down', async () => {
    const token = await issuer.sign();
    issuer.stop();
    await expect(createTokenVerifier(settings())(token)).rejects.toMatchObject(unfetched);
  });

  it('503 when the issuer accepts the request and never ends its answer', async () => {
    const slow = createServer((_request, response) => void response.writeHead(200).write('{"keys":['));
    const port = await listen(slow);
    const verify = createTokenVerifier(settings(600, `http://127.0.0.1:${port}/`));
    await expect(verify(await issuer.sign())).rejects.toMatchObject(unfetched);
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

  describe('a key that the issuer also gives for signing, or beside what is no key', () => {
    it.each<[string, (jwk: object) => unknown[]]>([
      ['key_ops of sign and verify', (jwk) => [{ ...jwk, key_ops: ['sign', 'verify'] }]],
      ['key_ops named twice', (jwk) => [{ ...jwk, key_ops: ['verify', 'verify'] }]],
      ['key_ops of a use to come', (jwk) => [{ ...jwk, key_ops: ['x', 'verify'] }]],
      ['ext', (jwk) => [{ ...jwk, ext: 'true' }]],
      ['null beside it', (jwk) => [null, jwk]],
      ['texts and lists beside it', (jwk) => ['x', jwk, [jwk]]],
      ['a key without anything beside it', (jwk) => [{}, jwk]],
      ['a broken key beside it', (jwk) => [{ ...jwk, kid: 'broken', x: '!' }, jwk]],
      ['a key of a kind to come beside it', (jwk) => [{ kty: 'AKP', kid: 'new', alg: 'ML-DSA-44', pub: 'AA' }, jwk]],
      ['a key with wrong types beside it', (jwk) => [{ kty: 1, kid: {}, alg: [], use: 2, key_ops: 'verify' }, jwk]],
    ])('%s: its tokens are accepted', async (_, keysOf) => {
      issuer.answerWith(200, JSON.stringify({ keys: keysOf(issuer.publicJwk) }));
      await expect(createTokenVerifier(settings())(await issuer.sign())).resolves.toMatchObject({ principal: 'demo' });
    });

    it('a token of the broken key itself is a 503 that says so', async () => {
      issuer.answerWith(200, JSON.stringify({ keys: [{ ...issuer.publicJwk, x: '!' }] }));
      await expect(createTokenVerifier(settings())(await issuer.sign())).rejects.toMatchObject(unusable);
    });
  });

  describe('while the issuer is down', () => {
    let verify: ReturnType<typeof createTokenVerifier>;
    let log: CapturedLog;
    const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      log = captureLog();
      verify = createTokenVerifier(settings(3_600));
      await verify(await issuer.sign());
      issuer.answerWith(500);
      return () => void vi.useRealTimers();
    });

    it('its known keys serve on for as long as is set, then its tokens are a 503', async () => {
      pass(3_599_000);
      await expect(verify(await issuer.sign())).resolves.toMatchObject({ principal: 'demo' });
      pass(1_001);
      await expect(verify(await issuer.sign())).rejects.toMatchObject(unfetched);
    });

    it('each fetch that failed is a warning with a metric, and there is one for each cool-down', async () => {
      pass(600_000);
      for (let time = 0; time < 20; time += 1) await verify(await issuer.sign());
      expect(issuer.fetches()).toBe(2);
      const warning = { event: 'issuer-keys', level: 'WARN', issuer: 'https://keys.test', result: 'stale' };
      const why = "Error: the key set's server responded with status 500";
      expect(log.records()).toMatchObject([{ ...warning, ageSeconds: 600, why, IssuerKeysFailures: 1 }]);
      pass(5_000);
      await verify(await issuer.sign());
      expect(issuer.fetches()).toBe(3);
    });

    it('an unknown key id is a 503, as long as the known keys are fresh and after that', async () => {
      for (const waitMs of [30_000, 600_000]) {
        pass(waitMs);
        await expect(verify(await issuer.sign({}, unknownKid()))).rejects.toMatchObject(unfetched);
      }
    });

    it('what it answers that is no key set does not take the place of its known keys', async () => {
      issuer.answerWith(200, '<html>');
      pass(600_000);
      await expect(verify(await issuer.sign())).resolves.toMatchObject({ principal: 'demo' });
      expect(log.records()).toMatchObject([{ result: 'stale', why: expect.stringContaining('SyntaxError') }]);
    });

    it('a key that it has removed is rejected after the next fetch that succeeds', async () => {
      pass(600_000);
      await verify(await issuer.sign());
      issuer.answerWith(200, JSON.stringify({ keys: [{ ...issuer.publicJwk, kid: 'successor' }] }));
      pass(5_000);
      await expect(verify(await issuer.sign())).rejects.toMatchObject({ code: '401300' });
      await expect(verify(await issuer.sign({}, { kid: 'successor' }))).resolves.toMatchObject({ principal: 'demo' });
    });

    it('a clock that is put back does not make old keys fresh', async () => {
      pass(-3_600_000);
      await expect(verify(await issuer.sign())).rejects.toMatchObject(unfetched);
    });
  });
});

describe('a token has one form: 401300 for any other that decodes to the same', () => {
  const forms: Record<string, (parts: string[]) => string> = {
    'padding after its signature': ([header, payload, signature]) => `${header}.${payload}.${signature}==`,
    'one sign of padding after its signature': ([header, payload, signature]) => `${header}.${payload}.${signature}=`,
    'padding after its header': ([header, payload, signature]) => `${header}=.${payload}.${signature}`,
    'padding after its payload': ([header, payload, signature]) => `${header}.${payload}=.${signature}`,
    'characters of base64': ([header, payload, signature]) =>
      `${header}.${payload}.${signature?.replaceAll('-', '+').replaceAll('_', '/')}+`,
    'bits that mean nothing': ([header, payload, signature = '']) =>
      `${header}.${payload}.${signature.slice(0, -1)}${nextTo(signature.at(-1))}`,
    'a fourth part': (parts) => `${parts.join('.')}.`,
  };

  it.each(Object.keys(forms))('%s', async (name) => {
    const token = await service.issuer.sign({ permissions });
    expect((await callWithToken(token)).statusCode).toBe(200);
    await expect401(await callWithToken(forms[name]?.(token.split('.')) ?? ''));
  });

  /** @returns a character whose first two bits, all that 64 bytes leave to the last one, are the same */
  function nextTo(last = ''): string {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return alphabet[alphabet.indexOf(last) + 1] ?? '';
  }

  it.each([' ', '\n', '\t', '\u0000', '!', '=', '%3D'])('%j inside a part', async (text) => {
    const { issuer: name, jwksUri } = service.issuer;
    const issuers = [testIssuer({ issuer: name, jwksUri, realms: ['myrealm'] })];
    const verify = createTokenVerifier(testSettings({ issuers }));
    const token = await service.issuer.sign();
    for (const at of [10, token.indexOf('.') + 10, token.lastIndexOf('.') + 10, token.length]) {
      const changed = `${token.slice(0, at)}${text}${token.slice(at)}`;
      await expect(verify(changed)).rejects.toMatchObject({ code: '401300' });
    }
  });
});
