import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultClaims, valueAt } from '../../../lib/service/http/token-claims.ts';
import type { Claims, TokenIssuer } from '../../../lib/service/settings.ts';
import { type CapturedLog, captureLog } from '../../support/captured-log.ts';
import { anIssuer, type SignedTokens, signTokens } from '../../support/signed-tokens.ts';

let tokens: SignedTokens;
let log: CapturedLog;

beforeAll(async () => {
  tokens = await signTokens();
});

beforeEach(() => {
  log = captureLog();
});

/** @returns the caller of a token with these claims, where only its issuer is trusted */
const callerOf = (entry: Partial<TokenIssuer>, claims: object | string = {}) =>
  tokens.trusting(anIssuer(entry))({ claims });

const rejects = (entry: Partial<TokenIssuer>, claims: object | string, cause: unknown = expect.any(String)) =>
  expect(callerOf(entry, claims)).rejects.toMatchObject({ code: '401300', cause });

const named = (names: Partial<Claims>) => ({ claims: { ...defaultClaims, ...names } });
const nested = (depth: number, inner: string) => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;
const noTexts = [1, 0, true, false, [], ['x'], {}, { x: 1 }];

describe('the audience', () => {
  const cause = expect.stringMatching(/^the token (names no audience|is for the audience .+)$/);
  const audience = ['appkeys', 'other'];
  const audienceClaim = 'client_id';

  it.each(['appkeys', 'other', ['appkeys'], ['x', 'other'], ['x', 1, 'appkeys']])('may be %j', async (aud) => {
    expect(await callerOf({ audience }, { aud })).toMatchObject({ principal: 'demo' });
  });

  it.each([
    'x',
    '',
    'APPKEYS',
    'appkeys ',
    'appkeys,other',
    'appkeys other',
    [],
    ['x'],
    [['appkeys']],
    { appkeys: 1 },
    1,
    true,
    null,
    undefined,
  ])('%j is rejected', (aud) => rejects({ audience }, { aud }, cause));

  it('stands in audienceClaim where the token has no aud', async () => {
    const claims = { aud: undefined, client_id: 'other' };
    expect(await callerOf({ audience, audienceClaim }, claims)).toMatchObject({ principal: 'demo' });
    await rejects({ audience }, claims, cause);
  });

  it('stands where a JSON Pointer says', async () => {
    const claims = { aud: undefined, azp: { id: 'appkeys' } };
    expect(await callerOf({ audience, audienceClaim: '/azp/id' }, claims)).toMatchObject({ principal: 'demo' });
  });

  it.each(['x', '', null, [], ['x'], 1])('is that of aud, which is %j, whatever audienceClaim says', (aud) =>
    rejects({ audience, audienceClaim }, { aud, client_id: 'appkeys' }, cause),
  );

  it.each([undefined, null, '', 'x', ['appkeys'], [['appkeys']], { appkeys: 1 }, 1, true])(
    '%j in audienceClaim is rejected',
    (value) => rejects({ audience, audienceClaim }, { aud: undefined, client_id: value }, cause),
  );

  it.each(['__proto__', 'constructor', 'toString', '/constructor/name'])('is not inherited: %s', (inherited) =>
    rejects({ audience: [...audience, 'Object'], audienceClaim: inherited }, { aud: undefined }, cause),
  );
});

describe('a realm of the entry', () => {
  const cause = expect.stringMatching(
    /^the claim of the realm \(.+\) (is missing|has a value that is not allowed: .+)$/,
  );
  const realm = 'fixed';

  it.each([undefined, null, 'fixed'])('is that of a token whose claim is %j', async (rlm) => {
    expect(await callerOf({ realm }, { rlm })).toMatchObject({ realm });
  });

  it.each(['other', 'Fixed', 'fixed ', 'fixed*', '', ...noTexts, ['fixed']])('is not that of %j', (rlm) =>
    rejects({ realm }, { rlm }, cause),
  );

  it('is held against the first of several claims that is present', async () => {
    const entry = { realm, ...named({ realm: ['tenant', '/org/id'] }) };
    expect(await callerOf(entry, { org: { id: 'fixed' } })).toMatchObject({ realm });
    await rejects(entry, { org: { id: 'other' } }, cause);
    await rejects(entry, { tenant: 'other', org: { id: 'fixed' } }, cause);
  });
});

