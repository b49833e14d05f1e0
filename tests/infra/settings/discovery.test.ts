import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen, loopback } from '../../../infra/local/ports.ts';
import { createCertificate } from '../../support/certificate.ts';
import { discoveredProvider, discoveryPath, json } from '../../support/discovered-provider.ts';
import { entry, faultOf, readFileWith } from '../../support/settings-file.ts';

const provider = discoveredProvider();
afterEach(() => void vi.restoreAllMocks());

const document = (parts = {}) => json({ issuer: provider.issuer, jwks_uri: 'https://keys.example/jwks', ...parts });
const { jwksUri: _, ...withoutUri } = entry;
const fileWith = (...parts: readonly object[]) => ({ issuers: parts.map((part) => ({ ...withoutUri, ...part })) });

describe('an issuer without a jwksUri', () => {
  it('is asked for it, and its answer is in the settings', async () => {
    provider.answer = document();
    const { issuers } = await readFileWith(fileWith({ issuer: provider.issuer }));
    expect(issuers).toMatchObject([{ issuer: provider.issuer, jwksUri: 'https://keys.example/jwks' }]);
    expect(provider.asked).toEqual([discoveryPath]);
  });

  it('is asked below its path, with one slash', async () => {
    provider.answer = document({ issuer: `${provider.issuer}/realms/acme/` });
    await readFileWith(fileWith({ issuer: `${provider.issuer}/realms/acme/` }));
    expect(provider.asked).toEqual([`/realms/acme${discoveryPath}`]);
  });

  it('is not asked when it has one', async () => {
    const { issuers } = await readFileWith(
      fileWith({ issuer: provider.issuer, jwksUri: 'https://elsewhere.example/jwks' }),
    );
    expect([issuers[0]?.jwksUri, provider.asked]).toEqual(['https://elsewhere.example/jwks', []]);
  });

  it.each<[string, () => RequestListener, string]>([
    [
      'names another issuer',
      () => json({ issuer: 'https://other.example' }),
      'the page names the issuer "https://other.example"',
    ],
    ['names no issuer', () => json({}), 'the page names the issuer undefined'],
    ['is no object', () => json(null), 'the page names the issuer undefined'],
    ['redirects', () => (_, response) => void response.writeHead(302, { Location: '/' }).end(), 'unexpected redirect'],
    ['fails', () => (_, response) => void response.writeHead(500).end('<h1>500</h1>'), 'status 500'],
    ['does not know the page', () => (_, response) => void response.writeHead(404).end(), 'status 404'],
    ['is no JSON', () => (_, response) => void response.end('<!doctype html>\n<html>\n'), 'the page is not JSON'],
    ['names no keys', () => json({ issuer: provider.issuer }), 'the page names no jwks_uri'],
    ['has keys that are no text', () => document({ jwks_uri: ['https://keys.example'] }), 'the page names no jwks_uri'],
    [
      'has its keys over http',
      () => document({ jwks_uri: 'http://keys.example/jwks' }),
      'its jwks_uri "http://keys.example/jwks" is not an https URL without credentials',
    ],
    [
      'has its keys behind credentials',
      () => document({ jwks_uri: 'https://a:b@keys.example/jwks' }),
      'its jwks_uri "https://a:b@keys.example/jwks" is not an https URL without credentials',
    ],
    ['is too large', () => document({ more: 'x'.repeat(256 * 1024) }), 'the response is too large'],
    ['breaks off', () => (request) => void request.socket.destroy(), 'other side closed'],
  ])('is one line that says what to write down, when it %s', async (_, listener, cause) => {
    provider.answer = listener();
    expect(await faultOf(fileWith({ issuer: provider.issuer }))).toBe(
      `stage.yml: issuers[0].jwksUri is missing, and discovery failed (${cause}): open ${provider.issuer}${discoveryPath} and write its jwks_uri as jwksUri into the file.`,
    );
  });

  it('is waited for 10 seconds', async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms / 100));
    provider.answer = () => {};
    expect(await faultOf(fileWith({ issuer: provider.issuer }))).toContain(
      'discovery failed (The operation was aborted due to timeout):',
    );
    expect(spy).toHaveBeenCalledExactlyOnceWith(10_000);
  });

  it('is asked over https alone', async () => {
    const line = (place: string) =>
      `stage.yml: ${place}.jwksUri is missing, and the issuer is not an https URL, so discovery is impossible: write the https URL of the issuer's keys into the file.`;
    for (const name of ['http://issuer.example', 'urn:issuer', 'accounts.example.com', 'https://a:b@issuer.example'])
      expect(await faultOf(fileWith({ issuer: name }))).toBe(line('issuers[0]'));
    expect(await faultOf(fileWith({ issuer: 'http://issuer.example' }), true)).toBe(line('issuers[0]'));
  });

  it('is not trusted with a certificate of its own making', async () => {
    const stranger = createServer(createCertificate(), json({}));
    const port = await listen(stranger);
    const fault = await faultOf(fileWith({ issuer: `https://${loopback}:${port}` }));
    stranger.close();
    expect(fault).toMatch(/discovery failed \(self-signed certificate.*\): open https/);
  });

  it('is asked over http on this machine, but only by npm start', async () => {
    const local = createHttpServer((_, response) => {
      response.end(JSON.stringify({ issuer: name, jwks_uri: `${name}/jwks` }));
    });
    const name = `http://${loopback}:${await listen(local)}`;
    const [started, packaged] = [
      await readFileWith(fileWith({ issuer: name }), true),
      await faultOf(fileWith({ issuer: name })),
    ];
    local.close();
    expect(started.issuers).toMatchObject([{ jwksUri: `${name}/jwks` }]);
    expect(packaged).toContain('the issuer is not an https URL, so discovery is impossible');
  });

  it('is the first in the list that is at fault', async () => {
    provider.answer = (request, response) => {
      if (request.url?.startsWith('/a')) setTimeout(() => response.writeHead(500).end(), 200);
      else response.writeHead(404).end();
    };
    const apart = [
      { issuer: `${provider.issuer}/a`, realm: 'a' },
      { issuer: `${provider.issuer}/b`, realm: 'b' },
    ];
    expect(await faultOf(fileWith(...apart))).toContain(
      'issuers[0].jwksUri is missing, and discovery failed (status 500)',
    );
  });
});

