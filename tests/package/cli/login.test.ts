import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../../../infra/local/ports.ts';
import { receiveRedirect } from '../../../lib/package/cli/redirect-listener.ts';
import { runCommandLine, useCommandLine } from '../../support/command-line.ts';
import { useLocalService } from '../../support/local-service.ts';
import {
  deviceAnswer,
  discoveryAnswer,
  type FakeAnswer,
  idToken,
  signInSettings,
  tokenAnswer,
  useFakeProvider,
} from './fake-provider.ts';
import { session, useHome } from './home.ts';
import { createWebUser } from './web-user.ts';

const provider = useFakeProvider();
const home = useHome();
const commandLine = useCommandLine();
const service = useLocalService();

const login = (...args: string[]) => home().run(['login', '--url', provider().url, ...args]);
const configure = (other: object) => {
  provider().answers['GET /console/sign-in.json'] = { body: signInSettings(provider().url, other) };
};
const discovery = 'GET /.well-known/openid-configuration';
const pending = { status: 400, body: { error: 'authorization_pending' } };

afterEach(() => void vi.restoreAllMocks());

describe('the settings of the sign-in', () => {
  const words = (status: number) => `with status ${status}, does not say how to sign in. Check the URL.`;

  const { endpoints: plain } = signInSettings('http://localhost');

  it.each<[string, FakeAnswer, string]>([
    [
      'there are none',
      { status: 404, body: { code: '404404' } },
      'Check the URL, or set APPKEYS_TOKEN to an access token.',
    ],
    ['no JSON', { body: '<html>', isHtml: true }, words(200)],
    ['other JSON', { body: { issuer: 'x' } }, words(200)],
    ['null', { body: null }, words(200)],
    ['no text for a parameter', { body: { ...signInSettings('http://localhost'), parameters: { a: 1 } } }, words(200)],
    ['a rejection', { status: 403, body: {} }, words(403)],
    ['an error', { status: 500, body: {} }, 'responded with status 500. Try again later.'],
    [
      'a redirect',
      { status: 302, location: 'https://sso.invalid/login?secret=x' },
      'redirects to https://sso.invalid (status 302). Check the URL.',
    ],
    ['a redirect to nowhere', { status: 302 }, words(302)],
    [
      'an endpoint that is no URL',
      { body: signInSettings('nonsense') },
      'The authorization_endpoint of the identity provider is not an https URL.',
    ],
    [
      'an endpoint of another kind',
      { body: signInSettings('http://localhost', { endpoints: { ...plain, endSession: 'file://x' } }) },
      'The end_session_endpoint of the identity provider is not an https URL.',
    ],
    [
      'an issuer that is no URL',
      { body: signInSettings('http://localhost', { issuer: 'nonsense' }) },
      'The issuer of the identity provider is not an https URL.',
    ],
    [
      'plain http',
      { body: signInSettings('http://idp.invalid') },
      'The identity provider at http://idp.invalid uses plain http',
    ],
  ])('1 when the answer is: %s', async (_, answer, reason) => {
    provider().answers['GET /console/sign-in.json'] = answer;
    const { code, stdout, stderr } = await login();
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(reason)]);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  it('1 when no answer comes', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const stderr = `appkeys: There was no response from ${url} (ECONNREFUSED). Check the URL, and check that the service is running.\n`;
    expect(await home().run(['login', '--url', url])).toEqual({ code: 1, stdout: '', stderr });
  });

  it('--insecure allows plain http', async () => {
    provider().answers['GET /console/sign-in.json'] = { body: signInSettings('http://idp.invalid') };
    expect((await login('--insecure')).stderr).toContain('http://idp.invalid cannot be reached');
  });

  it.each([
    ['authorization', 'authorization_endpoint'],
    ['token', 'token_endpoint'],
    ['endSession', 'end_session_endpoint'],
    ['deviceAuthorization', 'device_authorization_endpoint'],
  ])('1 when the %s endpoint is not that of the identity provider: nobody signs in', async (name, known) => {
    const { url } = provider();
    const { endpoints } = signInSettings(url);
    configure({ endpoints: { ...endpoints, [name]: `${url}/foreign` } });
    for (const args of [[], ['--no-device']]) {
      const words = `The identity provider at ${url} does not have the ${known} that the service names.`;
      const stderr = `appkeys: ${words} Check the URL, or tell the operators of the service.\n`;
      expect(await login(...args)).toEqual({ code: 1, stdout: '', stderr });
    }
    expect([...new Set(provider().seen.map(({ line }) => line))]).toEqual(['GET /console/sign-in.json', discovery]);
    expect(existsSync(join(home().env.XDG_CONFIG_HOME ?? '', 'opened'))).toBe(false);
  });

  it.each<[string, FakeAnswer]>([
    ['nothing', { status: 404, body: {} }],
    ['another issuer', { body: discoveryAnswer('http://localhost') }],
    ['a page', { body: '<html>', isHtml: true }],
  ])('1 when the identity provider says of itself: %s', async (_, answer) => {
    provider().answers[discovery] = answer;
    const words = `The identity provider at ${provider().url} sent an invalid response.`;
    expect(await login()).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(words) });
    expect(provider().seen).toHaveLength(2);
  });

  it.each([
    ['ftp://x', 'must be an http or https URL'],
    ['http://appkeys.invalid', 'uses plain http'],
  ])('2 for the URL %s', async (url, reason) => {
    const outcome = await home().run(['login', '--url', url]);
    expect(outcome).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(reason) });
  });

  it.each(['0', '65536', 'x', ''])('2 for --port %j', async (port) => {
    expect(await login('--port', port)).toMatchObject({ code: 2, stderr: expect.stringContaining('1 to 65535') });
  });
});