describe('the realms of the entry', () => {
  const cause = expect.stringMatching(
    /^the claim of the realm \(.+\) (is missing|has a value that is not allowed: .+)$/,
  );
  const realms = ['ops', 'team-*'];

  it.each(['ops', 'team-', 'team-a', 'team-A_1', `team-${'x'.repeat(59)}`])('allow %s', async (rlm) => {
    expect(await callerOf({ realms }, { rlm })).toMatchObject({ realm: rlm });
  });

  it.each([
    'ops-x',
    'xops',
    'op',
    'team',
    'Team-a',
    'xteam-a',
    'team-*',
    'team-a b',
    'team-a/b',
    'team-a\n',
    'team-a:app/*',
    'team-é',
    `team-${'x'.repeat(60)}`,
    '*',
    '',
    undefined,
    null,
    ...noTexts,
    ['ops'],
  ])('do not allow %j', (rlm) => rejects({ realms }, { rlm }, cause));

  it('"*" allows whatever can be a realm', async () => {
    expect(await callerOf({ realms: ['*'] }, { rlm: 'any' })).toMatchObject({ realm: 'any' });
    for (const rlm of ['', 'a b', '*', undefined, ['any']]) await rejects({ realms: ['*'] }, { rlm }, cause);
  });

  it('do not allow what objects inherit', async () => {
    for (const name of ['constructor', '__proto__'])
      await rejects({ realms: ['*'], ...named({ realm: [name] }) }, {}, cause);
  });
});

describe('the principal', () => {
  const cause = expect.stringMatching(
    /^the claim of the principal \(.+\) (is missing|has a value that is not allowed: .+)$/,
  );
  const prefixed = { principalPrefix: 'ci:' };

  it('has the prefix of the entry before it', async () => {
    expect((await callerOf(prefixed)).principal).toBe('ci:demo');
    expect((await callerOf(prefixed, { sub: 'ci:demo' })).principal).toBe('ci:ci:demo');
    expect((await callerOf(prefixed, { sub: 'x'.repeat(252) })).principal).toHaveLength(255);
  });

  it.each([undefined, null, '', ' ', 'x ', 'a\nb', 'a\u200bb', 'x'.repeat(253), ...noTexts])(
    'is rejected with a prefix where the claim is %j',
    (sub) => rejects(prefixed, { sub }, cause),
  );

  it.each([undefined, null, '', ' x', '.', '__proto__', 'lambda:x', 'x'.repeat(256), ...noTexts])(
    'is rejected without a prefix where the claim is %j',
    (sub) => rejects({}, { sub }, cause),
  );

  it.each(['__proto__', 'constructor', 'toString', '/constructor/name', '/__proto__/x'])(
    'is not what objects inherit: %s',
    (name) => rejects(named({ principal: [name] }), {}, cause),
  );

  it('may stand in a claim of the token itself that is named like one', async () => {
    expect(await callerOf(named({ principal: ['__proto__'] }), '"__proto__":"p"')).toMatchObject({ principal: 'p' });
    expect(await callerOf(named({ principal: ['constructor'] }), { constructor: 'c' })).toMatchObject({
      principal: 'c',
    });
  });
});