describe('without a network', () => {
  it.each([
    ['https://accounts.google.com', 'https://www.googleapis.com/oauth2/v3/certs'],
    ['https://token.actions.githubusercontent.com', 'https://token.actions.githubusercontent.com/.well-known/jwks'],
    ['https://login.microsoftonline.com/6c7a/v2.0', 'https://login.microsoftonline.com/6c7a/discovery/v2.0/keys'],
    ['https://sts.windows.net/6c7a/', 'https://login.microsoftonline.com/6c7a/discovery/keys'],
    ['https://acme.okta.com/oauth2/default', 'https://acme.okta.com/oauth2/default/v1/keys'],
    ['https://acme.okta-emea.com', 'https://acme.okta-emea.com/oauth2/v1/keys'],
    ['https://sso.acme.example/realms/main', 'https://sso.acme.example/realms/main/protocol/openid-connect/certs'],
    ['https://acme.us1.zitadel.cloud', 'https://acme.us1.zitadel.cloud/oauth/v2/keys'],
    ['https://acme.eu.auth0.com/', 'https://acme.eu.auth0.com/.well-known/jwks.json'],
    [
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x',
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x/.well-known/jwks.json',
    ],
    ['https://6c7a.tokens.sts.global.api.aws', 'https://6c7a.tokens.sts.global.api.aws/.well-known/jwks.json'],
  ])('%s is one line that has its jwksUri', async (name, uri) => {
    const cause = new Error('getaddrinfo ENOTFOUND issuer');
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed', { cause }));
    const require = { sub: 'x' };
    const file = fileWith({ issuer: name, require });
    expect(await faultOf(file)).toBe(
      `stage.yml: issuers[0].jwksUri is missing, and discovery failed (getaddrinfo ENOTFOUND issuer): write "jwksUri: ${uri}" into the file.`,
    );
    expect(await faultOf(fileWith({ issuer: name, require, jwksUri: uri }))).toBeUndefined();
  });

  it('another issuer is one line that has the page to open', async () => {
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(
      new TypeError('fetch failed', { cause: Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }) }),
    );
    expect(await faultOf(fileWith({}))).toBe(
      `stage.yml: issuers[0].jwksUri is missing, and discovery failed (ECONNREFUSED): open https://issuer.example${discoveryPath} and write its jwks_uri as jwksUri into the file.`,
    );
  });
});