describe('a sign-in with a code', () => {
  it('shows the address and the code, opens the browser, and keeps the session', async () => {
    const { url } = provider();
    configure({ commandLineClientId: 'terminal', parameters: { audience: 'api', scope: 'mine' } });
    provider().answers['POST /token'] = [pending, { body: tokenAnswer() }];
    expect(await login()).toEqual({
      code: 0,
      stdout: '',
      stderr: `Open ${url}/activate in a browser and enter the code AB-CD\nYou are signed in to ${url} as demo. The profile is default.\n`,
    });
    expect(await home().opened()).toBe(`${url}/activate?code=AB`);
    const [, , device, first, second] = provider().seen;
    expect(device).toMatchObject({ form: { client_id: 'terminal', scope: 'openid api', audience: 'api' } });
    expect([first?.form, second?.form]).toEqual(
      Array(2).fill({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: 'device-code',
        client_id: 'terminal',
      }),
    );
    expect(home().read()).toEqual({
      current: 'default',
      profiles: {
        default: {
          ...session(url, { clientId: 'terminal', accessToken: 'access-2', refreshToken: 'refresh-2' }),
          principal: 'demo',
          expiresAt: expect.any(Number),
        },
      },
    });
  });

  it('needs no browser', async () => {
    process.env.PATH = '';
    expect(await login()).toMatchObject({ code: 0 });
  });

  it('asks less often after slow_down', async () => {
    provider().answers['POST /token'] = [{ status: 400, body: { error: 'slow_down' } }, { body: tokenAnswer() }];
    const start = performance.now();
    expect(await login()).toMatchObject({ code: 0 });
    expect(performance.now() - start).toBeGreaterThan(5_000);
  });

  it('asks no more often than every 5 seconds where no interval is given', async () => {
    provider().answers['POST /device'] = { body: deviceAnswer(provider().url, { interval: undefined }) };
    const start = performance.now();
    expect(await login()).toMatchObject({ code: 0 });
    expect(performance.now() - start).toBeGreaterThan(5_000);
  });

  it.each<[string, object]>([
    ['when the code has expired', { expires_in: 0.1 }],
    ['when it expires before the next question', { expires_in: 0.1, interval: 2 ** 40 }],
  ])('1 %s', async (_, device) => {
    provider().answers['POST /device'] = { body: deviceAnswer(provider().url, device) };
    provider().answers['POST /token'] = pending;
    const { code, stderr } = await login();
    expect([code, stderr.split('\n')[1]]).toEqual([1, 'appkeys: The code has expired. Run the command again.']);
  });

  it.each<[string, FakeAnswer, string]>([
    [
      'is cancelled',
      { status: 400, body: { error: 'access_denied' } },
      'You are not signed in: the sign-in was cancelled.',
    ],
    [
      'has an expired code',
      { status: 400, body: { error: 'expired_token' } },
      'The code has expired. Run the command again.',
    ],
    ['is rejected', { status: 400, body: { error: 'invalid_client' } }, 'rejected the request: invalid_client.'],
    ['gets an error', { status: 502, body: 'x', isHtml: true }, 'sent an invalid response.'],
    ['gets no JSON', { body: 'x' }, 'sent an invalid response.'],
    ['gets no token', { body: {} }, 'sent an invalid response.'],
    [
      'gets an ID token for another client',
      { body: tokenAnswer({ id_token: idToken({ iss: 'x', aud: 'y' }) }) },
      'sent an invalid response.',
    ],
  ])('1 when it %s; the old session stays', async (_, answer, words) => {
    home().write({ current: 'default', profiles: { default: session(provider().url) } });
    const before = home().read();
    provider().answers['POST /token'] = answer;
    const { code, stdout, stderr } = await login();
    expect([code, stdout, stderr.split('\n').length, stderr]).toEqual([1, '', 3, expect.stringContaining(words)]);
    expect(home().read()).toEqual(before);
  });

  it.each<[string, FakeAnswer, string]>([
    [
      'an error',
      { status: 401, body: { error: 'unauthorized_client' } },
      'rejected the request: unauthorized_client. Try again with --no-device.',
    ],
    ['no JSON', { body: '<html>', isHtml: true }, 'sent an invalid response.'],
    ['a redirect', { status: 302 }, 'sent an invalid response.'],
    [
      'an address that is no web page',
      { body: deviceAnswer('file:///etc') },
      'The verification_uri of the identity provider is not an https URL.',
    ],
  ])('1 when the request for a code gets %s', async (_, answer, words) => {
    provider().answers['POST /device'] = answer;
    const { code, stderr } = await login();
    expect([code, stderr.split('\n').length, stderr]).toEqual([1, 2, expect.stringContaining(words)]);
  });

  it('1 when the identity provider is slow', async () => {
    const { timeout } = AbortSignal;
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout.call(AbortSignal, ms / 50));
    provider().answers['POST /device'] = { isLost: true };
    const words = `The identity provider at ${provider().url} did not respond within 10 seconds. Try again later.`;
    expect(await login()).toEqual({ code: 1, stdout: '', stderr: `appkeys: ${words}\n` });
  });

  it('says when the session ends that cannot be renewed, and what wins over it', async () => {
    provider().answers['POST /token'] = { body: tokenAnswer({ refresh_token: undefined }) };
    const { stderr } = await home().run(['login', '--url', provider().url], { APPKEYS_TOKEN: 'mine' });
    expect(stderr).toMatch(
      /The profile is default\. The session ends at \d{4}-.+Z\.\nAPPKEYS_TOKEN or --token overrides/,
    );
  });

  it('what the identity provider says never acts on the terminal', async () => {
    provider().answers['POST /device'] = { body: deviceAnswer(provider().url, { user_code: '\u001b]0;owned\u0007' }) };
    expect((await login()).stderr).toContain('\\u001b]0;owned\\u0007');
  });
});

