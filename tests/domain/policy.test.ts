import { describe, expect, it } from 'vitest';
import {
  type Action,
  actionsThatInclude,
  type Caller,
  callerRightsOn,
  fullRights,
  hasAccess,
  includes,
  isPrincipal,
  permittedApps,
  requireAccess,
  requirePermission,
  rightsOf,
} from '../../lib/domain/policy.ts';
import { anApp, refusalOf } from '../support/apps.ts';

const app = anApp();
const apps = 'hrn:here:account::myrealm:app/';
const hrn = `${apps}${app.appId}`;

function caller(...permissions: string[]): Caller {
  return { principal: 'demo', issuer: 'https://issuer', realm: 'myrealm', permissions, hasProjectScope: false };
}

describe('rights that include others', () => {
  it.each<[Action, Action[]]>([
    ['read', ['read', 'write', 'manage']],
    ['write', ['write', 'manage']],
    ['manage', ['manage']],
  ])('%s is included in each of %j', (needed, which) => {
    expect(actionsThatInclude(needed)).toEqual(which);
    for (const held of ['read', 'write', 'manage', 'own'] as const)
      expect(includes([held], needed)).toBe(which.includes(held as Action));
    expect(includes([], needed)).toBe(false);
  });
});

describe('what a token gives on an application', () => {
  it.each<[string, string[], Action[]]>([
    ['nothing', [], []],
    ['the right that it names', [`account:write:${hrn}`], ['write']],
    ['each right that it names', [`account:manage:${hrn}`, `account:read:${hrn}`], ['read', 'manage']],
    ['a right on every application', ['account:manage:*'], ['manage']],
    ['a right on every application of the realm', [`account:write:${apps}*`], ['write']],
    ['a right on those that begin alike', [`account:write:${apps}lACE*`], ['write']],
    ['nothing for those that begin otherwise', [`account:write:${apps}lACX*`], []],
    ['nothing where the star is not the end', [`account:write:${apps}*w`], []],
    ['nothing for a longer name', [`account:write:${hrn}x`], []],
    ['nothing for a shorter name', [`account:write:${hrn.slice(0, -1)}`], []],
    ['nothing without a resource', ['account:write', 'account:write:'], []],
    ['nothing for another service whose name is as long', ['billing:write:*', `billing:write:${hrn}`], []],
    ['nothing for another action', [`account:write_:${hrn}`, 'account:writer:*'], []],
  ])('%s', (_, permissions, fromToken) => {
    expect(callerRightsOn(app, caller(...permissions), 'here')).toEqual({ fromToken, principal: 'demo' });
  });

  it('404660 when the application is of another realm, whatever the permissions', () => {
    const refusal = refusalOf(() => callerRightsOn({ ...app, realm: 'other' }, caller('account:manage:*'), 'here'));
    expect(refusal).toMatchObject({ code: '404660', cause: 'the application is of another realm' });
  });
});

describe('the applications that a token speaks of', () => {
  it.each<[string, string, string[]]>([
    ['one that it names', `account:read:${hrn}`, [app.appId]],
    ['one that it may manage', `account:manage:${hrn}`, [app.appId]],
    ['none of another action', `account:delete:${hrn}`, []],
    ['none without a resource', 'account:createApp', []],
    ['none of another service', `myaccount:read:${hrn}`, []],
    ['none of another realm', `account:read:hrn:here:account::other:app/${app.appId}`, []],
    ['none of another partition', `account:read:hrn:there:account::myrealm:app/${app.appId}`, []],
    ['none whose id is no id', `account:read:${apps}no_id`, []],
    ['none with a line after it', `account:read:${hrn}\n`, []],
  ])('named: %s', (_, permission, named) => {
    expect(permittedApps(caller(permission), 'here', 'read')).toEqual({
      named,
      isPermitted: undefined,
      seesAll: false,
    });
  });

  it.each<[string, boolean | undefined, boolean | undefined]>([
    ['account:read:*', true, true],
    ['account:write:hrn:here:account::my*', true, true],
    [`account:read:${apps}*`, true, true],
    [`account:read:${apps}ab*`, true, false],
    ['account:read:hrn:here:account::other:app/*', undefined, undefined],
    ['account:read:hrn:here:account::other:app/ab*', undefined, undefined],
  ])('%s covers abc: %s, and xab: %s', (permission, abc, xab) => {
    const { named, isPermitted } = permittedApps(caller(permission), 'here', 'read');
    expect([named, isPermitted?.('abc'), isPermitted?.('xab')]).toEqual([[], abc, xab]);
  });

  it.each<[string, boolean]>([
    ['account:read:*', true],
    ['account:write:hrn:here:account::my*', true],
    [`account:manage:${apps}*`, true],
    [`account:read:${apps}a*`, false],
    [`account:read:${apps}`, false],
    [`account:read:${apps}a`, false],
    ['account:read:hrn:here:account::other:app/*', false],
    ['account:createApp*', false],
  ])('%s covers every application of the realm: %s', (permission, seesAll) => {
    expect(permittedApps(caller('account:verify', permission), 'here', 'read').seesAll).toBe(seesAll);
  });

  it.each<[Action, string[]]>([
    ['read', ['a', 'b', 'c']],
    ['write', ['b', 'c']],
    ['manage', ['c']],
  ])('on which it gives %s: %j', (needed, named) => {
    const permissions = [`account:read:${apps}a`, `account:write:${apps}b`, `account:manage:${apps}c`];
    expect(permittedApps(caller(...permissions), 'here', needed).named).toEqual(named);
    const { isPermitted } = permittedApps(caller(...permissions.map((each) => `${each}*`)), 'here', needed);
    expect(['a1', 'b1', 'c1'].filter((appId) => isPermitted?.(appId))).toEqual(named.map((start) => `${start}1`));
  });

  it('covers what one of several patterns does', () => {
    const { isPermitted } = permittedApps(caller(`account:read:${apps}ab*`, `account:read:${apps}x*`), 'here', 'read');
    expect(['abc', 'xab', 'other'].map((appId) => isPermitted?.(appId))).toEqual([true, true, false]);
  });
});