describe('the prefix of another issuer', () => {
  const plain = anIssuer({ realms: ['ops', 'team-*'] });
  const ci = anIssuer({ issuer: 'ci', realms: ['team-1', 'ci-*'], principalPrefix: 'ci:' });
  const fixed = anIssuer({ issuer: 'fixed', realm: 'team-2', principalPrefix: 'fix:' });
  const wide = anIssuer({ issuer: 'wide', realms: ['*'], principalPrefix: 'wide:' });
  const callerAmongAll = (claims: object) => tokens.trusting(plain, ci, fixed, wide)({ claims });
  const cause = 'the principal begins with the prefix of another issuer';

  it.each([
    { rlm: 'team-1', sub: 'ci:bot' },
    { rlm: 'team-1', sub: 'ci:' },
    { rlm: 'team-2', sub: 'fix:bot' },
    { rlm: 'ops', sub: 'wide:bot' },
    { rlm: 'team-2', sub: 'wide:bot' },
    { rlm: 'team-2', sub: 'ci:bot' },
    { rlm: 'team-10', sub: 'ci:bot' },
    { rlm: 'team-1', sub: 'fix:bot' },
    { rlm: 'team-20', sub: 'fix:bot' },
  ])('cannot be claimed, in whatever realm: %j', async (claims) => {
    await expect(callerAmongAll(claims)).rejects.toMatchObject({ code: '401300', cause });
  });

  it.each([
    { rlm: 'team-1', sub: 'ci' },
    { rlm: 'team-1', sub: 'CI:bot' },
    { rlm: 'team-1', sub: 'x-ci:bot' },
  ])('is a text like any other elsewhere: %j', async (claims) => {
    expect(await callerAmongAll(claims)).toMatchObject({ issuer: 'i', realm: claims.rlm, principal: claims.sub });
  });

  it('cannot be put together from a shorter prefix and a claim', async () => {
    const short = anIssuer({ issuer: 'short', realms: ['team-1'], principalPrefix: 'c' });
    const verify = tokens.trusting(ci, short);
    const claims = { iss: 'short', rlm: 'team-1', sub: 'i:bot' };
    await expect(verify({ claims })).rejects.toMatchObject({ code: '401300', cause });
  });

  it('is harmless behind the prefix of the issuer itself', async () => {
    const claims = { iss: 'ci', rlm: 'ci-1', sub: 'wide:bot' };
    expect(await callerAmongAll(claims)).toMatchObject({ issuer: 'ci', principal: 'ci:wide:bot' });
  });

  it('is looked for in the realm that the entry gives to all its tokens', async () => {
    const alone = anIssuer({ issuer: 'alone', realm: 'team-1' });
    const verify = tokens.trusting(alone, ci);
    for (const rlm of [undefined, 'team-1']) {
      const claims = { iss: 'alone', rlm, sub: 'ci:bot' };
      await expect(verify({ claims })).rejects.toMatchObject({ code: '401300', cause });
    }
  });
});

describe('require', () => {
  const require = { org: 'acme', '/ctx/env': 'prod', level: 2, mfa: true };
  const right = { org: 'acme', ctx: { env: 'prod' }, level: 2, mfa: true };

  it('accepts a token that has all values', async () => {
    expect(await callerOf({ require }, right)).toMatchObject({ principal: 'demo' });
  });

  it.each<[string, object]>([
    ['org', { org: undefined }],
    ['org', { org: null }],
    ['org', { org: 'Acme' }],
    ['org', { org: 'acme ' }],
    ['org', { org: ['acme'] }],
    ['/ctx/env', { ctx: undefined }],
    ['/ctx/env', { ctx: null }],
    ['/ctx/env', { ctx: 'prod' }],
    ['/ctx/env', { ctx: [{ env: 'prod' }] }],
    ['/ctx/env', { ctx: undefined, '/ctx/env': 'prod' }],
    ['level', { level: '2' }],
    ['level', { level: 2.5 }],
    ['mfa', { mfa: 'true' }],
    ['mfa', { mfa: 1 }],
  ])('rejects a token whose claim %s is wrong: %j', (claim, wrong) =>
    rejects(
      { require },
      { ...right, ...wrong },
      expect.stringMatching(new RegExp(`^the claim ${claim} (is missing|is .+, and the settings require .+)$`)),
    ),
  );

  it('is not met by what objects inherit', () => rejects({ require: { '/constructor/name': 'Object' } }, {}));
});

describe('claims', () => {
  it.each<[string, string[], object]>([
    ['a name', ['who'], { who: 'p' }],
    ['a name like a URL', ['https://x.test/who'], { 'https://x.test/who': 'p' }],
    ['a JSON Pointer', ['/user/name'], { user: { name: 'p' } }],
    ['a JSON Pointer to a claim', ['/who'], { who: 'p' }],
    ['a JSON Pointer with ~1', ['/a~1b'], { 'a/b': 'p' }],
    ['a JSON Pointer with ~0', ['/a~0b'], { 'a~b': 'p' }],
    ['a JSON Pointer with ~01', ['/a~01b'], { 'a~1b': 'p' }],
    ['a JSON Pointer into a list', ['/users/1'], { users: ['x', 'p'] }],
    ['a JSON Pointer to an empty name', ['/'], { '': 'p' }],
    ['the first of several', ['who', 'sub'], { who: 'p', sub: 'x' }],
    ['the second, where the first is missing', ['who', '/user/name'], { user: { name: 'p' } }],
    ['the second, where the first is null', ['who', 'sub'], { who: null, sub: 'p' }],
  ])('are found by %s', async (_, principal, claims) => {
    expect(await callerOf(named({ principal }), claims)).toMatchObject({ principal: 'p' });
  });

  it.each<[string, string[], object]>([
    ['the first is an empty text', ['who', 'sub'], { who: '', sub: 'p' }],
    ['the first is a list', ['who', 'sub'], { who: ['p'], sub: 'p' }],
    ['the first is false', ['who', 'sub'], { who: false, sub: 'p' }],
    ['a pointer goes through a text', ['/who/0'], { who: 'p' }],
    ['a pointer goes through null', ['/who/x'], { who: null }],
    ['a name is taken for a pointer', ['user/name'], { user: { name: 'p' } }],
  ])('are rejected where %s', (_, principal, claims) => rejects(named({ principal }), claims));

  it.each<[string, unknown]>([
    ['constructor', undefined],
    ['/a/constructor', undefined],
    ['/a/__proto__', undefined],
    ['/list/01', undefined],
    ['/list/-', undefined],
    ['/list/1', 'b'],
    ['/list/2', undefined],
    ['/a/b', 1],
  ])('at %s: %j', (path, value) => {
    expect(valueAt({ a: { b: 1 }, list: ['a', 'b'] }, path)).toBe(value);
  });
});

