import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../../infra/local/folders.ts';
import { publishedSchema, settingsSchema } from '../../../infra/settings/schema.ts';
import { readStageSettings, stageFile } from '../../../infra/settings/stage-settings.ts';
import { defaultClaims } from '../../../lib/service/http/token-claims.ts';
import { defaultSettings } from '../../support/settings.ts';
import { entry, faultOf, readFileWith } from '../../support/settings-file.ts';

/** A file whose first issuer has these parts, or lacks those that are undefined. */
const withEntry = (parts: object) => ({ issuers: [{ ...entry, ...parts }] });
/** A file whose two issuers differ in their name at least. */
const withEntries = (first: object, second: object) => ({
  issuers: [
    { ...entry, ...first },
    { ...entry, issuer: 'https://second.example', ...second },
  ],
});
const withRule = (rule: object, parts = {}) => withEntry({ rules: [rule], ...parts });
const allowing = (...allow: unknown[]) => ({ when: { ref: 'main' }, allow });

const topic = 'arn:aws:sns:eu-central-1:123456789012:key-notices';

describe('a settings file', () => {
  it('without a setting but no issuers has the defaults', async () => {
    expect(await readFileWith('issuers: []')).toEqual(defaultSettings);
    for (const name of ['dev', 'local']) expect(await readStageSettings(stageFile(name))).toEqual(defaultSettings);
  });

  it('with empty groups has the defaults', async () => {
    const groups = { keys: {}, verify: {}, gateway: {}, issuerKeys: {}, claims: {} };
    expect(await readFileWith({ issuers: [], ...groups })).toEqual(defaultSettings);
  });

  it('has its own values beside the defaults', async () => {
    const own = { eventBus: 'audit', keys: { maxPerApp: 3 }, verify: { lastUsedSeconds: 'off' } };
    expect(await readFileWith({ issuers: [], ...own })).toEqual({
      ...defaultSettings,
      eventBus: 'audit',
      keys: { ...defaultSettings.keys, maxPerApp: 3 },
      verify: { ...defaultSettings.verify, lastUsedSeconds: 'off' },
    });
  });

  it('has issuers with lists for single values, and the claims of all issuers under their own', async () => {
    const claims = { realm: '/tenant/id', scope: ['scp', 'scope'] };
    const own = { claims: { scope: 'scp', principal: 'oid' } };
    const { issuers } = await readFileWith({ claims, ...withEntries({}, { ...own, principalPrefix: 'x:' }) });
    const shared = { ...defaultClaims, realm: ['/tenant/id'], scope: ['scp', 'scope'] };
    expect(issuers).toEqual([
      { ...entry, audience: ['appkeys'], claims: shared },
      {
        ...entry,
        issuer: 'https://second.example',
        principalPrefix: 'x:',
        audience: ['appkeys'],
        claims: { ...shared, scope: ['scp'], principal: ['oid'] },
      },
    ]);
  });

  it.each([
    { cacheSeconds: 10 },
    { cacheSeconds: 60, maxStaleSeconds: 60 },
    { cacheSeconds: 311, maxStaleSeconds: 311 },
    { cacheSeconds: 9_999, maxStaleSeconds: 13_599 },
  ])('may cache as long as its bound, and no longer: %j', async (verify) => {
    expect(await readFileWith({ issuers: [], verify })).toMatchObject({ verify });
  });

  it('may repeat a part of itself by an alias', async () => {
    const text = `issuers:
  - &one { issuer: a, jwksUri: "https://a.example", algorithms: &algorithms [ES256], audience: x, realm: a }
  - { issuer: b, jwksUri: "https://b.example", algorithms: *algorithms, audience: x, realm: b }`;
    expect((await readFileWith(text)).issuers.map(({ algorithms }) => algorithms)).toEqual([['ES256'], ['ES256']]);
  });

  it('of which the messages speak is there, and is right', async () => {
    expect((await readStageSettings(stageFile('example'))).issuers).not.toHaveLength(0);
  });

  it('may have 300 realms and 40 issuers', async () => {
    const realms = (index: number) => Array.from({ length: 300 }, (_, number) => `realm-${index}-${number}`);
    const issuers = Array.from({ length: 40 }, (_, index) => ({
      ...entry,
      issuer: `https://issuer-${index}.example`,
      realm: undefined,
      realms: realms(index),
    }));
    expect((await readFileWith({ issuers })).issuers).toHaveLength(40);
  });
});