describe('a permission about no resource', () => {
  it('is held by a token that names it', () => {
    expect(() => requirePermission(caller('account:read:*', 'account:createApp'), 'createApp')).not.toThrow();
  });

  it.each([[[]], [['account:manage:*']], [['account:verify']]])('403403 with %j', (permissions) => {
    const { code, parts } = refusalOf(() => requirePermission(caller(...permissions), 'createApp'));
    expect([code, parts]).toEqual([
      '403403',
      {
        why: 'no permission account:createApp',
        cause: 'The access token does not have the permission account:createApp.',
        action: 'Use an access token with the permission account:createApp.',
      },
    ]);
  });
});

describe('access to an application', () => {
  const none = { fromToken: [], principal: 'other' };
  const granted = anApp({ grants: { demo: ['write'], undefined: ['manage'] } });

  it.each([
    ['there is none', undefined, fullRights, 'no such application'],
    ['it is deleted', anApp({ status: 'deleted' }), fullRights, 'the application is deleted'],
    ['it is of another realm', anApp({ realm: 'other' }), fullRights, 'the application is of another realm'],
    ['the caller has no right', granted, none, 'the caller has no right on the application'],
    ['the caller is nobody', granted, { ...none, principal: undefined }, 'the caller has no right on the application'],
    [
      'its name is one of every object',
      granted,
      { ...none, principal: 'toString' },
      'the caller has no right on the application',
    ],
  ])('404660 when %s', (_, found, callerRights, why) => {
    expect(refusalOf(() => requireAccess(found, app, callerRights, 'read'))).toMatchObject({
      code: '404660',
      cause: why,
    });
  });

  it.each<[string, Action, Action[], Action, string]>([
    ['a grant', 'read', [], 'manage', 'manage'],
    ['a token', 'write', ['write'], 'manage', 'manage'],
    ['a token', 'read', ['read'], 'write', 'manage or write'],
  ])('403403 when %s gives %s and %j, and %s is needed', (_, inGrant, fromToken, needed, rights) => {
    const read = anApp({ grants: { demo: [inGrant] } });
    const refusal = refusalOf(() => requireAccess(read, app, { fromToken, principal: 'demo' }, needed));
    expect([refusal.code, refusal.parts]).toEqual([
      '403403',
      { why: `the caller lacks ${needed}`, cause: `The operation needs the right ${rights} on the application.` },
    ]);
  });

  it.each<[string, Action[], string | undefined, Action]>([
    ['its grants', [], 'demo', 'write'],
    ['the token', ['manage'], 'other', 'manage'],
    ['the token, on top of its grants', ['manage'], 'demo', 'manage'],
    ['being allowed by IAM', [...fullRights.fromToken], undefined, 'manage'],
  ])('is given by %s', (_, fromToken, principal, needed) => {
    expect(hasAccess(granted, app, () => ({ fromToken, principal }), needed)).toBe(true);
  });

  it('is not had where requireAccess or the lookup of the rights rejects it', () => {
    const callerRights = () => callerRightsOn({ ...app, realm: 'other' }, caller(), 'here');
    expect(hasAccess(granted, app, () => none, 'read')).toBe(false);
    expect(hasAccess(granted, app, callerRights, 'read')).toBe(false);
  });
});

it.each<[string, Action[], string | undefined, Action[]]>([
  ['nothing', [], 'other', []],
  ['what a grant gives', [], 'demo', ['read', 'write']],
  ['what the token gives', ['read'], undefined, ['read']],
  ['what either of them gives', ['manage'], 'demo', ['read', 'write', 'manage']],
])('all rights on an application are %s, with what that includes', (_, fromToken, principal, rights) => {
  expect(rightsOf(anApp({ grants: { demo: ['write'] } }), { fromToken, principal })).toEqual(rights);
});

const key = `ak_app_${'x'.repeat(49)}`;

describe('a principal', () => {
  it.each([
    'a',
    'x'.repeat(255),
    'https://issuer|user@here',
    '🔑',
    'my-lambda:name',
    '%',
    'a%3Ab',
    '%25',
    'a b',
    'müller',
    '名前',
  ])('may be %j', (text) => {
    expect(isPrincipal(text)).toBe(true);
  });

  it.each([
    ...['', 'x'.repeat(256), '\u0000a', 'a\n', 'a\u009fb', '\ud800', 'a\udfff'],
    ...[
      ' a',
      'a ',
      '\u00a0a',
      'a\u3000',
      'a\u00ad',
      'a\u200b',
      '\u200da',
      'a\u2060b',
      'a\u202eb',
      'a\u2066',
      'a\ufeff',
    ],
    ...['a\ufe0f', 'a\u034f', 'a\u{e0061}', '\u3164', 'a\u061cb', key, `my ${key}.`, encodeURIComponent(`<${key}>`)],
    ...[key.replaceAll('_', '%5F'), key.replaceAll('_', '%25255f')],
    ...['__proto__', 'constructor', 'prototype', '.', '..', 'lambda:billing', 12, null, undefined, ['demo']],
  ])('is not %j', (value) => {
    expect(isPrincipal(value)).toBe(false);
  });
});