describe('the permissions', () => {
  const prefixed = { permissionsPrefix: 'appkeys/' };

  it.each<[unknown, string[]]>([
    [undefined, []],
    [null, []],
    [[], []],
    [
      ['a', 'b c'],
      ['a', 'b c'],
    ],
    ['', []],
    ['a', ['a']],
    [' a  b\tc\nd ', ['a', 'b', 'c', 'd']],
    [{}, []],
    [{ a: {}, b: null, 'c d': false }, ['a', 'b', 'c d']],
  ])('of %j are %j', async (claim, permissions) => {
    expect(await callerOf({}, { permissions: claim })).toMatchObject({ permissions });
    expect(log.records()).toEqual([]);
  });

  it.each([1, 0, true, false, ['a', 1], ['a', null], [['a']], [{}]])(
    'of %j are none, and that is logged once',
    async (claim) => {
      const verify = tokens.trusting(anIssuer());
      for (const permissions of [claim, claim, ['a'], claim])
        expect(await verify({ claims: { permissions } })).toMatchObject({
          permissions: permissions === claim ? [] : permissions,
        });
      expect(log.records()).toMatchObject([
        {
          event: 'token-claims',
          level: 'WARN',
          issuer: 'i',
          why: 'the claim of permissions is neither a list of texts, a text nor an object: permissions',
        },
      ]);
    },
  );

  it('of an object are its own names alone', async () => {
    expect((await callerOf({}, '"permissions":{"__proto__":1,"constructor":2}')).permissions).toEqual([
      '__proto__',
      'constructor',
    ]);
    expect((await callerOf(named({ permissions: ['__proto__'] }))).permissions).toEqual([]);
  });

  it.each<[unknown, string[]]>([
    [
      ['appkeys/a', 'b', 'Appkeys/c', 'x/appkeys/d', 'appkeys/appkeys/e'],
      ['a', 'appkeys/e'],
    ],
    ['appkeys/a b', ['a']],
    [{ 'appkeys/a': 1, b: 1 }, ['a']],
    [['a'], []],
  ])('with a prefix, of %j are %j', async (claim, permissions) => {
    expect(await callerOf(prefixed, { permissions: claim })).toMatchObject({ permissions });
  });

  it('stand where a JSON Pointer says, such as in a token of Keycloak', async () => {
    const entry = named({ permissions: ['/resource_access/app~1keys/roles', '/realm_access/roles'] });
    const claims = { realm_access: { roles: ['r'] } };
    expect(await callerOf(entry, claims)).toMatchObject({ permissions: ['r'] });
    const both = { ...claims, resource_access: { 'app/keys': { roles: ['c'] } } };
    expect(await callerOf(entry, both)).toMatchObject({ permissions: ['c'] });
  });
});

