import { describe, expect, it } from 'vitest';
import { differences, rejections } from '../../../infra/settings/changes.ts';
import { defaultClaims } from '../../../lib/service/http/token-claims.ts';
import type { StageSettings, TokenIssuer } from '../../../lib/service/settings.ts';
import { defaultSettings, testIssuer } from '../../support/settings.ts';

const name = 'https://issuer.example';
const ofIssuer = `tokens of the issuer ${name}`;

function issuerWith(parts: Partial<TokenIssuer> = {}): TokenIssuer {
  const realms = parts.realm === undefined ? { realms: ['a', 'b*'] } : {};
  return testIssuer({ issuer: name, jwksUri: `${name}/jwks`, ...realms, ...parts });
}

const withIssuers = (...issuers: readonly TokenIssuer[]): StageSettings => ({ ...defaultSettings, issuers });
const base = withIssuers(issuerWith());
const tableKey = (kmsKeyArn: string) => ({
  ...base,
  deployment: { ...base.deployment, table: { kmsKeyArn } },
});
const claimsWith = (parts: Partial<TokenIssuer['claims']>) => ({ claims: { ...defaultClaims, ...parts } });

describe('differences', () => {
  it.each<[string, StageSettings, StageSettings, string[]]>([
    ['nothing', base, base, []],
    ['a text', base, { ...base, partition: 'acme' }, ['partition: "here" -> "acme"']],
    ['a setting that is new', base, { ...base, eventBus: 'audit' }, ['eventBus: not set -> "audit"']],
    ['a setting that is gone', { ...base, eventBus: 'audit' }, base, ['eventBus: "audit" -> not set']],
    ['a part of a group', base, { ...base, keys: { ...base.keys, maxPerApp: 3 } }, ['keys.maxPerApp: 2 -> 3']],
    [
      'a list',
      base,
      { ...base, authorizer: { defaultRealms: ['a', 'b'] } },
      ['authorizer.defaultRealms: ["myrealm"] -> ["a","b"]'],
    ],
    [
      'a number that becomes "off"',
      base,
      { ...base, verify: { ...base.verify, lastUsedSeconds: 'off' } },
      ['verify.lastUsedSeconds: 3600 -> "off"'],
    ],
    [
      'several',
      base,
      { ...base, partition: 'acme', gateway: { rateLimit: 1, burstLimit: 2 } },
      ['partition: "here" -> "acme"', 'gateway.rateLimit: 500 -> 1', 'gateway.burstLimit: 1000 -> 2'],
    ],
    [
      'a part of an issuer',
      base,
      withIssuers(issuerWith({ jwksUri: `${name}/keys` })),
      [`issuers[${name}].jwksUri: "${name}/jwks" -> "${name}/keys"`],
    ],
    [
      'a claim of an issuer',
      base,
      withIssuers(issuerWith(claimsWith({ principal: ['oid', 'sub'] }))),
      [`issuers[${name}].claims.principal: ["sub"] -> ["oid","sub"]`],
    ],
    [
      'a required claim and a rule',
      base,
      withIssuers(issuerWith({ require: { tier: 1 }, rules: [{ when: { ref: 'x' }, allow: ['account:verify'] }] })),
      [
        `issuers[${name}].require.tier: not set -> 1`,
        `issuers[${name}].rules: not set -> [{"when":{"ref":"x"},"allow":["account:verify"]}]`,
      ],
    ],
  ])('name %s', (_, deployed, next, expected) => {
    expect(differences(deployed, next)).toEqual(expected);
  });

  it('name every setting of an issuer that is new or gone', () => {
    const added = differences(withIssuers(), base);
    expect(added).toEqual(
      expect.arrayContaining([
        `issuers[${name}].issuer: not set -> "${name}"`,
        `issuers[${name}].realms: not set -> ["a","b*"]`,
      ]),
    );
    expect(differences(base, withIssuers())).toHaveLength(added.length);
  });

  it('say nothing of the order of the issuers', () => {
    const other = issuerWith({ issuer: 'https://other.example' });
    expect(differences(withIssuers(issuerWith(), other), withIssuers(other, issuerWith()))).toEqual([]);
  });
});

