import { describe, expect, it } from 'vitest';
import {
  metricsNamespace,
  readEventSettings,
  readMaxKeysPerApp,
  readRateLimit,
  readSettings,
  readTokenSettings,
} from '../../lib/service/config.ts';
import { readPlaces, readVerifierSettings } from '../../lib/verification/settings.ts';

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
    [{ TABLE_NAME: '' }, 'TABLE_NAME must be the name of a DynamoDB table'],
    [{ SERVICE_KEY_ID: '' }, 'SERVICE_KEY_ID must be a KMS key or an alias/…'],
    [{ HRN_PARTITION: 'He re' }, 'HRN_PARTITION must be lower-case letters, digits or "-"'],
    [{ API_KEY_PREFIX: 'ak-' }, 'API_KEY_PREFIX must be words joined by "_", 32 characters at most'],
    [{ MAX_KEYS_PER_APP: '0' }, 'MAX_KEYS_PER_APP must be 1 to 50'],
    [{ MAX_KEYS_PER_APP: '51' }, 'MAX_KEYS_PER_APP must be 1 to 50'],
    [{ MAX_KEYS_PER_APP: '2.5' }, 'MAX_KEYS_PER_APP must be 1 to 50'],
    [{ MAX_KEYS_PER_APP: 'two' }, 'MAX_KEYS_PER_APP must be 1 to 50'],
  ])('security 24: %j stops the start, and it is said what it must be', (env, message) => {
    expect(() => readSettings({ ...required, ...env })).toThrow(
      expect.objectContaining({ name: 'ConfigError', message }),
    );
  });

  it.each([1, 9, 10, 49, 50])('MAX_KEYS_PER_APP may be %i', (most) => {
    expect(readMaxKeysPerApp({ MAX_KEYS_PER_APP: String(most) })).toBe(most);
  });

  it.each([
    ['TABLE_NAME', 'a/table'],
    ['TABLE_NAME', '/table'],
    ['TABLE_NAME', 'table/'],
    ['SERVICE_KEY_ID', ' alias/key'],
    ['SERVICE_KEY_ID', 'alias/key '],
    ['HRN_PARTITION', ' here'],
    ['HRN_PARTITION', 'here '],
  ])('security 24: %s %j is refused for what stands before or behind', (name, value) => {
    expect(() => readSettings({ ...required, [name]: value })).toThrow(name);
  });

  it.each([
    ['0.001,1', { requestsPerSecond: 0.001, burst: 1 }],
    ['100000,100000', { requestsPerSecond: 100_000, burst: 100_000 }],
    ['12.125,7', { requestsPerSecond: 12.125, burst: 7 }],
  ])('RATE_LIMIT may be %s', (text, limit) => {
    expect(readRateLimit({ RATE_LIMIT: text })).toEqual(limit);
  });

  it('metrics stand under the name of the stage, or of the service', () => {
    expect(metricsNamespace({ METRICS_NAMESPACE: 'appkeys-prod' })).toBe('appkeys-prod');
    expect(metricsNamespace({})).toBe('appkeys');
  });

  it('of events name a bus', () => {
    expect(readEventSettings({ EVENT_BUS: 'a-bus/with.parts_1' })).toEqual({
      eventBus: 'a-bus/with.parts_1',
      partition: 'here',
    });
    for (const name of ['', ' bus', 'bus ', 'b'.repeat(257)]) {
      expect(() => readEventSettings({ EVENT_BUS: name })).toThrow('EVENT_BUS must be the name of an EventBridge bus');
    }
  });

  it.each(['0.0009,1', '100001,1', '1,100001', 'xoff', 'off,', ' 1,1', '1,1 '])('RATE_LIMIT %j is beyond', (text) => {
    expect(() => readRateLimit({ RATE_LIMIT: text })).toThrow('RATE_LIMIT must be');
  });

  it.each(['on', '10', '10,', '0,5', '10,0', '-1,5', '1e9,1', '10;20', '10,20,30', '200000,1'])(
    'RATE_LIMIT %s is refused',
    (text) => {
      const message = 'RATE_LIMIT must be "<requests a second>,<burst>", such as "10,20", or "off"';
      expect(() => readRateLimit({ RATE_LIMIT: text })).toThrow(message);
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
    ['0', 0],
    ['10', 10],
    ['999', 999],
    ['9999', 9_999],
  ])('VERIFY_CACHE_SECONDS may be %s', (text, cacheSeconds) => {
    expect(readVerifierSettings({ VERIFY_CACHE_SECONDS: text })).toMatchObject({ cacheSeconds });
  });

  const wholeSeconds = 'must be a whole number of seconds';
  it.each([
    [{ VERIFY_CACHE_SECONDS: '-1' }, `${wholeSeconds}, 0 to 9999`],
    [{ VERIFY_CACHE_SECONDS: '0.5' }, `${wholeSeconds}, 0 to 9999`],
    [{ VERIFY_CACHE_SECONDS: '10000' }, `${wholeSeconds}, 0 to 9999`],
    [{ VERIFY_CACHE_SECONDS: 'off' }, `${wholeSeconds}, 0 to 9999`],
    [{ LAST_USED_SECONDS: '0' }, `${wholeSeconds}, or "off"`],
    [{ LAST_USED_SECONDS: 'xoff' }, `${wholeSeconds}, or "off"`],
    [{ LAST_USED_SECONDS: '1h' }, `${wholeSeconds}, or "off"`],
    [{ API_KEY_PREFIXES_ACCEPTED: 'a-b' }, 'must be prefixes as in API_KEY_PREFIX, joined by ","'],
    [{ API_KEY_PREFIXES_ACCEPTED: 'old,' }, 'must be prefixes as in API_KEY_PREFIX, joined by ","'],
    [{ API_KEY_PLACES: 'cookie' }, 'must be one or more of query,x-api-key,authorization'],
    [{ API_KEY_PLACES: 'query,query' }, 'must be one or more of query,x-api-key,authorization'],
    [{ API_KEY_PLACES: 'X-Api-Key' }, 'must be one or more of query,x-api-key,authorization'],
    [{ API_KEY_PLACES: 'query, x-api-key' }, 'must be one or more of query,x-api-key,authorization'],
  ])('security 24: %j is refused, and it is said what it must be', (env, rule) => {
    const message = `${Object.keys(env)[0]} ${rule}`;
    const read = () => [readVerifierSettings(env), readPlaces(env)];
    expect(read).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
  });
});

