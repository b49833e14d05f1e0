import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  readPlaces,
  readRateLimit,
  readSettings,
  readTokenSettings,
  readVerifierSettings,
} from '../lib/config.ts';

const issuer = {
  issuer: 'https://issuer.example.com',
  audience: 'appkeys',
  jwksUri: 'https://issuer.example.com/jwks.json',
  algorithms: ['RS256'],
  realms: ['myrealm'],
};
const issuersOf = (...issuers: unknown[]) => ({ TOKEN_ISSUERS: JSON.stringify(issuers) });

const required = { TABLE_NAME: 'appkeys-dev', SERVICE_KEY_ID: 'alias/appkeys-dev' };

describe('settings', () => {
  it('have the defaults of the README', () => {
    expect(readSettings(required)).toEqual({
      tableName: 'appkeys-dev',
      partition: 'here',
      keyPrefix: 'ak',
      maxKeysPerApp: 2,
      serviceKeyId: 'alias/appkeys-dev',
    });
    expect(readRateLimit({})).toEqual({ requestsPerSecond: 10, burst: 20 });
    expect(readRateLimit({ RATE_LIMIT: 'off' })).toBeUndefined();
    expect(readRateLimit({ RATE_LIMIT: '0.5,1' })).toEqual({ requestsPerSecond: 0.5, burst: 1 });
  });

  it.each([
    [{ TABLE_NAME: '' }, 'TABLE_NAME'],
    [{ SERVICE_KEY_ID: '' }, 'SERVICE_KEY_ID'],
    [{ HRN_PARTITION: 'He re' }, 'HRN_PARTITION'],
    [{ API_KEY_PREFIX: 'ak-' }, 'API_KEY_PREFIX'],
    [{ MAX_KEYS_PER_APP: '0' }, 'MAX_KEYS_PER_APP'],
    [{ MAX_KEYS_PER_APP: '51' }, 'MAX_KEYS_PER_APP'],
    [{ MAX_KEYS_PER_APP: '2.5' }, 'MAX_KEYS_PER_APP'],
    [{ MAX_KEYS_PER_APP: 'two' }, 'MAX_KEYS_PER_APP'],
  ])('security 24: %j stops the start and is named', (env, name) => {
    expect(() => readSettings({ ...required, ...env })).toThrow(ConfigError);
    expect(() => readSettings({ ...required, ...env })).toThrow(name);
  });

  it.each(['on', '10', '10,', '0,5', '10,0', '-1,5', '1e9,1', '10;20', '10,20,30', '200000,1'])(
    'RATE_LIMIT %s is refused',
    (text) => {
      expect(() => readRateLimit({ RATE_LIMIT: text })).toThrow('RATE_LIMIT');
    },
  );
});

describe('settings of verifying', () => {
  it('have the defaults of the README', () => {
    expect(readVerifierSettings({})).toEqual({
      partition: 'here',
      prefixes: ['ak'],
      cacheSeconds: 10,
      lastUsedSeconds: 3600,
    });
    expect(readPlaces({})).toEqual(['query', 'x-api-key', 'authorization']);
  });

  it('are taken as they are', () => {
    const env = { API_KEY_PREFIX: 'new', API_KEY_PREFIXES_ACCEPTED: 'old,my_old', VERIFY_CACHE_SECONDS: '0' };
    expect(readVerifierSettings({ ...env, LAST_USED_SECONDS: 'off' })).toEqual({
      partition: 'here',
      prefixes: ['new', 'old', 'my_old'],
      cacheSeconds: 0,
      lastUsedSeconds: undefined,
    });
    expect(readPlaces({ API_KEY_PLACES: 'authorization,query' })).toEqual(['authorization', 'query']);
  });

  it.each([
    { VERIFY_CACHE_SECONDS: '-1' },
    { VERIFY_CACHE_SECONDS: '0.5' },
    { VERIFY_CACHE_SECONDS: '10000' },
    { VERIFY_CACHE_SECONDS: 'off' },
    { LAST_USED_SECONDS: '0' },
    { LAST_USED_SECONDS: '1h' },
    { API_KEY_PREFIXES_ACCEPTED: 'a-b' },
    { API_KEY_PREFIXES_ACCEPTED: 'old,' },
    { API_KEY_PLACES: 'cookie' },
    { API_KEY_PLACES: 'query,query' },
    { API_KEY_PLACES: 'X-Api-Key' },
    { API_KEY_PLACES: 'query, x-api-key' },
  ])('security 24: %j is refused and named', (env) => {
    const read = () => [readVerifierSettings(env), readPlaces(env)];
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(Object.keys(env)[0]);
  });
});

describe('token issuers', () => {
  it('have no default', () => {
    expect(() => readTokenSettings({})).toThrow('TOKEN_ISSUERS is not set');
    expect(() => readTokenSettings(issuersOf())).toThrow('TOKEN_ISSUERS');
  });

  it('are taken as they are', () => {
    expect(readTokenSettings(issuersOf(issuer))).toEqual({
      issuers: [issuer],
      claims: { principal: 'sub', realm: 'rlm', scope: 'scope', permissions: 'permissions' },
    });
  });

  it.each([
    ['an issuer that is no text', { issuer: 1 }],
    ['an issuer that could run into the next part of a key', { issuer: 'a#b' }],
    ['no audience', { audience: '' }],
    ['http', { jwksUri: 'http://issuer.example.com/jwks.json' }],
    ['http on a name that begins like loopback', { jwksUri: 'http://localhost.evil.com/' }],
    ['http on loopback as a user name', { jwksUri: 'http://localhost@evil.com/' }],
    ['a file', { jwksUri: 'file:///etc/passwd' }],
    ['no URL', { jwksUri: 'jwks' }],
    ['no algorithms', { algorithms: [] }],
    ['the algorithm none', { algorithms: ['none'] }],
    ['a symmetric algorithm', { algorithms: ['RS256', 'HS256'] }],
    ['no realms', { realms: [] }],
    ['a realm with a wildcard', { realms: ['*'] }],
  ])('refused: %s', (_, wrong) => {
    expect(() => readTokenSettings(issuersOf({ ...issuer, ...wrong }))).toThrow(ConfigError);
  });

  it('http is taken on loopback', () => {
    for (const host of ['localhost:1', '127.0.0.1:1', '[::1]:1']) {
      expect(readTokenSettings(issuersOf({ ...issuer, jwksUri: `http://${host}/` })).issuers).toHaveLength(1);
    }
  });

  it('that share a realm, or a name, stop the start', () => {
    const other = { ...issuer, issuer: 'https://other.example.com' };
    expect(() => readTokenSettings(issuersOf(issuer, other))).toThrow('gives a realm twice');
    expect(() => readTokenSettings(issuersOf(issuer, { ...issuer, realms: ['r'] }))).toThrow('names an issuer twice');
  });

  it.each(['[]', '{"sub":"x"}', '{"constructor":"x"}', '{"principal":""}', '{'])(
    'TOKEN_CLAIMS %s is refused',
    (claims) => {
      expect(() => readTokenSettings({ ...issuersOf(issuer), TOKEN_CLAIMS: claims })).toThrow('TOKEN_CLAIMS');
    },
  );

  it('TOKEN_CLAIMS renames claims', () => {
    const settings = readTokenSettings({ ...issuersOf(issuer), TOKEN_CLAIMS: '{"realm":"https://x/realm"}' });
    expect(settings.claims).toMatchObject({ principal: 'sub', realm: 'https://x/realm' });
  });
});
