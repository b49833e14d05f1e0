import { describe, expect, it } from 'vitest';
import {
  decodeOnce,
  formatApiKeyHrn,
  formatAppHrn,
  formatRealmHrn,
  isAppId,
  isProjectScope,
  isRealm,
  parseApiKeyHrn,
  parseAppHrn,
} from '../../lib/domain/hrn.ts';
import { handle, refusalOf } from '../support/apps.ts';

const app = { realm: 'my_realm-1', appId: 'lACE8kgYxsahjbXnvy8w' };
const hrn = 'hrn:here:account::my_realm-1:app/lACE8kgYxsahjbXnvy8w';
const keyHrn = `hrn:here:account::myrealm:apikey/${handle('k')}`;

it('the names of an application, a key and a realm are the published ones', () => {
  expect(formatAppHrn(app, 'here')).toBe(hrn);
  expect(formatApiKeyHrn('myrealm', handle('k'), 'here')).toBe(keyHrn);
  expect(formatRealmHrn('myrealm', 'here')).toBe('hrn:here:account::myrealm:realm/myrealm');
});

describe('an application in a path', () => {
  it.each([hrn, encodeURIComponent(hrn)])('is read from %s', (segment) => {
    expect(parseAppHrn(segment, 'here')).toEqual(app);
  });

  it.each([
    encodeURIComponent(encodeURIComponent(hrn)),
    hrn.replace('here', 'there'),
    hrn.replace('::', ':'),
    hrn.replace('my_realm-1', 'r'.repeat(65)),
    hrn.replace('my_realm-1', ''),
    ...[`${hrn}/`, `${hrn}\n`, `${hrn}-`, ` ${hrn}`, `${hrn}${'x'.repeat(45)}`, '%E0%A4%A', '%', '', 'undefined'],
    ...[encodeURIComponent(encodeURIComponent(hrn)), hrn.replace('my_realm-1', 'my%252Drealm'), `${hrn}%25`],
    hrn.replace('my_realm-1', `ak_app_${'x'.repeat(49)}`),
  ])('400288 for %j', (segment) => {
    expect(refusalOf(() => parseAppHrn(segment, 'here'))).toMatchObject({ code: '400288' });
  });
});

it.each([
  ['a%2Fb', 'a/b'],
  ['a%252Fb', 'a%2Fb'],
  ['a/b', 'a/b'],
  ['%E0%A4%A', ''],
  ['%', ''],
])('%s is, decoded once, %s', (segment, text) => {
  expect(decodeOnce(segment)).toBe(text);
});

it.each([{ toString: 1 }, [hrn], 1, null])('what stands in a path in place of a text is none: %j', (segment) => {
  expect(decodeOnce(segment)).toBe('');
});

describe('a key in a path', () => {
  it.each([keyHrn, encodeURIComponent(keyHrn)])('is read from %s', (segment) => {
    expect(parseApiKeyHrn(segment, 'myrealm', 'here')).toBe(handle('k'));
  });

  it.each([
    encodeURIComponent(encodeURIComponent(keyHrn)),
    ...[handle('k'), `${keyHrn}k`, keyHrn.slice(0, -1), `${keyHrn}\n`, `x${keyHrn}`, keyHrn.replace('/', '//')],
    ...[keyHrn.replace('myrealm', 'other'), keyHrn.replace('here', 'there'), keyHrn.replace('/k', '/~')],
    ...['%E0%A4%A', 'hrn:here:account::myrealm:apikey/', ''],
  ])('is none in %j', (segment) => {
    expect(parseApiKeyHrn(segment, 'myrealm', 'here')).toBeUndefined();
  });
});

describe('a project scope', () => {
  it.each([
    'hrn:here:authorization::myrealm:project/my-project-0000',
    'hrn:here-cn:authorization:eu:myrealm:project/',
    'HRN:HERE:AUTHORIZATION::MYREALM:PROJECT/P',
    'hrn::authorization:::project/p',
  ])('is %s', (element) => {
    expect(isProjectScope(element)).toBe(true);
  });

  it.each([
    'hrn:here:account::myrealm:project/p',
    'hrn:here:authorization::myrealm:projects/p',
    'hrn:here:authorization::myrealm:app/p',
    'hrn:he:re:authorization::myrealm:project/p',
    'hrn:here:authorization:a:b:myrealm:project/p',
    'hrn:here:authorization:myrealm:project/p',
    'xhrn:here:authorization::myrealm:project/p',
  ])('is not %s', (element) => {
    expect(isProjectScope(element)).toBe(false);
  });
});

it.each([
  ['a', true, true],
  ['Az09', true, true],
  ['x'.repeat(64), true, true],
  ['x'.repeat(65), false, false],
  ['my_realm-1', false, true],
  ['', false, false],
  ['a/', false, false],
  ['.a', false, false],
  ['a\n', false, false],
])('%j may be the id of an application: %s; a realm: %s', (text, appId, realm) => {
  expect([isAppId(text), isRealm(text)]).toEqual([appId, realm]);
});
