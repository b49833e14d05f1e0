import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen, loopback } from '../../../infra/local/ports.ts';
import { differences, rejections } from '../../../infra/settings/changes.ts';
import { discoveredProvider, discoveryPath, json } from '../../support/discovered-provider.ts';
import { entry, faultOf, readFileWith } from '../../support/settings-file.ts';

const endpoints = { authorization: 'https://login.example/auth', token: 'https://login.example/token' };
const signIn = { issuer: entry.issuer, clientId: 'client', endpoints };

/** A file whose sign-in has these parts, or lacks those that are undefined. */
const withSignIn = (parts: object) => ({
  issuers: [entry],
  console: { ...signIn, ...parts },
});
const letters = (length: number) => 'x'.repeat(length);

describe('the sign-in of a settings file', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('has the default scope, and needs no network when it has its endpoints', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed'));
    const { console: complete } = await readFileWith(withSignIn({}));
    expect(complete).toEqual({ ...signIn, scope: 'openid offline_access' });
    expect(fetched).not.toHaveBeenCalled();
  });

  it('is not there when the file has none', async () => {
    expect(await readFileWith({ issuers: [entry] })).not.toHaveProperty('console');
  });

  it('is compared with what is deployed, and no change of it rejects a token', async () => {
    const [before, after] = [await readFileWith(withSignIn({})), await readFileWith(withSignIn({ scope: 'openid' }))];
    expect(differences(before, after)).toEqual(['console.scope: "openid offline_access" -> "openid"']);
    expect(rejections(before, await readFileWith({ issuers: [entry] }))).toEqual([]);
  });

  it.each<[string, readonly unknown[], readonly unknown[]]>([
    ['issuer', [entry.issuer], ['', letters(1_025), 'a b', 1, null, undefined]],
    ['clientId', ['a', letters(1_024), 'a:b/c'], ['', letters(1_025), 'a b', 1, null, undefined]],
    ['commandLineClientId', ['a', undefined], ['', 'a b', 1, null]],
    ['scope', ['a', 'openid api://x/.default', undefined], ['', ' a', 'a ', 'a  b', 'é', 1, null, ['openid']]],
    ['parameters', [{}, { audience: 'https://x' }, { a: '' }], [[], 'a', { a: 1 }, { a: null }, { a: ['x'] }]],
  ])('%s', async (setting, allowed, refused) => {
    for (const value of allowed)
      expect([value, await faultOf(withSignIn({ [setting]: value }))]).toEqual([value, undefined]);
    for (const value of refused)
      expect([value, await faultOf(withSignIn({ [setting]: value }))]).toEqual([
        value,
        expect.stringMatching(`^stage.yml: console.${setting}\\b[^\\n]*\\.$`),
      ]);
  });

  it('is not there, without an issuer, where the file has only the URL for examples', async () => {
    const exampleUrl = 'https://api.example/v1';
    const { console: complete } = await readFileWith({ issuers: [entry], console: { exampleUrl } });
    expect(complete).toEqual({ exampleUrl });
    expect((await readFileWith(withSignIn({ exampleUrl }))).console).toMatchObject({ ...signIn, exampleUrl });
  });

  it.each(['', 'x', 'http://x', 'ftp://x', 'https://a@x', 1, null])('exampleUrl %j is rejected', async (exampleUrl) => {
    expect(await faultOf({ issuers: [entry], console: { exampleUrl } })).toBe(
      'stage.yml: console.exampleUrl must be an https URL without credentials.',
    );
  });

  const unsafe = ['', 'x', 'http://x', 'ftp://x', 'https://a@x', 'https://a:b@x', 'https://a b', 'https://[', 1, null];

  it.each(['authorization', 'token', 'endSession', 'deviceAuthorization'])('endpoints.%s', async (name) => {
    const fault = (value: unknown, isLocal = false) =>
      faultOf(withSignIn({ endpoints: { ...endpoints, [name]: value } }), isLocal);
    expect(await fault('https://x.example/a?b=c')).toBeUndefined();
    for (const value of unsafe)
      expect([value, await fault(value)]).toEqual([
        value,
        `stage.yml: console.endpoints.${name} must be an https URL without credentials.`,
      ]);
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      expect(await fault(`http://${host}:4000/x`, true)).toBeUndefined();
      expect(await fault(`http://${host}:4000/x`)).toContain('must be an https URL');
    }
    expect(await fault('http://login.example/x', true)).toContain('must be an https URL');
  });

  it.each<[string, unknown, string]>([
    ['is a text', { issuers: [entry], console: 'https://issuer.example' }, 'console must be a group of settings.'],
    [
      'names an issuer that is none',
      withSignIn({ issuer: 'https://other.example' }),
      'console.issuer is not one of the issuers. Add its entry to issuers, or correct it.',
    ],
    [
      'names an issuer with a slash too many',
      withSignIn({ issuer: `${entry.issuer}/` }),
      'console.issuer is not one of the issuers. Add its entry to issuers, or correct it.',
    ],
    [
      'has no client',
      withSignIn({ clientId: undefined }),
      'console.clientId is missing. It must be 1 to 1024 characters without spaces.',
    ],
    [
      'has a secret',
      withSignIn({ clientSecret: 'x' }),
      'console.clientSecret is not a setting. The settings here are: exampleUrl, issuer, clientId, commandLineClientId, scope, parameters, endpoints.',
    ],
    [
      'has half of its endpoints',
      withSignIn({ endpoints: { authorization: endpoints.authorization } }),
      'console.endpoints.token is missing. It must be an https URL without credentials.',
    ],
    [
      'has an endpoint that nobody asks',
      withSignIn({ endpoints: { ...endpoints, userinfo: 'https://x.example' } }),
      'console.endpoints.userinfo is not a setting. The settings here are: authorization, token, endSession, deviceAuthorization.',
    ],
  ])('that %s is one line that says so', async (_, file, message) => {
    expect(await faultOf(file)).toBe(`stage.yml: ${message}`);
  });

  it.each([
    'client_id',
    'code_challenge',
    'code_challenge_method',
    'nonce',
    'prompt',
    'redirect_uri',
    'request',
    'request_uri',
    'response_mode',
    'response_type',
    'scope',
    'state',
  ])('does not take the parameter %s, which it sets itself', async (name) => {
    expect(await faultOf(withSignIn({ parameters: { audience: 'x', [name]: 'x' } }))).toBe(
      `stage.yml: console.parameters.${name} is set by the sign-in itself. Remove this parameter.`,
    );
  });
});

