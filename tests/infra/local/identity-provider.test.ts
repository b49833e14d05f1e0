import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { choosePorts } from '../../../infra/local/addresses.ts';
import { demoUsers } from '../../../infra/local/demo-users.ts';
import { signInSettings, startIdentityProvider } from '../../../infra/local/identity-provider.ts';
import { openSigningKey } from '../../../infra/local/issuer.ts';
import { freePort } from '../../../infra/local/ports.ts';
import { useLocalService } from '../../support/local-service.ts';

const service = useLocalService({ rateLimit: 'off' });

const verifier = 'v'.repeat(43);
const challenge = createHash('sha256').update(verifier).digest('base64url');
const redirectUri = () => `${service().url}/console`;

/** A browser as far as a sign-in needs one: it has cookies, and follows redirects until one leads away. */
class Visitor {
  readonly cookies = new Map<string, string>();

  async ask(url: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await fetch(url, { ...init, redirect: 'manual', headers: { cookie, ...init.headers } });
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const location = reply.headers.get('location');
    const next = location === null ? null : URL.parse(location, url);
    return next?.origin === new URL(url).origin ? this.ask(next.href) : reply;
  }
}

function authorizationUrl(issuer: string, parts: Record<string, string | undefined> = {}): string {
  const values = {
    client_id: 'appkeys',
    response_type: 'code',
    redirect_uri: redirectUri(),
    scope: 'openid offline_access api',
    state: 'the state',
    nonce: 'the nonce',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...parts,
  };
  const present = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${signInSettings(issuer).endpoints.authorization}?${new URLSearchParams(present)}`;
}

/** What the provider sends the visitor back with. */
function answerOf(reply: Response): Record<string, string> {
  const { origin, pathname, searchParams } = new URL(reply.headers.get('location') ?? expect.fail('No redirect.'));
  expect(origin + pathname).toBe(redirectUri());
  return Object.fromEntries(searchParams);
}

async function choose(issuer: string, visitor: Visitor, form: string): Promise<Record<string, string>> {
  const shown = await visitor.ask(authorizationUrl(issuer));
  expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining('Choose a demo user')]);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return answerOf(await visitor.ask(shown.url, { method: 'POST', body: form, headers }));
}

function askForTokens(issuer: string, form: Record<string, string>, headers = {}): Promise<Response> {
  const body = new URLSearchParams({ client_id: 'appkeys', ...form });
  return fetch(signInSettings(issuer).endpoints.token, { method: 'POST', body, headers });
}

type Tokens = Record<'access_token' | 'refresh_token' | 'id_token', string>;

async function signIn(issuer: string, user: string, visitor = new Visitor()): Promise<Tokens> {
  const { code = '' } = await choose(issuer, visitor, `user=${user}`);
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri(), code_verifier: verifier };
  const reply = await askForTokens(issuer, form);
  expect(reply.status).toBe(200);
  return (await reply.json()) as Tokens;
}

const silently = async (issuer: string, visitor: Visitor) =>
  answerOf(await visitor.ask(authorizationUrl(issuer, { prompt: 'none' })));
const refreshed = (issuer: string, { refresh_token }: Tokens, headers = {}) =>
  askForTokens(issuer, { grant_type: 'refresh_token', refresh_token }, headers);

describe('the local identity provider', () => {
  it('says of itself what the service is set to', async () => {
    const { issuer, endpoints } = signInSettings(service().issuer);
    const reply = await fetch(`${issuer}/.well-known/openid-configuration`);
    expect(await reply.json()).toMatchObject({
      issuer,
      authorization_endpoint: endpoints.authorization,
      token_endpoint: endpoints.token,
      end_session_endpoint: endpoints.endSession,
      device_authorization_endpoint: endpoints.deviceAuthorization,
      code_challenge_methods_supported: ['S256'],
    });
  });

  it.each(Object.entries(demoUsers))('gives %s a token that the service accepts', async (user, { permissions }) => {
    const { access_token: token } = await signIn(service().issuer, user);
    const claims = { iss: service().issuer, aud: 'appkeys', sub: user, rlm: 'myrealm', permissions };
    expect(decodeJwt(token)).toMatchObject(claims);
    const reply = await fetch(`${service().url}/apps`, { headers: { Authorization: `Bearer ${token}` } });
    expect([reply.status, await reply.json()]).toMatchObject([200, { principal: user }]);
  });

  it('gives an ID token that is no access token', async () => {
    const { id_token: token } = await signIn(service().issuer, 'admin');
    expect(decodeJwt(token)).toMatchObject({ aud: 'appkeys', nonce: 'the nonce' });
    const reply = await fetch(`${service().url}/apps`, { headers: { Authorization: `Bearer ${token}` } });
    expect(reply.status).toBe(401);
  });

  it('takes a refresh token once, and the session ends when it is used again', async () => {
    const first = await signIn(service().issuer, 'demo');
    const second = await refreshed(service().issuer, first);
    expect(second.status).toBe(200);
    for (const tokens of [first, (await second.json()) as Tokens])
      expect(await (await refreshed(service().issuer, tokens)).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('keeps the sign-ins of other tabs when one is signed in silently, and ends them all with the session', async () => {
    const visitor = new Visitor();
    const [one, other] = [
      await signIn(service().issuer, 'demo', visitor),
      await signIn(service().issuer, 'demo', new Visitor()),
    ];
    expect(await silently(service().issuer, visitor)).toMatchObject({ code: expect.any(String) });
    const renewed = await refreshed(service().issuer, one);
    expect(renewed.status).toBe(200);
    const { endSession = '' } = signInSettings(service().issuer).endpoints;
    const page = await (await visitor.ask(endSession)).text();
    const [, xsrf = ''] = /name="xsrf" value="(\w+)"/.exec(page) ?? [];
    const body = new URLSearchParams({ xsrf, logout: 'yes' });
    await visitor.ask(`${endSession}/confirm`, { method: 'POST', body });
    expect(await silently(service().issuer, visitor)).toMatchObject({ error: 'login_required' });
    expect((await refreshed(service().issuer, (await renewed.json()) as Tokens)).status).toBe(400);
    expect((await refreshed(service().issuer, other)).status).toBe(200);
  });

  it.each(['cancel=yes', 'user=nobody', 'user=__proto__', 'user=', ''])('signs nobody in for %j', async (form) => {
    const answer = await choose(service().issuer, new Visitor(), form);
    expect(answer).toMatchObject({ error: 'access_denied', state: 'the state' });
    expect(answer).not.toHaveProperty('code');
  });

  it('asks a user without a session: a silent sign-in fails', async () => {
    expect(await silently(service().issuer, new Visitor())).toMatchObject({ error: 'login_required' });
  });

  it.each([
    'https://evil.example/console',
    'http://evil.example/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://127.0.0.1/other',
    'http://127.0.0.1/callback/x',
    'http://127.0.0.1/callback?x=y',
    'javascript:alert(1)',
    undefined,
  ])('sends nobody to the redirect URI %s, which is not registered', async (uri) => {
    const reply = await new Visitor().ask(authorizationUrl(service().issuer, { redirect_uri: uri }));
    expect([reply.status, reply.headers.get('location')]).toEqual([400, null]);
    expect(await reply.text()).toContain('You are not signed in');
  });

  it('sends a command line back to any port', async () => {
    const uri = 'http://127.0.0.1:40123/callback';
    const reply = await new Visitor().ask(authorizationUrl(service().issuer, { redirect_uri: uri }));
    expect(await reply.text()).toContain('Choose a demo user');
  });

  it.each([
    ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['a challenge that is the verifier itself', { code_challenge: verifier, code_challenge_method: 'plain' }],
  ])('takes no request with %s', async (_, parts) => {
    const answer = answerOf(await new Visitor().ask(authorizationUrl(service().issuer, parts)));
    expect([answer.error, answer.code]).toEqual(['invalid_request', undefined]);
  });

  it('gives no token for a code without its verifier', async () => {
    for (const code_verifier of [undefined, 'w'.repeat(43)]) {
      const { code = '' } = await choose(service().issuer, new Visitor(), 'user=admin');
      const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri() };
      const reply = await askForTokens(service().issuer, { ...form, ...(code_verifier && { code_verifier }) });
      expect([reply.status, await reply.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
    }
  });

  it.each(['/auth', '/token', '/jwks', '/sign-in/x', '/session/end', '/device', '/.well-known/openid-configuration'])(
    'answers %s only for its own host names',
    async (path) => {
      for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80']) {
        const [response] = await once(get(service().issuer + path, { headers: { Host: host } }), 'response');
        response.resume();
        expect([host, response.statusCode]).toEqual([host, 403]);
      }
    },
  );

  it('lets the pages of the service alone read tokens', async () => {
    const allowed = async (origin: string) => {
      const reply = await refreshed(service().issuer, await signIn(service().issuer, 'demo'), { Origin: origin });
      return [reply.status, reply.headers.get('access-control-allow-origin')];
    };
    const { origin, port } = new URL(service().url);
    for (const own of [origin, `http://localhost:${port}`]) expect(await allowed(own)).toEqual([200, own]);
    for (const other of ['https://evil.example', 'http://127.0.0.1:1', 'http://localhost', 'null'])
      expect(await allowed(other)).toEqual([400, null]);
  });

  it('has cookies that no script reads, under names that another local service does not have', async () => {
    const visitor = new Visitor();
    await signIn(service().issuer, 'demo', visitor);
    const { port } = new URL(service().issuer);
    const names = [...visitor.cookies.keys()];
    expect(names).toContain(`appkeys_session_${port}`);
    for (const name of names) expect(name.replace(/\.sig$/, '')).toMatch(new RegExp(`^appkeys_\\w+_${port}$`));
    const lines = (await fetch(authorizationUrl(service().issuer), { redirect: 'manual' })).headers.getSetCookie();
    expect(lines).not.toHaveLength(0);
    for (const line of lines) expect(line).toMatch(/; samesite=(lax|strict); httponly$/i);
  });

  it('says that a sign-in of a terminal was cancelled', async () => {
    const { deviceAuthorization = '' } = signInSettings(service().issuer).endpoints;
    const body = new URLSearchParams({ client_id: 'appkeys', scope: 'openid' });
    const { user_code, verification_uri } = (await (
      await fetch(deviceAuthorization, { method: 'POST', body })
    ).json()) as {
      user_code: string;
      verification_uri: string;
    };
    const visitor = new Visitor();
    const enter = async (fields: Record<string, string>) => {
      const [, xsrf = ''] = /name="xsrf" value="(\w+)"/.exec(await (await visitor.ask(verification_uri)).text()) ?? [];
      const form = new URLSearchParams({ xsrf, ...fields });
      return (await visitor.ask(verification_uri, { method: 'POST', body: form })).text();
    };
    expect(await enter({ user_code: 'WRNG-CODE' })).toContain('This code is unknown or has expired. Try again.');
    const page = await enter({ user_code, confirm: 'yes', abort: 'yes' });
    expect(page).toContain('The sign-in was cancelled. You can close this page.');
    expect(page).not.toContain('<form');
  });

  it('revokes a refresh token', async () => {
    const tokens = await signIn(service().issuer, 'demo');
    const body = new URLSearchParams({ client_id: 'appkeys', token: tokens.refresh_token });
    const reply = await fetch(`${service().issuer}/token/revocation`, { method: 'POST', body });
    expect([reply.status, (await refreshed(service().issuer, tokens)).status]).toEqual([200, 400]);
  });

  it('writes nothing into the log of the service', () => {
    expect(service().output()).not.toMatch(/oidc|warning|notice/i);
  });
});