describe('the profile of a login', () => {
  const at = (path: string) => {
    provider().answers[`GET ${path}/console/sign-in.json`] = { body: signInSettings(provider().url) };
    return `${provider().url}${path}`;
  };
  const log = async (args: string[], env = {}) => {
    const { code, stderr } = await home().run(['login', ...args], env);
    expect([code, stderr]).toEqual([0, expect.stringContaining('You are signed in')]);
    return home().read().current;
  };

  it('is default, then named by the service, then that of the service', async () => {
    const [first, second] = [at(''), at('/prod')];
    const named = `${new URL(second).host.replace(':', '-')}-prod`;
    expect(await log(['--url', first])).toBe('default');
    expect(await log(['--url', `${second}/`])).toBe(named);
    expect(await log(['--url', first])).toBe('default');
    expect(await log(['--url', second])).toBe(named);
    expect(await log([])).toBe(named);
    expect(Object.keys(home().read().profiles)).toEqual(['default', named]);
  });

  it('is that of --profile, which can get another service', async () => {
    const [first, second] = [at(''), at('/prod')];
    expect(await log(['--url', first, '--profile', 'mine'])).toBe('mine');
    expect(await log(['--profile', 'mine'])).toBe('mine');
    expect(home().read().profiles.mine?.url).toBe(first);
    expect(await log(['--url', second, '--profile', 'mine'])).toBe('mine');
    expect(home().read().profiles.mine?.url).toBe(second);
  });

  it('is that of APPKEYS_PROFILE, unless that is of another service', async () => {
    const [first, second] = [at(''), at('/prod')];
    expect(await log(['--url', first], { APPKEYS_PROFILE: 'mine' })).toBe('mine');
    expect(await log(['--url', second], { APPKEYS_PROFILE: 'mine' })).toBe('default');
    expect(home().read().profiles.mine?.url).toBe(first);
  });

  it('says which session it replaces: of another principal, or at another service', async () => {
    const [first, second] = [at(''), at('/prod')];
    const replaced = async (url: string, principal: string) => {
      provider().answers['GET /apps'] = { body: { principal, items: [] } };
      const { stderr } = await home().run(['login', '--url', url, '--profile', 'mine']);
      return stderr.split('\n').slice(1, -1);
    };
    const signedIn = (who: string, url = first) => `You are signed in to ${url}${who}. The profile is mine.`;
    const replaces = (what: string) => `This sign-in replaces the session${what} at ${first}.`;
    expect(await replaced(first, 'ann')).toEqual([signedIn(' as ann')]);
    expect(await replaced(first, 'ann')).toEqual([signedIn(' as ann')]);
    expect(await replaced(first, 'bob')).toEqual([signedIn(' as bob'), replaces(' of ann')]);
    expect(await replaced(second, 'bob')).toEqual([signedIn('', second), replaces(' of bob')]);
    home().write({ profiles: { mine: session(first) } });
    expect(await replaced(second, 'bob')).toEqual([signedIn('', second), replaces('')]);
  });

  it('2 for a name that is none', async () => {
    const outcome = await login('--profile', 'two words');
    expect(outcome).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The name of a profile must be 1 to 100'),
    });
  });
});