describe('the endpoints of a sign-in without them', () => {
  const provider = discoveredProvider();
  const named = {
    authorization_endpoint: 'https://login.example/auth',
    token_endpoint: 'https://login.example/token',
    end_session_endpoint: 'https://login.example/end',
    device_authorization_endpoint: 'https://login.example/device',
  };
  const document = (parts = {}) => json({ issuer: provider.issuer, ...named, ...parts });
  const file = (parts = {}) => ({
    issuers: [{ ...entry, issuer: provider.issuer }],
    console: { issuer: provider.issuer, clientId: 'client', ...parts },
  });

  it('are asked for once, and are in the settings', async () => {
    provider.answer = document();
    expect((await readFileWith(file())).console?.endpoints).toEqual({
      ...endpoints,
      endSession: 'https://login.example/end',
      deviceAuthorization: 'https://login.example/device',
    });
    expect(provider.asked).toEqual([discoveryPath]);
  });

  it('are those alone that the provider has', async () => {
    provider.answer = document({ end_session_endpoint: undefined, device_authorization_endpoint: undefined });
    expect((await readFileWith(file())).console?.endpoints).toEqual(endpoints);
  });

  it('are not asked for when they are there', async () => {
    provider.answer = json({});
    await readFileWith(file({ endpoints }));
    expect(provider.asked).toEqual([]);
  });

  it.each<[string, () => RequestListener, string]>([
    [
      'names another issuer',
      () => document({ issuer: 'https://other.example' }),
      'the page names the issuer "https://other.example"',
    ],
    [
      'names no authorization endpoint',
      () => document({ authorization_endpoint: undefined }),
      'the page names no authorization_endpoint',
    ],
    ['names no token endpoint', () => document({ token_endpoint: null }), 'the page names no token_endpoint'],
    [
      'has an endpoint over http',
      () => document({ token_endpoint: 'http://login.example/token' }),
      'its token_endpoint "http://login.example/token" is not an https URL without credentials',
    ],
    [
      'has an endpoint on this machine over http',
      () => document({ end_session_endpoint: 'http://127.0.0.1/end' }),
      'its end_session_endpoint "http://127.0.0.1/end" is not an https URL without credentials',
    ],
    [
      'has an endpoint that is no text',
      () => document({ device_authorization_endpoint: ['https://x'] }),
      'the page names no device_authorization_endpoint',
    ],
    ['is no JSON', () => (_, response) => void response.end('<!doctype html>'), 'the page is not JSON'],
    ['is not there', () => (_, response) => void response.writeHead(404).end(), 'status 404'],
    ['breaks off', () => (request) => void request.socket.destroy(), 'other side closed'],
  ])('are one line that says what to write down, when the page %s', async (_, listener, cause) => {
    provider.answer = listener();
    expect(await faultOf(file())).toBe(
      `stage.yml: console.endpoints is missing, and discovery failed (${cause}): open ${provider.issuer}${discoveryPath} and write its authorization_endpoint and token_endpoint as endpoints: { authorization: …, token: … } into the file.`,
    );
  });

  it('are one line, when the provider is down', async () => {
    const stopped = createHttpServer();
    const port = await listen(stopped);
    stopped.close();
    const name = `https://${loopback}:${port}`;
    const gone = { issuers: [{ ...entry, issuer: name }], console: { issuer: name, clientId: 'client' } };
    expect(await faultOf(gone)).toContain(
      `console.endpoints is missing, and discovery failed (connect ECONNREFUSED ${loopback}:${port}): open ${name}`,
    );
  });

  it('are asked for over https alone', async () => {
    for (const name of ['urn:issuer', 'http://issuer.example', 'accounts.example.com']) {
      const unsafe = { issuers: [{ ...entry, issuer: name }], console: { issuer: name, clientId: 'client' } };
      expect(await faultOf(unsafe)).toContain(
        'console.endpoints is missing, and discovery failed (the issuer is not an https URL)',
      );
    }
  });

  it('are asked for over http on this machine, but only by npm start', async () => {
    const local = createHttpServer((_, response) => {
      const own = { authorization_endpoint: `${name}/auth`, token_endpoint: `${name}/token` };
      response.end(JSON.stringify({ issuer: name, ...own }));
    });
    const name = `http://${loopback}:${await listen(local)}`;
    const content = { issuers: [{ ...entry, issuer: name }], console: { issuer: name, clientId: 'client' } };
    const [started, packaged] = [await readFileWith(content, true), await faultOf(content)];
    local.close();
    expect(started.console?.endpoints).toEqual({ authorization: `${name}/auth`, token: `${name}/token` });
    expect(packaged).toContain('discovery failed (the issuer is not an https URL)');
  });
});