describe('rules', () => {
  const rules = [
    { when: { repository: 'acme/app', ref: 'refs/heads/main' }, allow: ['account:createApp'] },
    { when: { groups: 'ops' }, allow: ['account:verify', 'account:read:*'] },
    { when: { '/ctx/level': 2, '/ctx/mfa': true }, allow: ['account:manage:*'] },
  ];
  const main = { repository: 'acme/app', ref: 'refs/heads/main' };

  it.each<[object, string[]]>([
    [main, ['account:createApp']],
    [{ groups: 'ops' }, ['account:verify', 'account:read:*']],
    [{ groups: ['dev', 'ops'] }, ['account:verify', 'account:read:*']],
    [{ ctx: { level: 2, mfa: true } }, ['account:manage:*']],
    [{ ctx: { level: [1, 2], mfa: [true] } }, ['account:manage:*']],
    [{ ...main, groups: ['ops'] }, ['account:createApp', 'account:verify', 'account:read:*']],
    [{ ...main, permissions: ['own'] }, ['own', 'account:createApp']],
    [{ ...main, permissions: 1 }, ['account:createApp']],
  ])('give to %j the permissions %j', async (claims, permissions) => {
    expect(await callerOf({ rules }, claims)).toMatchObject({ permissions });
  });

  it.each<[object]>([
    [{}],
    [{ repository: 'acme/app' }],
    [{ ...main, ref: 'refs/heads/main2' }],
    [{ ...main, repository: 'ACME/app' }],
    [{ ...main, ref: { 'refs/heads/main': 1 } }],
    [{ groups: 'ops dev' }],
    [{ groups: 'dev,ops' }],
    [{ groups: ['ops dev'] }],
    [{ groups: [['ops']] }],
    [{ groups: { ops: 1 } }],
    [{ groups: null }],
    [{ groups: [] }],
    [{ ctx: { level: '2', mfa: true } }],
    [{ ctx: { level: 2, mfa: 'true' } }],
    [{ ctx: { level: 2, mfa: 1 } }],
    [{ ctx: { level: 2 } }],
    [{ ctx: [2, true] }],
    [{ '/ctx/level': 2, '/ctx/mfa': true }],
  ])('give nothing to %j', async (claims) => {
    expect(await callerOf({ rules }, claims)).toMatchObject({ permissions: [] });
  });

  it('are not about the prefix of permissions, which is that of the claim', async () => {
    const entry = { rules, permissionsPrefix: 'p/' };
    const claims = { ...main, permissions: ['p/a', 'account:verify'] };
    expect(await callerOf(entry, claims)).toMatchObject({ permissions: ['a', 'account:createApp'] });
  });

  it('do not match what objects inherit', async () => {
    const inherited = [{ when: { '/constructor/name': 'Object' }, allow: ['x'] }];
    expect(await callerOf({ rules: inherited })).toMatchObject({ permissions: [] });
  });
});

describe('a project scope', () => {
  const project = 'hrn:here:authorization::r:project/p';
  const entry = named({ scope: ['scopes', '/ctx/scope'] });

  it.each<[string, object]>([
    ['in the configured claim', { scopes: project }],
    ['in the second of the configured claims', { ctx: { scope: project } }],
    ['in the second, though the first is present', { scopes: 'openid', ctx: { scope: project } }],
    ['in scope', { scope: project }],
    ['in scp', { scp: project }],
    ['in scope and not in the configured claim', { scopes: 'openid', scope: project }],
    ['in capital letters', { scope: project.toUpperCase() }],
    ['between spaces', { scope: `openid ${project} email` }],
    ['between tabs and line ends', { scope: `openid\t${project}\nemail` }],
    ['between commas', { scope: `openid,${project},email` }],
    ['between commas and spaces', { scp: `openid, ${project} ,email` }],
    ['in a list', { scp: ['openid', project] }],
    ['in a text in a list', { scp: [`openid,${project}`] }],
    ['in a list in a list', { scope: [['openid', [project]]] }],
    ['beside what is no text', { scope: [null, 1, true, {}, project] }],
    ['in an object', { scope: { of: { project } } }],
    ['as a name in an object', { scope: { [project]: 1 } }],
  ])('is found %s', async (_, claims) => {
    expect(await callerOf(entry, claims)).toMatchObject({ hasProjectScope: true });
  });

  it.each<[string, object]>([
    ['where there are no scopes', {}],
    ['in empty ones', { scopes: '', scope: [], scp: {} }],
    ['in null', { scopes: null, scope: null, scp: null }],
    ['in numbers', { scopes: 1, scope: [2], scp: true }],
    ['in other scopes', { scopes: 'openid email', scope: ['offline_access'] }],
    ['in a text that only holds one', { scope: `x${project}` }],
    ['in another claim', { other: project, permissions: [project] }],
  ])('is not found %s', async (_, claims) => {
    expect(await callerOf(entry, claims)).toMatchObject({ hasProjectScope: false });
  });

  it.each(['scope', 'scp', 'scopes'])('is found in %s in 4,000 lists in each other', async (claim) => {
    const found = await callerOf(entry, `"${claim}":${nested(4_000, JSON.stringify(project))}`);
    expect(found).toMatchObject({ hasProjectScope: true });
    const none = await callerOf(entry, `"${claim}":${nested(4_000, '')}`);
    expect(none).toMatchObject({ hasProjectScope: false });
  });

  it('is found in the claim __proto__ of the token itself', async () => {
    const claims = `"scope":{"__proto__":{"constructor":"${project}"}}`;
    expect(await callerOf({}, claims)).toMatchObject({ hasProjectScope: true });
  });
});