describe('its records', () => {
  const folders: string[] = [];
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'appkeys-'));
    folders.push(folder);
    return folder;
  }

  /** Starts a provider of its own for the pages of the service. */
  async function start(folder: string, issuerPort: number) {
    const httpPort = Number(new URL(service().url).port);
    const provider = await startIdentityProvider(
      { httpPort, issuerPort },
      { key: await openSigningKey(folder), folder },
    );
    stops.push(provider.stop);
    return provider;
  }

  const fileIn = (folder: string) => join(folder, 'identity-provider.json');

  it('survive a restart: nobody is signed out', async () => {
    const [folder, port, visitor] = [newFolder(), await freePort(), new Visitor()];
    const { issuer, stop } = await start(folder, port);
    const tokens = await signIn(issuer, 'reader', visitor);
    stop();
    await start(folder, port);
    expect(await silently(issuer, visitor)).toMatchObject({ code: expect.any(String) });
    const reply = await refreshed(issuer, tokens);
    expect(reply.status).toBe(200);
    expect(decodeJwt(((await reply.json()) as Tokens).access_token).sub).toBe('reader');
  });

  it.each(['', '{', '{}', 'null', '"x"', '[1]', '[[1,2]]', '[["Session:x",null]]', '[["Session:x",{"payload":{}}]]'])(
    'are as good as none in the file %j: everybody signs in again',
    async (text) => {
      const [folder, port, visitor] = [newFolder(), await freePort(), new Visitor()];
      const { issuer, stop } = await start(folder, port);
      await signIn(issuer, 'demo', visitor);
      stop();
      writeFileSync(fileIn(folder), text);
      await start(folder, port);
      expect(await silently(issuer, visitor)).toMatchObject({ error: 'login_required' });
      await signIn(issuer, 'demo', visitor);
      expect(await silently(issuer, visitor)).toMatchObject({ code: expect.any(String) });
    },
  );

  it('are for their owner alone, and no half of them is ever there', async () => {
    const [folder, port] = [newFolder(), await freePort()];
    writeFileSync(fileIn(folder), '[]');
    chmodSync(fileIn(folder), 0o644);
    const { issuer } = await start(folder, port);
    await signIn(issuer, 'demo');
    expect(statSync(fileIn(folder)).mode & 0o777).toBe(0o600);
    expect(existsSync(`${fileIn(folder)}.new`)).toBe(false);
    expect(() => JSON.parse(readFileSync(fileIn(folder), 'utf8'))).not.toThrow();
  });
});

describe('its port', () => {
  it('is the next one', async () => {
    const httpPort = await freePort();
    expect(await choosePorts(httpPort, undefined)).toMatchObject({ httpPort, issuerPort: httpPort + 1 });
  });

  it('is another one when direct invocations have the next one', async () => {
    const httpPort = await freePort();
    const { issuerPort, lambdaPort } = await choosePorts(httpPort, httpPort + 1);
    expect(lambdaPort).toBe(httpPort + 1);
    expect([httpPort, lambdaPort]).not.toContain(issuerPort);
  });
});