describe('rejections', () => {
  const keys = { ...base.keys, prefix: 'sk', prefixesAccepted: ['ak', 'old'] };
  const untilAllowed = 'every API key until the functions may use the KMS key deployment.table.kmsKeyArn';

  it.each<[string, StageSettings, StageSettings, string[]]>([
    [
      'a prefix that is no longer accepted',
      { ...base, keys },
      { ...base, keys: { ...keys, prefixesAccepted: ['ak'] } },
      ['API keys with the prefix old'],
    ],
    [
      'a new prefix in the place of the earlier',
      base,
      { ...base, keys: { ...base.keys, prefix: 'sk' } },
      ['API keys with the prefix ak'],
    ],
    [
      'a default realm that is gone',
      { ...base, authorizer: { defaultRealms: ['myrealm', 'other'] } },
      { ...base, authorizer: { defaultRealms: ['other', 'third'] } },
      ['API keys of the realm myrealm, for APIs that name no realms'],
    ],
    ['a KMS key that the table has first', base, tableKey('a'), [untilAllowed]],
    ['another KMS key', tableKey('a'), tableKey('b'), [untilAllowed]],
    [
      'default realms in the place of every realm',
      { ...base, authorizer: { defaultRealms: '*' } },
      base,
      ['API keys of realms other than myrealm, for APIs that name no realms'],
    ],
    ['every realm by default', base, { ...base, authorizer: { defaultRealms: '*' } }, []],
    ['another partition', base, { ...base, partition: 'acme' }, ['HRNs of the partition here']],
    ['an issuer that is gone', base, withIssuers(), [ofIssuer]],
    [
      'an issuer with a prefix that is gone',
      withIssuers(issuerWith({ principalPrefix: 'ci:' })),
      withIssuers(),
      [`${ofIssuer}, whose prefix ci: other issuers can then use`],
    ],
    ['a realm that is gone', base, withIssuers(issuerWith({ realms: ['a'] })), [`${ofIssuer} for the realm b*`]],
    [
      'a realm whose pattern is narrower',
      base,
      withIssuers(issuerWith({ realms: ['a', 'bc*', 'b'] })),
      [`${ofIssuer} for the realm b*`],
    ],
    [
      'another realm',
      withIssuers(issuerWith({ realm: 'a' })),
      withIssuers(issuerWith({ realm: 'b' })),
      [`${ofIssuer} for the realm a`],
    ],
    [
      'a realm that tokens now must name',
      withIssuers(issuerWith({ realm: 'a' })),
      withIssuers(issuerWith({ realms: ['a'] })),
      [`${ofIssuer} that name no realm`],
    ],
    [
      'an audience that is gone',
      withIssuers(issuerWith({ audience: ['appkeys', 'old'] })),
      base,
      [`${ofIssuer} for the audience old`],
    ],
    [
      'an algorithm that is gone',
      withIssuers(issuerWith({ algorithms: ['ES256', 'RS256'] })),
      base,
      [`${ofIssuer} with the algorithm RS256`],
    ],
    [
      'a claim of the audience that is gone',
      withIssuers(issuerWith({ audienceClaim: 'client_id' })),
      base,
      [`${ofIssuer} that name their audience in client_id`],
    ],
    [
      'a prefix of principals',
      base,
      withIssuers(issuerWith({ principalPrefix: 'ci:' })),
      [`grants to principals of ${name}, whose prefix changes`],
    ],
    [
      'another claim of the principal',
      base,
      withIssuers(issuerWith(claimsWith({ principal: ['oid', 'sub'] }))),
      [`${ofIssuer} that have the principal in sub`],
    ],
    [
      'fewer claims of the realm',
      withIssuers(issuerWith(claimsWith({ realm: ['rlm', 'tenant'] }))),
      base,
      [`${ofIssuer} that have the realm in rlm or tenant`],
    ],
    [
      'a required claim',
      withIssuers(issuerWith({ require: { tier: 1 } })),
      withIssuers(issuerWith({ require: { tier: 2, org: 'acme' } })),
      [`${ofIssuer} whose claim tier is not 2`, `${ofIssuer} whose claim org is not "acme"`],
    ],
    [
      'a type of token',
      base,
      withIssuers(issuerWith({ tokenType: 'at+jwt' })),
      [`${ofIssuer} that are not of the type at+jwt`],
    ],
    [
      'ID tokens that are no longer accepted',
      withIssuers(issuerWith({ idToken: true })),
      withIssuers(issuerWith({ idToken: false })),
      [`ID tokens of the issuer ${name}`],
    ],
  ])('name what is rejected by %s', (_, deployed, next, expected) => {
    expect(rejections(deployed, next)).toEqual(expected);
  });

  it.each<[string, StageSettings, StageSettings]>([
    ['nothing', base, base],
    [
      'a new prefix, with the earlier accepted',
      base,
      { ...base, keys: { ...base.keys, prefix: 'sk', prefixesAccepted: ['ak'] } },
    ],
    ['other limits', base, { ...base, rateLimit: '1,1', gateway: { rateLimit: 1, burstLimit: 1 } }],
    ['a lower key limit', base, { ...base, keys: { ...base.keys, maxPerApp: 1 } }],
    ['a bus', base, { ...base, eventBus: 'audit' }],
    ['the same KMS key', tableKey('a'), tableKey('a')],
    ['no KMS key any more', tableKey('a'), base],
    [
      'an issuer',
      base,
      withIssuers(issuerWith(), issuerWith({ issuer: 'https://other.example', principalPrefix: 'x:' })),
    ],
    ['more realms', base, withIssuers(issuerWith({ realms: ['*'] }))],
    [
      'a realm that tokens need not name',
      withIssuers(issuerWith({ realms: ['a'] })),
      withIssuers(issuerWith({ realm: 'a' })),
    ],
    [
      'more audiences and algorithms',
      base,
      withIssuers(issuerWith({ audience: ['appkeys', 'b'], algorithms: ['ES256', 'EdDSA'] })),
    ],
    ['a claim of the audience', base, withIssuers(issuerWith({ audienceClaim: 'client_id' }))],
    ['a second claim of the principal', base, withIssuers(issuerWith(claimsWith({ principal: ['sub', 'oid'] })))],
    [
      'fewer required claims, in another order',
      withIssuers(issuerWith({ require: { a: 1, b: 2, c: 3 } })),
      withIssuers(issuerWith({ require: { c: 3, a: 1 } })),
    ],
    ['any type of token', withIssuers(issuerWith({ tokenType: 'at+jwt' })), base],
    ['ID tokens', base, withIssuers(issuerWith({ idToken: true }))],
    ['other rules', base, withIssuers(issuerWith({ rules: [{ when: { a: 1 }, allow: ['account:verify'] }] }))],
  ])('name nothing for %s', (_, deployed, next) => {
    expect(rejections(deployed, next)).toEqual([]);
  });
});