describe('4,000 lists in each other are like any other wrong value', () => {
  const deep = nested(4_000, '');

  it.each(['sub', 'rlm', 'aud', 'iss', 'exp', 'nbf', 'iat'])('401300 in %s', (claim) =>
    rejects({}, `"${claim}":${deep}`, expect.anything()),
  );

  it('no permissions, and no match of a rule', async () => {
    const rules = [{ when: { groups: 'ops' }, allow: ['x'] }];
    expect(await callerOf({ rules }, `"permissions":${deep},"groups":${deep}`)).toMatchObject({ permissions: [] });
  });
});

describe('a configured claim that is in no token', () => {
  const everywhere = { principal: ['who', 'sub'], realm: ['tenant'], scope: ['/ctx/scope'], permissions: ['may'] };

  it('is logged once, with its name', async () => {
    const verify = tokens.trusting(anIssuer({ claims: everywhere }));
    for (let time = 0; time < 3; time += 1) await verify({ claims: { tenant: 'r' } });
    const common = { event: 'token-claims', level: 'WARN', issuer: 'i' };
    expect(log.records()).toMatchObject([
      { ...common, why: 'the claim of permissions is not in a token: may' },
      { ...common, why: 'the claim of scope is not in a token: /ctx/scope' },
    ]);
  });

  it('is logged where the token is rejected for it', async () => {
    await rejects({ claims: everywhere }, {});
    await rejects({ ...named({ principal: ['who', '/user/name'] }) }, {});
    expect(log.records().map(({ why }) => why)).toEqual([
      'the claim of realm is not in a token: tenant',
      'the claim of principal is not in a token: who, /user/name',
    ]);
  });

  it('is not logged after it was in a token, or under its usual name', async () => {
    const verify = tokens.trusting(anIssuer(named({ permissions: ['may'] })));
    await verify({ claims: { may: ['a'] } });
    await verify();
    await callerOf({});
    expect(log.records()).toEqual([]);
  });

  it('is logged for each issuer', async () => {
    const { claims } = named({ permissions: ['may'] });
    const verify = tokens.trusting(anIssuer({ claims }), anIssuer({ issuer: 'i2', realms: ['r2'], claims }));
    for (const more of [{}, { iss: 'i2', rlm: 'r2' }, {}]) await verify({ claims: more });
    expect(log.records().map(({ issuer }) => issuer)).toEqual(['i', 'i2']);
  });
});

describe('the log tells what was wrong', () => {
  it.each<[Partial<TokenIssuer>, object, string]>([
    [{}, { iss: 'i/' }, 'the issuer "i/" is not in the settings'],
    [{}, { iss: 'x'.repeat(300) }, `the issuer "${'x'.repeat(199)} is not in the settings`],
    [{}, { aud: undefined }, 'the token names no audience'],
    [{}, { aud: ['other'] }, 'the token is for the audience ["other"]'],
    [{ require: { org: 42 } }, { org: '42' }, 'the claim org is "42", and the settings require 42'],
    [{ require: { org: '42' } }, { org: 42 }, 'the claim org is 42, and the settings require "42"'],
    [{ require: { org: '42' } }, {}, 'the claim org is missing'],
    [{ realm: 'r' }, { rlm: 'other' }, 'the claim of the realm (rlm) has a value that is not allowed: "other"'],
    [{}, { rlm: undefined }, 'the claim of the realm (rlm) is missing'],
    [named({ principal: ['a', '/b'] }), {}, 'the claim of the principal (a, /b) is missing'],
    [{}, { sub: 7 }, 'the claim of the principal (sub) has a value that is not allowed: 7'],
  ])('%j, %j', (entry, claims, cause) => rejects(entry, claims, cause));
});