describe('a sign-in with a redirect', () => {
  /** Starts a login, up to where the browser is opened. */
  async function begin(args: string[] = []) {
    const port = await freePort();
    const ended = login('--no-device', '--port', String(port), ...args);
    const address = new URL(await home().opened());
    return { ended, port, asked: address.searchParams, address };
  }

  /** The browser comes back. @returns the page that it shows */
  async function comeBack(port: number, answer: Record<string, string>, host = '127.0.0.1') {
    const response = await fetch(`http://${host}:${port}/callback?${new URLSearchParams(answer)}`);
    return { status: response.status, page: await response.text(), headers: response.headers };
  }

  const signedIn = (asked: URLSearchParams, claims = {}) => {
    const id_token = idToken({ iss: provider().url, aud: 'console', nonce: asked.get('nonce'), ...claims });
    provider().answers['POST /token'] = { body: tokenAnswer({ id_token }) };
    return { code: 'the-code', state: asked.get('state') ?? '' };
  };

  it('goes to the identity provider with PKCE, and keeps the session', async () => {
    configure({ parameters: { resource: 'urn:api', state: 'mine' } });
    const { ended, port, asked, address } = await begin();
    expect(`${address.origin}${address.pathname}`).toBe(`${provider().url}/auth`);
    expect(Object.fromEntries(asked)).toEqual({
      resource: 'urn:api',
      response_type: 'code',
      client_id: 'console',
      redirect_uri: `http://localhost:${port}/callback`,
      scope: 'openid api',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    const { status, page, headers } = await comeBack(port, signedIn(asked));
    expect([status, page]).toEqual([200, expect.stringContaining('You can close this page')]);
    expect(headers.get('cache-control')).toBe('no-store');
    const { code, stdout, stderr } = await ended;
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain(`Open this address in a browser on this machine:\n${address}\nYou are signed in to`);
    expect(provider().seen.find(({ line }) => line === 'POST /token')).toMatchObject({
      form: { code: 'the-code', redirect_uri: `http://localhost:${port}/callback`, client_id: 'console' },
    });
    expect(home().read().profiles.default).toMatchObject({ accessToken: 'access-2', refreshToken: 'refresh-2' });
  });

  it('is what is left where there are no codes', async () => {
    const { url } = provider();
    configure({ endpoints: { authorization: `${url}/auth`, token: `${url}/token` }, scope: 'api' });
    const port = await freePort();
    const ended = login('--port', String(port));
    const asked = new URL(await home().opened()).searchParams;
    expect(asked.has('nonce')).toBe(false);
    provider().answers['POST /token'] = { body: tokenAnswer() };
    await comeBack(port, { code: 'x', state: asked.get('state') ?? '' });
    expect(await ended).toMatchObject({ code: 0 });
  });

  it.each<[string, (asked: URLSearchParams) => Record<string, string>, string]>([
    ['another nonce', (asked) => signedIn(asked, { nonce: 'x' }), 'sent an invalid response.'],
    ['no nonce', (asked) => signedIn(asked, { nonce: undefined }), 'sent an invalid response.'],
    ['an ID token of another issuer', (asked) => signedIn(asked, { iss: 'x' }), 'sent an invalid response.'],
    ['an answer of another issuer', (asked) => ({ ...signedIn(asked), iss: 'http://x' }), 'sent an invalid response.'],
    ['no code', (asked) => ({ state: asked.get('state') ?? '' }), 'sent an invalid response.'],
    [
      'a cancelled sign-in',
      (asked) => ({ ...signedIn(asked), error: 'access_denied' }),
      'You are not signed in: the sign-in was cancelled.',
    ],
    [
      'an error',
      (asked) => ({ ...signedIn(asked), error: 'invalid_scope', error_description: 'No \u001b such scope.' }),
      'The identity provider did not sign you in: invalid_scope (No \\u001b such scope).',
    ],
  ])('1 with %s, and the browser shows that', async (_, answer, words) => {
    const { ended, port, asked } = await begin();
    const { status, page } = await comeBack(port, answer(asked));
    expect([status, page]).toEqual([400, expect.stringContaining('Your terminal says why.')]);
    const { code, stdout, stderr } = await ended;
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(words)]);
    expect(() => home().read()).toThrow('ENOENT');
  });

  const namesIssuer = () => {
    const body = discoveryAnswer(provider().url, { authorization_response_iss_parameter_supported: true });
    provider().answers[discovery] = { body };
  };

  it('takes an answer that names the issuer', async () => {
    namesIssuer();
    const { ended, port, asked } = await begin();
    await comeBack(port, { ...signedIn(asked), iss: provider().url });
    expect(await ended).toMatchObject({ code: 0 });
  });

  it('1 with an answer that does not name the issuer, of a provider whose answers do: no code is sent', async () => {
    namesIssuer();
    const { ended, port, asked } = await begin();
    await comeBack(port, signedIn(asked));
    expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining('an invalid response.') });
    expect(provider().count('POST /token')).toBe(0);
  });

  it('1 when the code would go to another place than it is from, and no answer names the issuer', async () => {
    const { url } = provider();
    const elsewhere = { authorization: 'https://idp.invalid/auth', token: `${url}/token` };
    configure({ endpoints: elsewhere });
    const body = discoveryAnswer(url, { authorization_endpoint: elsewhere.authorization });
    provider().answers[discovery] = { body };
    const words = `The identity provider signs users in at https://idp.invalid and issues tokens at ${url}`;
    expect(await login('--no-device')).toMatchObject({ code: 1, stderr: expect.stringContaining(words) });
    expect(existsSync(join(home().env.XDG_CONFIG_HOME ?? '', 'opened'))).toBe(false);
  });

  it('1 when the code is not accepted', async () => {
    const { ended, port, asked } = await begin();
    const answer = signedIn(asked);
    provider().answers['POST /token'] = {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'the-code' },
    };
    expect((await comeBack(port, answer)).status).toBe(400);
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('rejected the request: invalid_grant.')]);
    expect(stderr).not.toContain('the-code');
  });

  it('does not end with other requests, and takes either address of localhost', async () => {
    const { ended, port, asked } = await begin();
    for (const path of ['/favicon.ico', '/callback/x', '//'])
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/callback`, { method: 'POST' })).status).toBe(404);
    await comeBack(port, signedIn(asked), 'localhost');
    expect(await ended).toMatchObject({ code: 0 });
    await expect(fetch(`http://127.0.0.1:${port}/callback`)).rejects.toThrow();
  });

  it.each<[string, Record<string, string>]>([
    ['another state', { code: 'x', state: 'x' }],
    ['no state', { code: 'x' }],
    ['an error of another sign-in', { error: 'access_denied', state: 'x' }],
  ])('goes on after %s, and the browser says what to do', async (_, foreign) => {
    const { ended, port, asked } = await begin();
    const { status, page } = await comeBack(port, foreign);
    expect([status, page]).toEqual([400, expect.stringContaining('Open the address that your terminal shows')]);
    await comeBack(port, signedIn(asked));
    expect(await ended).toMatchObject({ code: 0 });
  });

  it('1 when the port is in use: nothing is opened', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const words = `Port ${port} is in use. Free it, or choose another port with --port N. The identity provider must allow http://localhost:N/callback.`;
    expect(await login('--no-device', '--port', String(port))).toEqual({
      code: 1,
      stdout: '',
      stderr: `appkeys: ${words}\n`,
    });
  });

  it('ends when nobody comes', async () => {
    const port = await freePort();
    const waiting = receiveRedirect({ port, state: 'x', patienceMs: 50, begin: () => {}, finish: async () => 'never' });
    await expect(waiting).rejects.toThrow('You did not sign in within 5 minutes. Run the command again.');
    await expect(fetch(`http://127.0.0.1:${port}/callback`)).rejects.toThrow();
  });
});