describe('infra/settings/schema.json', () => {
  const text = readFileSync(join(projectFolder, 'infra/settings/schema.json'), 'utf8');

  it('is what "npm run generate" makes of infra/settings/schema.ts now', () => {
    expect(text).toBe(publishedSchema());
  });

  it('is a JSON Schema without anything that editors do not know', () => {
    expect(() => new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(text))).not.toThrow();
  });

  it('describes every setting', () => {
    const missing: string[] = [];
    const visit = (path: string, node: { description?: string; properties?: object; items?: object }) => {
      if (!node.description) missing.push(path);
      for (const [name, inner] of Object.entries(node.properties ?? {})) visit(`${path}.${name}`, inner);
    };
    visit('', settingsSchema);
    visit('issuers[0]', (settingsSchema.properties as Record<string, { items: object }>).issuers?.items ?? {});
    expect(missing).toEqual([]);
  });
});

const letters = (length: number) => 'x'.repeat(length);
const pointer = (parts: number) => '/a'.repeat(parts);
const path = (setting: string, value: unknown): object =>
  setting
    .split('.')
    .reverse()
    .reduce<unknown>((inner, name) => ({ [name]: inner }), value) as object;

describe('the bounds of each setting', () => {
  it.each<[string, readonly unknown[], readonly unknown[]]>([
    ['partition', ['a', '-', 'x0'.repeat(16)], ['', letters(33), 'A', 'a_b', 1, null]],
    [
      'rateLimit',
      ['off', '0.001,1', '1,1', '10,20', '100000,100000', '99999.999,99999', '0.5,100000'],
      [
        '',
        '0,1',
        '0.0,1',
        '1,0',
        '100001,1',
        '1,100001',
        '1',
        '1,2,3',
        '1, 2',
        '-1,1',
        '1e3,1',
        '1,1.5',
        'OFF',
        '1.2345,1',
        10,
        false,
      ],
    ],
    [
      'eventBus',
      ['a', letters(256), 'aws.partner/x.com/1_2-3'],
      ['', letters(257), 'a b', 'a/b', 'aws.partner/a', `aws.partner/a/${letters(243)}`, 'arn:aws:events:x', null, 1],
    ],
    ['keys.prefix', ['a', '0', letters(32), 'a_b_C1'], ['', letters(33), '_a', 'a_', 'a__b', 'a-b', 1]],
    ['keys.prefixesAccepted', [[], ['a', 'b'], [letters(32)]], [['a', 'a'], [''], [1], 'a', null]],
    ['keys.maxPerApp', [1, 50], [0, 51, 1.5, '2', null, -1]],
    ['keys.defaultDays', [1, 3_650], [0, 3_651, 1.5, '2', null, -1, 'never']],
    ['keys.maxDays', [1, 3_650], [0, 3_651, 1.5, '2', null, -1, 'never']],
    [
      'keys.realms',
      [{ a: { maxDays: 1 } }, { 'B_-9': { defaultDays: 3_650, maxDays: 3_650 } }],
      [{}, [], { a: {} }, { 'a b': { maxDays: 1 } }, { a: { maxDays: 0 } }, { a: { days: 1 } }, { a: 1 }],
    ],
    ['verify.cacheSeconds', [0, 10], [-1, 11, 10_000, 0.5, '1']],
    ['verify.lastUsedSeconds', [1, 99_999_999, 'off'], [0, 100_000_000, 'on', '1', 1.5, false]],
    ['verify.maxStaleSeconds', [60, 310, 13_599], [59, 13_600, 60.5, '310', null]],
    ['revoke.enabled', [true, false], ['true', 0, null]],
    ['revoke.rateLimit', [0.001, 50, 100_000], [0, -1, 100_000.1, '1', null]],
    ['revoke.burstLimit', [1, 100_000], [0, 100_001, 1.5, '1']],
    ['notices.idleDays', [1, 365, 'off'], [0, 366, 'on', '1', 1.5, false]],
    ['notices.rotateDays', [1, 3_650], [0, 3_651, 'off', 1.5]],
    [
      'notices.topic',
      [],
      [
        '',
        'topic',
        'arn:aws:sqs:eu-central-1:123456789012:x',
        `${topic}.fifo`,
        `${topic}:x`,
        topic.replace('eu-central-1', 'here'),
      ],
    ],
    [
      'authorizer.defaultRealms',
      ['*', ['myrealm'], ['a', 'B_-9'], [letters(64)]],
      [[], ['a', 'a'], ['*'], 'myrealm', '**', [letters(65)], [1], null, ['a realm']],
    ],
    ['gateway.rateLimit', [0.001, 1, 100_000], [0, -1, 100_000.1, '1', null]],
    ['gateway.burstLimit', [1, 100_000], [0, 100_001, 1.5, '1']],
    ['issuerKeys.maxStaleSeconds', [600, 604_800], [599, 604_801, 600.5, '600']],
    [
      'claims.principal',
      ['a', letters(256), pointer(16), '/~0~1', '/', ['a', '/b']],
      ['', letters(257), pointer(17), '/~2', [], ['a', 'a'], {}, 1],
    ],
  ])('%s', async (setting, allowed, refused) => {
    const fault = (value: unknown) => faultOf({ issuers: [], ...path(setting, value) });
    for (const value of allowed) expect([value, await fault(value)]).toEqual([value, undefined]);
    for (const value of refused)
      expect([value, await fault(value)]).toEqual([value, expect.stringContaining(` ${setting}`)]);
  });

  it.each<[string, readonly unknown[], readonly unknown[]]>([
    [
      'issuer',
      ['a', letters(1_024), 'urn:x:y', 'https://x.example/é'],
      ['', letters(1_025), 'a b', 'a#b', 'a\n', 1, null],
    ],
    [
      'jwksUri',
      ['https://x', `https://${letters(63)}.example/${letters(900)}`],
      [
        '',
        'https://',
        'http://x',
        'http://localhost/x',
        'ftp://x',
        'x',
        'https://a@x',
        'https://a:b@x',
        'https://[',
        'https://a b',
        1,
      ],
    ],
    [
      'algorithms',
      [['RS256'], ['ES512', 'PS384', 'EdDSA', 'Ed25519']],
      [[], ['RS256', 'RS256'], ['none'], ['HS256'], ['rs256'], 'RS256'],
    ],
    ['audience', ['a', letters(1_024), ['a'], ['a', 'b']], ['', letters(1_025), 'a b', [], ['a', 'a'], [''], 1]],
    ['audienceClaim', ['client_id', '/a/b'], ['', '/~2', ['a'], 1]],
    ['realm', ['a', letters(64), 'A_b-0'], ['', letters(65), 'a b', 'a*', 'a.b', 1]],
    ['principalPrefix', ['a', ':', letters(64), 'lambda'], ['', letters(65), 'a b', 'é', 'lambda:', 'lambda:x', 1]],
    ['tokenType', ['JWT', 'at+jwt', 'application/at+jwt', letters(64)], ['', letters(65), 'a b', 1]],
    [
      'require',
      [{ a: 'x' }, { a: 1 }, { a: false }, { '/a/b': '' }],
      [{}, { a: null }, { a: ['x'] }, { '': 1 }, [], 'a'],
    ],
    ['idToken', [true, false], ['true', 'yes', 1, null]],
    ['claims', [{}, { realm: ['a', 'b'] }], [{ sub: 'x' }, { realm: '' }, [], 'sub']],
    ['permissionsPrefix', ['a', letters(1_024)], ['', letters(1_025), 'a b', 1]],
    [
      'rules',
      [[{ when: { a: 1 }, allow: ['account:verify'] }], [allowing('account:createApp', 'account:read:*')]],
      [
        [],
        [{}],
        [{ when: {}, allow: ['account:verify'] }],
        [allowing()],
        [allowing('account:verify', 'account:verify')],
        {},
      ],
    ],
  ])('issuers[0].%s', async (setting, allowed, refused) => {
    const fault = (value: unknown) => faultOf(withEntry({ [setting]: value }));
    for (const value of allowed) expect([value, await fault(value)]).toEqual([value, undefined]);
    for (const value of refused)
      expect([value, await fault(value)]).toEqual([value, expect.stringContaining(` issuers[0].${setting}`)]);
  });

  it.each([[['*']], [['a*', letters(64)]], [[`${letters(63)}*`]]])('issuers[0].realms %j', async (realms) => {
    expect(await faultOf(withEntry({ realm: undefined, realms }))).toBeUndefined();
  });

  it.each([[[]], [['a', 'a']], [[letters(65)]], [[`${letters(64)}*`]], [['a*b']], ['a']])(
    'not issuers[0].realms %j',
    async (realms) => {
      expect(await faultOf(withEntry({ realm: undefined, realms }))).toContain('issuers[0].realms');
    },
  );
});

