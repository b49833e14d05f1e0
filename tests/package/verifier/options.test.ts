import { describe, expect, it, vi } from 'vitest';
import {
  createVerifier,
  type KeyVerifier,
  type VerifierOptions,
} from '../../../lib/package/verifier/create-verifier.ts';
import { requireApiKey as guardExpress } from '../../../lib/package/verifier/express.ts';
import { requireApiKey as guardFastify } from '../../../lib/package/verifier/fastify.ts';
import { requireApiKey as guardFetch } from '../../../lib/package/verifier/fetch.ts';
import { requireApiKey as guardMiddy } from '../../../lib/package/verifier/middy.ts';

const usual = { realms: ['myrealm'], tableName: 'appkeys-dev', region: 'eu-central-1' };
const create = (options: object) => createVerifier({ ...usual, ...options } as VerifierOptions);

/** What each option must be, and values that are something else. */
const wrong: Record<string, readonly [string, readonly unknown[]]> = {
  tableName: ['be the name of a DynamoDB table', ['ab', 'x'.repeat(256), 'a/table', ' table', 'table\n', 1, null, []]],
  region: [
    'be the name of an AWS Region, such as "eu-central-1"',
    ['eu central', 'eu-central-1.evil.example', 'x/', 'EU-CENTRAL-1', 'x'.repeat(64), 1, null, ['eu-central-1']],
  ],
  realms: [
    'be a list of names of realms, such as ["myrealm"], or "*"; each name must be 1 to 64 letters, digits, "_" or "-"',
    ['myrealm', '', null, {}, [], [''], ['*'], ['a realm'], ['x'.repeat(65)], ['a', 'a'], [1]],
  ],
  scopes: [
    'be a list of texts without duplicates; each must be 1 to 64 lower-case letters, digits or . _ : -, of which the first is a letter or a digit',
    ['read', null, {}, [], [''], ['Read'], [':read'], ['x'.repeat(65)], ['a', 'a'], [1]],
  ],
  apps: [
    'be a list of texts without duplicates; each must be 1 to 64 letters or digits',
    ['app1', '*', null, {}, [], [''], ['hrn:here'], ['x'.repeat(65)], ['a', 'a'], [1]],
  ],
  partition: [
    'be 1 to 32 lower-case letters, digits or "-"',
    ['', 'He re', 'here ', 'a:b', 'x'.repeat(33), 1, null, ['here']],
  ],
  prefixes: [
    'be a list of texts without duplicates; each must be letters and digits, or such words joined by "_", 32 characters at most',
    ['ak', null, {}, [], [''], ['a-b'], ['ak_'], ['x'.repeat(33)], ['ak', 'ak'], ['ak', 1], [['ak']]],
  ],
  cacheSeconds: [
    'be a whole number from 0 to 60',
    [-1, 0.5, 61, 10_000, Number.NaN, Number.POSITIVE_INFINITY, '10', 'off', null, true, [10]],
  ],
  lastUsedSeconds: [
    'be a whole number from 1 to 99999999, or "off"',
    [0, -1, 0.5, 100_000_000, Number.NaN, '3600', 'OFF', '', null, false, ['off']],
  ],
  locations: [
    'be a list of one or more of query, x-api-key, authorization, each once',
    ['query', null, {}, [], ['cookie'], ['X-Api-Key'], ['query', 'query'], ['query', null], [['query']]],
  ],
  onWarning: ['be a function', ['log', null, {}, true]],
};
const cases = Object.entries(wrong).flatMap(([name, [must, values]]) =>
  values.map((value) => [name, value, must] as const),
);

it.each(cases)('the option %s is rejected, in one line, where it is %j', (name, value, must) => {
  const message = `${name} must ${must}`;
  expect(() => create({ [name]: value })).toThrow(expect.objectContaining({ name: 'SettingsError', message }));
});

it.each<[string, Partial<VerifierOptions>]>([
  ['the shortest table name', { tableName: 'abc' }],
  ['the longest table name', { tableName: 'x'.repeat(255) }],
  ['no cache', { cacheSeconds: 0 }],
  ['the longest cache', { cacheSeconds: 60 }],
  ['the shortest interval', { lastUsedSeconds: 1 }],
  ['the longest interval', { lastUsedSeconds: 99_999_999 }],
  ['no record of uses', { lastUsedSeconds: 'off' }],
  ['one location', { locations: ['authorization'] }],
  ['the longest prefix', { prefixes: ['x'.repeat(32), 'my_old'] }],
  ['a partition', { partition: 'olp-2' }],
  ['a Region of another partition', { region: 'us-gov-west-1' }],
])('accepts %s', (_, options) => {
  expect(() => create(options)).not.toThrow();
});

it.each([
  ['createVerifier', () => create({ scope: ['a'] }), 'scope'],
  ['createVerifier, an option of a call', () => create({ source: '::1' }), 'source'],
  ['the guard of Express', () => guardExpress(create({}), { realms: ['a'] } as object), 'realms'],
  ['the guard of Fastify', () => guardFastify(create({}), { scope: ['a'] } as object), 'scope'],
  ['the guard of requests', () => guardFetch(create({}), { apps: ['a'] } as object), 'apps'],
  ['the guard of middy', () => guardMiddy(create({}), { source: () => '' } as object), 'source'],
])('%s rejects an unknown option at once: it could be one that narrows', (_, make, name) => {
  expect(make).toThrow(expect.objectContaining({ message: expect.stringMatching(`^${name} is not an option here`) }));
});

it('a call rejects an unknown option too', async () => {
  const { verify, verifyRequest } = create({});
  await expect(verify('x', { scope: ['a'] } as object)).rejects.toThrow(/^scope is not an option here/);
  await expect(verifyRequest({}, { realms: ['a'] } as object)).rejects.toThrow(/^realms is not an option here/);
  await expect(verify('x', { scopes: ['A'] })).rejects.toThrow(/^scopes must be a list/);
});

it('a guard rejects wrong scopes, and no verifier, at once', () => {
  expect(() => guardExpress(create({}), { scopes: 'a' as unknown as string[] })).toThrow(/^scopes must be a list/);
  for (const verifier of [undefined, {}])
    expect(() => guardFetch(verifier as unknown as KeyVerifier)).toThrow(/^requireApiKey needs a verifier/);
  expect(() => createVerifier(undefined as unknown as VerifierOptions)).toThrow(/^The options must be an object/);
});

it('takes an option that is undefined as one that is left out', () => {
  const names = Object.keys(wrong).filter((name) => !['realms', 'tableName', 'region'].includes(name));
  expect(() => create(Object.fromEntries(names.map((name) => [name, undefined])))).not.toThrow();
});

describe('the Region', () => {
  it('is that of the environment where it is left out', () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    for (const region of [undefined, '']) expect(() => create({ region })).not.toThrow();
    vi.unstubAllEnvs();
  });
});