describe('logout', () => {
  const sessions = (url: string) => ({
    default: session(url),
    other: session(`${url}/other`, { issuer: url, refreshToken: 'of-other' }),
  });
  const logout = (...args: string[]) => home().run(['logout', ...args]);
  const revoked = () =>
    provider()
      .seen.filter(({ line }) => line === 'POST /revoke')
      .map(({ form }) => form.token);

  it('revokes the refresh token, and removes the profile', async () => {
    const { url } = provider();
    home().write({ current: 'default', profiles: sessions(url) });
    const stderr = `You are signed out of ${url}. The profile was default.\n`;
    expect(await logout()).toEqual({ code: 0, stdout: '', stderr });
    expect(provider().seen.at(-1)?.form).toEqual({ token: 'refresh-1', client_id: 'console' });
    expect([home().read().current, Object.keys(home().read().profiles)]).toEqual([undefined, ['other']]);
  });

  it('--profile names another one, --all all', async () => {
    const { url } = provider();
    home().write({ current: 'default', profiles: sessions(url) });
    expect(await logout('--profile', 'other')).toMatchObject({ code: 0 });
    expect([home().read().current, Object.keys(home().read().profiles)]).toEqual(['default', ['default']]);
    home().write({ current: 'default', profiles: sessions(url) });
    expect(await logout('--all')).toMatchObject({ code: 0 });
    expect(home().read().profiles).toEqual({});
    expect(revoked().sort()).toEqual(['of-other', 'of-other', 'refresh-1']);
  });

  it('names the other profiles that have sessions when nobody is signed in with the usual one', async () => {
    home().write({ profiles: sessions(provider().url) });
    const words = 'You are not signed in, but these profiles have sessions: default, other.';
    const stderr = `${words} To end them, pass --profile NAME or --all.\n`;
    for (const args of [[], ['--url', 'https://appkeys.invalid']])
      expect(await logout(...args)).toEqual({ code: 0, stdout: '', stderr });
    expect(Object.keys(home().read().profiles)).toEqual(['default', 'other']);
  });

  it('2 for both of them', async () => {
    expect(await logout('--all', '--profile', 'x')).toMatchObject({ code: 2 });
  });

  it.each([[[]], [['--all']], [['--url', 'https://appkeys.invalid']]])(
    'says so when nobody is signed in: %j',
    async (args) => {
      expect(await logout(...args)).toEqual({ code: 0, stdout: '', stderr: 'You are not signed in.\n' });
    },
  );

  it.each<[string, Record<string, FakeAnswer>]>([
    ['is broken', { 'GET /.well-known/openid-configuration': { status: 500 } }],
    ['revokes nothing', { 'GET /.well-known/openid-configuration': { body: { issuer: 'x' } } }],
    ['refuses', { 'POST /revoke': { status: 400, body: { error: 'invalid_client' } } }],
  ])('does not fail when the identity provider %s', async (_, answers) => {
    const endSessionEndpoint = `${provider().url}/end`;
    home().write({ current: 'default', profiles: { default: session(provider().url, { endSessionEndpoint }) } });
    Object.assign(provider().answers, answers);
    const { code, stderr } = await logout();
    expect([code, stderr.split('\n').slice(1)]).toEqual([
      0,
      [
        'The identity provider did not revoke the refresh token. The token stays valid there until it expires. To end it earlier, end your sessions at the identity provider, or ask its operators to revoke the token.',
        `To sign out in the browser too, open ${endSessionEndpoint}`,
        '',
      ],
    ]);
    expect(home().read()).toEqual({ profiles: {} });
  });

  it('does not fail when the identity provider is down', async () => {
    const issuer = `http://127.0.0.1:${await freePort()}`;
    home().write({ current: 'default', profiles: { default: session(provider().url, { issuer }) } });
    expect(await logout()).toMatchObject({ code: 0 });
  });
});