const settingsAre =
  'The settings here are: partition, rateLimit, eventBus, claims, keys, verify, revoke, notices, authorizer, gateway, console, issuerKeys, deployment, issuers.';
const entryHas =
  'The settings here are: issuer, jwksUri, algorithms, audience, audienceClaim, realm, realms, principalPrefix, tokenType, require, idToken, claims, permissionsPrefix, rules.';
const rate = 'rateLimit must be "<requests per second>,<burst>", such as "10,20", each at most 100000, or "off".';
const noYaml = 'is not valid YAML:';
const claimNames = 'must be the name of a claim, a JSON Pointer, or a list of at least one of those, each once.';
const github = 'https://token.actions.githubusercontent.com';

/** What is wrong, and the line that says so. */
const wrongFiles: readonly (readonly [string, unknown, string])[] = [
  ['is empty', '', 'issuers is missing. It must be a list of issuers.'],
  ['has comments only', '# nothing\n', 'issuers is missing. It must be a list of issuers.'],
  ['is a list', '[]', 'the file must be a group of settings.'],
  ['is a text', 'rateLimit', 'the file must be a group of settings.'],
  ['is a number', '0', 'the file must be a group of settings.'],
  [
    'has an open bracket',
    'issuers: [',
    `line 1 ${noYaml} Flow sequence in block collection must be sufficiently indented and end with a ].`,
  ],
  ['has an open quotation', 'issuers: []\npartition: "a', `line 2 ${noYaml} Missing closing "quote.`],
  ['is indented by a tab', 'keys:\n\tprefix: a', `line 2 ${noYaml} Tabs are not allowed as indentation.`],
  [
    'is indented in two ways',
    'issuers: []\n keys: {}',
    `line 2 ${noYaml} All mapping items must start at the same column.`,
  ],
  ['has a setting twice', 'issuers: []\nissuers: []', `line 2 ${noYaml} Map keys must be unique.`],
  [
    'has a setting of an issuer twice',
    'issuers:\n  - issuer: a\n    issuer: b',
    `line 3 ${noYaml} Map keys must be unique.`,
  ],
  ['has two documents', 'issuers: []\n---\nissuers: []', `line 2 ${noYaml} The file can contain only one document.`],
  ['has an unknown tag', 'issuers: []\npartition: !secret x', `line 2 ${noYaml} Unresolved tag: !secret.`],
  [
    'has an alias without its anchor',
    'issuers: *none',
    'the file has an alias that cannot be resolved: Unresolved alias (the anchor must be set before the alias): none.',
  ],
  [
    'has aliases of aliases of aliases',
    `a: &a [${Array(10).fill('x')}]\nb: &b [${Array(10).fill('*a')}]\nc: [${Array(20).fill('*b')}]\nissuers: []`,
    'the file has an alias that cannot be resolved: Excessive alias count indicates a resource exhaustion attack.',
  ],
  ['has an unknown setting', { issuers: [], region: 'x' }, `region is not a setting. ${settingsAre}`],
  ['has a misspelt setting that is needed', { isuers: [] }, `isuers is not a setting. ${settingsAre}`],
  ['has a setting in other letters', { issuers: [], ratelimit: 'off' }, `ratelimit is not a setting. ${settingsAre}`],
  [
    'has a variable of the environment',
    { issuers: [], RATE_LIMIT: 'off' },
    `RATE_LIMIT is not a setting. ${settingsAre}`,
  ],
  ['has __proto__', 'issuers: []\n__proto__: {}', `__proto__ is not a setting. ${settingsAre}`],
  ['has a merge key', 'issuers: []\n<<: {}', `<< is not a setting. ${settingsAre}`],
  [
    'has a map as a name',
    'issuers: []\n? { a: 1 }\n: x',
    'line 2 is not valid YAML: With stringKeys, all keys must be strings.',
  ],
  ['chooses an older YAML', '%YAML 1.1\n---\nissuers: []\n', 'line 1 must not choose another version of YAML.'],
  [
    'has a tag',
    'issuers: []\nkeys: !!omap [prefix: sk]\n',
    'line 2 is not valid YAML: Unresolved tag: tag:yaml.org,2002:omap.',
  ],
  [
    'has a number where a text belongs',
    withEntry({ realm: 5 }),
    'issuers[0].realm must be 1 to 64 letters, digits, "_" or "-". Write it in quotes: "5".',
  ],
  ['has no value for its issuers', 'issuers:', 'issuers must be a list of issuers.'],
  ['has one issuer instead of a list', { issuers: entry }, 'issuers must be a list of issuers.'],
  ['has a text as an issuer', { issuers: ['https://x'] }, 'issuers[0] must be a group of settings.'],
  [
    'has a partition with capitals',
    { issuers: [], partition: 'Here' },
    'partition must be 1 to 32 lower-case letters, digits or "-".',
  ],
  ['has a rate that is no rate', { issuers: [], rateLimit: 'fast' }, rate],
  ['has a rate of one number', { issuers: [], rateLimit: 10 }, rate],
  ['has a rate of nothing', { issuers: [], rateLimit: '0,1' }, rate],
  [
    'has a bus with a space',
    { issuers: [], eventBus: 'a b' },
    'eventBus must be the name of an EventBridge bus: 1 to 256 letters, digits, "_", "." or "-", and "/" only in one of a partner.',
  ],
  ['has no group of keys', 'issuers: []\nkeys: ak', 'keys must be a group of settings.'],
  ['has an empty group', 'issuers: []\nkeys:', 'keys must be a group of settings.'],
  [
    'has an unknown setting of keys',
    { issuers: [], keys: { prefixes: [] } },
    'keys.prefixes is not a setting. The settings here are: prefix, prefixesAccepted, maxPerApp, defaultDays, maxDays, realms.',
  ],
  [
    'has a prefix with "-"',
    { issuers: [], keys: { prefix: 'a-b' } },
    'keys.prefix must be letters and digits, or such words joined by "_", 32 characters at most.',
  ],
  [
    'has an accepted prefix twice',
    { issuers: [], keys: { prefixesAccepted: ['a', 'a'] } },
    'keys.prefixesAccepted must be a list of prefixes, each once.',
  ],
  [
    'has a wrong accepted prefix',
    { issuers: [], keys: { prefixesAccepted: ['a', ''] } },
    'keys.prefixesAccepted[1] must be letters and digits, or such words joined by "_", 32 characters at most.',
  ],
  [
    'has a key limit above 50',
    { issuers: [], keys: { maxPerApp: 51 } },
    'keys.maxPerApp must be a whole number from 1 to 50.',
  ],
  [
    'has a key limit as a text',
    { issuers: [], keys: { maxPerApp: '2' } },
    'keys.maxPerApp must be a whole number from 1 to 50.',
  ],
  [
    'has a default lifetime above the maximum',
    { issuers: [], keys: { defaultDays: 91, maxDays: 90 } },
    'keys.defaultDays is 91, which is more than maxDays (90).',
  ],
  [
    'has a default lifetime above the maximum of a realm',
    { issuers: [], keys: { defaultDays: 60, realms: { a: { maxDays: 30 } } } },
    'keys.realms.a.defaultDays is 60, which is more than maxDays (30).',
  ],
  [
    'has a topic without a bus',
    { issuers: [], notices: { topic } },
    'eventBus is missing. notices.topic gets its notices from that bus. Set eventBus, or remove notices.topic.',
  ],
  [
    'has half a second',
    { issuers: [], verify: { cacheSeconds: 0.5 } },
    'verify.cacheSeconds must be a whole number from 0 to 9999.',
  ],
  [
    'caches for longer than the usual bound allows',
    { issuers: [], verify: { cacheSeconds: 11 } },
    'verify.cacheSeconds must be at most 10, because 300 of 310 seconds are for the TTL of API Gateway. Or set verify.maxStaleSeconds.',
  ],
  [
    'caches for longer than its own bound',
    { issuers: [], verify: { cacheSeconds: 61, maxStaleSeconds: 60 } },
    'verify.cacheSeconds must be at most 60, which is verify.maxStaleSeconds.',
  ],
  [
    'has no time of use',
    { issuers: [], verify: { lastUsedSeconds: 0 } },
    'verify.lastUsedSeconds must be a whole number from 1 to 99999999, or "off".',
  ],
  [
    'has an authorizer without realms',
    { issuers: [], authorizer: {} },
    'authorizer.defaultRealms is missing. It must be a list of at least one realm, each once, or "*".',
  ],
  [
    'has no realm',
    { issuers: [], authorizer: { defaultRealms: [] } },
    'authorizer.defaultRealms must be a list of at least one realm, each once, or "*".',
  ],
  [
    'has a realm that is none',
    { issuers: [], authorizer: { defaultRealms: ['myrealm', 'my realm'] } },
    'authorizer.defaultRealms[1] must be 1 to 64 letters, digits, "_" or "-".',
  ],
  [
    'has a rate of the gateway that is no number',
    'issuers: []\ngateway: { rateLimit: fast }',
    'gateway.rateLimit must be a number above 0, at most 100000.',
  ],
  [
    'has a rate of the gateway that is NaN',
    'issuers: []\ngateway: { rateLimit: .nan }',
    'gateway.rateLimit must be a number above 0, at most 100000.',
  ],
  [
    'has a rate of the gateway that has no end',
    'issuers: []\ngateway: { rateLimit: .inf }',
    'gateway.rateLimit must be a number above 0, at most 100000.',
  ],
  [
    'has a burst of the gateway with a fraction',
    { issuers: [], gateway: { burstLimit: 1.5 } },
    'gateway.burstLimit must be a whole number from 1 to 100000.',
  ],
  [
    'keeps keys of issuers for a minute',
    { issuers: [], issuerKeys: { maxStaleSeconds: 60 } },
    'issuerKeys.maxStaleSeconds must be a whole number from 600 to 604800.',
  ],
  [
    'has an unknown claim',
    { issuers: [], claims: { subject: 'sub' } },
    'claims.subject is not a setting. The settings here are: principal, realm, scope, permissions.',
  ],
  ['has a wrong pointer', { issuers: [], claims: { realm: '/~' } }, `claims.realm ${claimNames}`],
  ['has a list of no claims', { issuers: [], claims: { realm: [] } }, `claims.realm ${claimNames}`],
  [
    'has an issuer without a name',
    withEntry({ issuer: undefined }),
    'issuers[0].issuer is missing. It must be the issuer\'s URL or name, without "#" and spaces.',
  ],
  [
    'has an issuer without algorithms',
    withEntry({ algorithms: undefined }),
    'issuers[0].algorithms is missing. It must be a list of at least one algorithm, each once.',
  ],
  [
    'has an issuer without an audience',
    withEntry({ audience: undefined }),
    'issuers[0].audience is missing. It must be a text without spaces, or a list of at least one such text, each once.',
  ],
  [
    'has an unknown setting of an issuer',
    withEntry({ jwks_uri: 'https://x' }),
    `issuers[0].jwks_uri is not a setting. ${entryHas}`,
  ],
  [
    'has a symmetric algorithm',
    withEntry({ algorithms: ['HS256'] }),
    'issuers[0].algorithms[0] must be an algorithm such as RS256 or ES256.',
  ],
  [
    'has keys over http',
    withEntry({ jwksUri: 'http://x.example' }),
    'issuers[0].jwksUri must be an https URL without credentials.',
  ],
  [
    'has credentials in a URL',
    withEntry({ jwksUri: 'https://a:b@x.example' }),
    'issuers[0].jwksUri must be an https URL without credentials.',
  ],
  [
    'has an issuer without a realm',
    withEntry({ realm: undefined }),
    'issuers[0].realm is missing. Set realm, or realms for tokens that name one.',
  ],
  ['has realm and realms', withEntry({ realms: ['a'] }), 'issuers[0].realms contradicts realm. Set one of the two.'],
  [
    'has a pattern as the realm',
    withEntry({ realm: 'a*' }),
    'issuers[0].realm must be 1 to 64 letters, digits, "_" or "-".',
  ],
  [
    'has a pattern in the middle',
    withEntry({ realm: undefined, realms: ['a*b'] }),
    'issuers[0].realms[0] must be 1 to 64 letters, digits, "_" or "-", and may end in "*".',
  ],
  [
    'has the prefix of Lambda functions',
    withEntry({ principalPrefix: 'lambda:' }),
    'issuers[0].principalPrefix must be 1 to 64 visible ASCII characters that do not begin with "lambda:".',
  ],
  [
    'has a prefix that looks like an API key',
    withEntry({ principalPrefix: `ak_app_${letters(50)}` }),
    'issuers[0].principalPrefix makes principals that the service rejects. Choose another prefix, such as "ci:".',
  ],
  [
    'demands nothing',
    withEntry({ require: {} }),
    'issuers[0].require must be a group of claims and their values, at least one.',
  ],
  [
    'demands a list',
    withEntry({ require: { groups: ['a'] } }),
    'issuers[0].require.groups must be a text, a number of at most 15 digits, or true or false, as it is in the token.',
  ],
  [
    'demands a wrong pointer',
    withEntry({ require: { '/~': 1 } }),
    'issuers[0].require./~ must be the name of a claim or a JSON Pointer.',
  ],
  [
    'says yes',
    'issuers: [{ issuer: a, algorithms: [ES256], audience: a, realm: a, idToken: yes }]',
    'issuers[0].idToken must be true or false.',
  ],
  [
    'has a rule without when',
    withRule({ allow: ['account:verify'] }),
    'issuers[0].rules[0].when is missing. It must be a group of claims and their values, at least one.',
  ],
  [
    'has a rule without allow',
    withRule({ when: { a: 1 } }),
    'issuers[0].rules[0].allow is missing. It must be a list of at least one permission, each once.',
  ],
  [
    'has a rule with more',
    withRule({ ...allowing('account:verify'), deny: [] }),
    'issuers[0].rules[0].deny is not a setting. The settings here are: when, allow.',
  ],
  [
    'has a rule as a group',
    withEntry({ rules: allowing('account:verify') }),
    'issuers[0].rules must be a list of rules, each with when and allow.',
  ],
  [
    'allows what is no permission',
    withRule(allowing('account:delete:*')),
    'issuers[0].rules[0].allow[0] must be account:createApp, account:verify, or account:read|write|manage:HRN, where the HRN may end in "*".',
  ],
  [
    'allows in another realm',
    withRule(allowing('account:verify', 'account:read:hrn:here:account::other:app/x')),
    'issuers[0].rules[0].allow[1] matches no application of this issuer\'s realms. Write an HRN that begins with "hrn:here:account::myrealm:app/".',
  ],
  [
    'allows in a realm that begins like its own',
    withRule(allowing('account:read:hrn:here:account::myrealm2:*')),
    'issuers[0].rules[0].allow[0] matches no application of this issuer\'s realms. Write an HRN that begins with "hrn:here:account::myrealm:app/".',
  ],
  [
    'allows in a realm that is none of its realms',
    withRule(allowing('account:read:hrn:here:account::other:app/x'), { realm: undefined, realms: ['a*', 'b'] }),
    'issuers[0].rules[0].allow[0] matches no application of this issuer\'s realms. Write an HRN that begins with "hrn:here:account::a".',
  ],
  [
    'allows in another partition',
    { partition: 'acme', ...withRule(allowing('account:read:hrn:here:account::myrealm:app/x')) },
    'issuers[0].rules[0].allow[0] matches no application of this issuer\'s realms. Write an HRN that begins with "hrn:acme:account::myrealm:app/".',
  ],
  ...(
    [
      [github, 'repository_owner_id, repository_id, enterprise_id, repository_owner, repository, enterprise, sub'],
      [
        `${github}/acme`,
        'repository_owner_id, repository_id, enterprise_id, repository_owner, repository, enterprise, sub',
      ],
      ['https://accounts.google.com', 'hd, email, sub, azp'],
      ['accounts.google.com', 'hd, email, sub, azp'],
      ['https://appleid.apple.com', 'sub, email'],
      ['https://gitlab.com', 'namespace_id, project_id, namespace_path, project_path, sub'],
      ['https://app.terraform.io', 'terraform_organization_id, terraform_organization_name, sub'],
      ['https://agent.buildkite.com', 'organization_id, organization_slug, sub'],
      ['https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0', 'oid, sub'],
    ] as const
  ).flatMap(([issuer, own]) => {
    const line = `issuers[0].require must have one of ${own}, because anybody can get tokens of this issuer.`;
    return [
      [`trusts all of ${issuer}`, withEntry({ issuer }), line],
      [`requires of ${issuer} what anybody has`, withEntry({ issuer, require: { aud: 'appkeys', ref: 'main' } }), line],
    ] as const;
  }),
  [
    "requires a number where GitHub's tokens have a text",
    withEntry({ issuer: github, require: { repository_owner_id: 42 } }),
    'issuers[0].require.repository_owner_id must be a text, as in GitHub\'s tokens: "42".',
  ],
  [
    "compares a number where GitHub's tokens have a text",
    withEntry({
      issuer: github,
      require: { repository_owner_id: '42' },
      rules: [{ when: { repository_id: 7 }, allow: ['account:verify'] }],
    }),
    'issuers[0].rules[0].when.repository_id must be a text, as in GitHub\'s tokens: "7".',
  ],
  [
    'has a prefix without quotes',
    'issuers:\n  - principalPrefix: ci:\n    issuer: x\n',
    'line 2 is not valid YAML: Nested mappings are not allowed in compact mappings. Quote a text that ends in a colon, such as "ci:".',
  ],
  [
    'has an issuer twice',
    withEntries({}, { issuer: entry.issuer, realm: 'b' }),
    'issuers[1].issuer is the same as in issuers[0]. Merge the two entries.',
  ],
  [
    'has two issuers for a realm',
    withEntries({}, {}),
    'issuers[1].principalPrefix is missing, also in issuers[0], and both issuers can claim the realm myrealm. Set a prefix, such as "ci:".',
  ],
  [
    'has a realm that is in a pattern',
    withEntries({}, { realm: undefined, realms: ['my*'] }),
    'issuers[1].principalPrefix is missing, also in issuers[0], and both issuers can claim the realm myrealm. Set a prefix, such as "ci:".',
  ],
  [
    'has patterns that overlap',
    withEntries({ realm: undefined, realms: ['x', 'my*'] }, { realm: undefined, realms: ['*'] }),
    'issuers[1].principalPrefix is missing, also in issuers[0], and both issuers can claim the realm x. Set a prefix, such as "ci:".',
  ],
  [
    'has a prefix that begins with another',
    withEntries({ principalPrefix: 'ci:' }, { principalPrefix: 'ci:x:', realm: 'other' }),
    'issuers[1].principalPrefix overlaps with the prefix in issuers[0]. Neither prefix can begin with the other.',
  ],
  [
    'has a prefix twice',
    withEntries({ principalPrefix: 'ci:' }, { principalPrefix: 'ci:' }),
    'issuers[1].principalPrefix is the same as in issuers[0], and both issuers can claim the realm myrealm. Choose another prefix.',
  ],
];