describe('token issuers', () => {
  it('have no default', () => {
    expect(() => readTokenSettings({})).toThrow('TOKEN_ISSUERS is not set');
    const message = 'TOKEN_ISSUERS must be a JSON list of at least one issuer; there is no default';
    expect(() => readTokenSettings(issuersOf())).toThrow(message);
    expect(() => readTokenSettings({ TOKEN_ISSUERS: '{' })).toThrow('TOKEN_ISSUERS is not valid JSON');
    for (const wrong of ['x', null, [issuer]]) {
      expect(() => readTokenSettings(issuersOf(issuer, wrong))).toThrow('TOKEN_ISSUERS[1] must be a JSON object');
    }
  });

  it('are taken as they are', () => {
    expect(readTokenSettings(issuersOf(issuer))).toEqual({
      issuers: [issuer],
      claims: { principal: 'sub', realm: 'rlm', scope: 'scope', permissions: 'permissions' },
      maxStaleSeconds: 21_600,
    });
  });

  it('may be down for as long as ISSUER_KEYS_MAX_STALE_SECONDS says', () => {
    const read = (seconds: string) =>
      readTokenSettings({ ...issuersOf(issuer), ISSUER_KEYS_MAX_STALE_SECONDS: seconds }).maxStaleSeconds;
    expect(['600', '604800'].map(read)).toEqual([600, 604_800]);
    const message = 'ISSUER_KEYS_MAX_STALE_SECONDS must be a whole number of seconds, 600 to 604800';
    for (const wrong of ['0', '599', '604801', '-600', '6e2', '600.5', 'x']) expect(() => read(wrong)).toThrow(message);
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
    ['an algorithm with something before it', { algorithms: ['xRS256'] }],
    ['an algorithm with something behind it', { algorithms: ['RS256x'] }],
    ['algorithms that are no texts', { algorithms: [['RS256']] }],
    ['an audience that is a list', { audience: ['appkeys'] }],
    ['an address of another kind on loopback', { jwksUri: 'ftp://localhost/jwks' }],
    ['an address that is no text', { jwksUri: ['https://issuer.example.com/jwks.json'] }],
    ['a symmetric algorithm', { algorithms: ['RS256', 'HS256'] }],
    ['no realms', { realms: [] }],
    ['a realm with a wildcard', { realms: ['*'] }],
  ])('refused: %s', (_, wrong) => {
    const message = `TOKEN_ISSUERS[0].${Object.keys(wrong)[0]} is missing or wrong; see the README`;
    const read = () => readTokenSettings(issuersOf({ ...issuer, ...wrong }));
    expect(read).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
  });

  it('http is taken on loopback', () => {
    for (const host of ['localhost:1', '127.0.0.1:1', '[::1]:1']) {
      expect(readTokenSettings(issuersOf({ ...issuer, jwksUri: `http://${host}/` })).issuers).toHaveLength(1);
    }
  });

  it('that share a realm, or a name, stop the start', () => {
    const other = { ...issuer, issuer: 'https://other.example.com' };
    expect(() => readTokenSettings(issuersOf(issuer, other))).toThrow(
      'TOKEN_ISSUERS gives a realm twice: each is of one issuer',
    );
    const second = { ...other, realms: ['second'] };
    expect(readTokenSettings(issuersOf(issuer, second)).issuers).toEqual([issuer, second]);
    expect(() => readTokenSettings(issuersOf(issuer, { ...issuer, realms: ['r'] }))).toThrow(
      'TOKEN_ISSUERS names an issuer twice',
    );
  });

  const claimRule = 'must be a JSON object of claim names for principal, realm, scope, permissions';
  it.each([
    ['[]', claimRule],
    ['{"sub":"x"}', claimRule],
    ['{"constructor":"x"}', claimRule],
    ['{"principal":""}', claimRule],
    ['{', 'is not valid JSON'],
  ])('TOKEN_CLAIMS %s is refused', (claims, rule) => {
    const read = () => readTokenSettings({ ...issuersOf(issuer), TOKEN_CLAIMS: claims });
    expect(read).toThrow(`TOKEN_CLAIMS ${rule}`);
  });

  it('TOKEN_CLAIMS renames claims', () => {
    const settings = readTokenSettings({ ...issuersOf(issuer), TOKEN_CLAIMS: '{"realm":"https://x/realm"}' });
    expect(settings.claims).toMatchObject({ principal: 'sub', realm: 'https://x/realm' });
  });
});