describe('at the local identity provider', () => {
  const appkeys = (...args: string[]) => runCommandLine(commandLine, args, { ...home().env });

  async function signIn(user: string, args: string[]) {
    const ended = appkeys('login', '--url', service().url, ...args);
    const page = await createWebUser(user).signIn(await home().opened());
    return { page, ...(await ended) };
  }

  it('signs in with a code; then every command has a token; and signs out', async () => {
    const { code, stdout, stderr, page } = await signIn('demo', []);
    expect([code, stdout, page]).toEqual([0, '', expect.stringContaining('go back to your terminal')]);
    expect(stderr).toMatch(
      /^Open http:\S+\/device in a browser and enter the code [A-Z]{4}-[A-Z]{4}\nYou are signed in/,
    );
    const created = await appkeys('apps', 'create', 'mine');
    const hrn = created.stdout.trim();
    expect(created.code).toBe(0);
    expect(await appkeys('keys', 'create', hrn, '--name', 'ci')).toMatchObject({
      stdout: expect.stringMatching(/^ak_/),
    });
    expect(await appkeys('apps', 'delete', hrn, '--yes')).toMatchObject({ code: 0 });
    expect((await appkeys('logout')).stderr).toMatch(
      /^You are signed out of .+\nTo sign out in the browser too, open /,
    );
    expect(await appkeys('whoami', '--url', service().url)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('You are not signed in to'),
    });
  });

  it('signs in with a redirect, and renews the session', async () => {
    const port = String(await freePort());
    const { code, page } = await signIn('admin', ['--no-device', '--port', port]);
    expect([code, page]).toEqual([0, expect.stringContaining('You are signed in')]);
    const { current, profiles } = home().read();
    const { accessToken, refreshToken } = profiles.default ?? {};
    home().write({ current, profiles: { default: { ...profiles.default, expiresAt: 0 } } });
    expect((await appkeys('whoami')).stdout).toMatch(/^principal +admin\n/);
    const renewed = home().read().profiles.default;
    expect(renewed?.accessToken).not.toBe(accessToken);
    expect(renewed?.refreshToken).not.toBe(refreshToken);
  });

  it('1 when the user cancels, with either of them', async () => {
    const port = String(await freePort());
    for (const args of [[], ['--no-device', '--port', port]]) {
      const { code, stderr } = await signIn('nobody', args);
      expect([code, stderr]).toEqual([1, expect.stringContaining('You are not signed in: the sign-in was cancelled.')]);
    }
  });

  it('a revoked session has ended', async () => {
    await signIn('demo', ['--no-device', '--port', String(await freePort())]);
    const before = home().read();
    expect(await appkeys('logout')).toMatchObject({ code: 0 });
    home().write({ ...before, profiles: { default: { ...before.profiles.default, expiresAt: 0 } } });
    const stderr = 'appkeys: Your session has ended. Run "appkeys login".\n';
    expect(await appkeys('apps', 'list')).toEqual({ code: 1, stdout: '', stderr });
  });
});