describe('a settings file that is wrong is one line with the file, the setting, and what to do', () => {
  it.each(wrongFiles)('it %s', async (_, content, line) => {
    expect(await faultOf(content)).toBe(`stage.yml: ${line}`);
    expect(await faultOf(content, true)).toBe(`stage.yml: ${line}`);
  });

  it('a folder', async () => {
    await expect(readStageSettings(projectFolder)).rejects.toThrow('cannot be read (Error: EISDIR');
  });
});

describe('issuers that can be told apart are accepted', () => {
  it.each([
    ['two realms', withEntries({}, { realm: 'other' })],
    ['a realm, and a pattern of others', withEntries({}, { realm: undefined, realms: ['other*'] })],
    ['one prefix', withEntries({}, { principalPrefix: 'ci:' })],
    ['two prefixes', withEntries({ principalPrefix: 'ci:' }, { principalPrefix: 'cd:' })],
    [
      'the same prefix in different realms',
      withEntries({ principalPrefix: 'a' }, { principalPrefix: 'a', realm: 'b' }),
    ],
    [
      'a public issuer with what its tokens must have',
      withEntry({ issuer: 'https://gitlab.com', require: { namespace_id: '1' } }),
    ],
    [
      'rules that reach its realm',
      withRule(
        allowing('account:read:hrn:here:account::myrealm:app/x', 'account:write:hrn:here:*', 'account:manage:*'),
      ),
    ],
    [
      'rules for a pattern',
      withRule(allowing('account:read:hrn:here:account::abc:*'), { realm: undefined, realms: ['a*'] }),
    ],
  ])('%s', async (_, content) => {
    expect(await faultOf(content)).toBeUndefined();
  });

  it('keys over http on this machine, where npm start reads the file', async () => {
    for (const jwksUri of ['http://localhost:1/x', 'http://127.0.0.1/x', 'http://[::1]:1/x'])
      expect(await faultOf(withEntry({ jwksUri }), true)).toBeUndefined();
    for (const jwksUri of ['http://localhost.example/x', 'http://a:b@localhost/x', 'http://10.0.0.1/x'])
      expect(await faultOf(withEntry({ jwksUri }), true)).toContain('must be an https URL');
  });
});

describe('every message of the schema', () => {
  it('says in words what a setting must be', () => {
    const missing: string[] = [];
    const visit = (at: string, node: Record<string, unknown>) => {
      if (!/^be \S/.test(String(node.must))) missing.push(at);
      const { properties = {}, items, additionalProperties, propertyNames } = node as Record<string, object>;
      for (const [name, inner] of Object.entries(properties)) visit(`${at}.${name}`, inner as Record<string, unknown>);
      for (const inner of [items, additionalProperties, propertyNames])
        if (inner) visit(`${at}[]`, inner as Record<string, unknown>);
    };
    visit('', settingsSchema);
    expect(missing).toEqual([]);
  });
});
