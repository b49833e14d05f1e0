import { describe, expect, it } from 'vitest';
import { principalRule } from '../../../lib/domain/policy.ts';
import { issuerInPath, keyInPath, principalInPath } from '../../../lib/service/http/path.ts';
import { handle, refusalOf } from '../../support/apps.ts';

const located = (pathParameters: Record<string, string> | null) => ({ event: { pathParameters } });
const faultAt = (source: string, message: string) => ({ code: '400200', parts: { details: [{ source, message }] } });

describe('a key', () => {
  const context = { app: { realm: 'myrealm', appId: 'a' }, settings: { partition: 'here' } };
  const keyOf = (parameters: Record<string, string> | null) => keyInPath({ ...located(parameters), ...context });
  const hrn = `hrn:here:account::myrealm:apikey/${handle('k')}`;

  it.each([hrn, encodeURIComponent(hrn)])('is read from %s', (apiKey) => {
    expect(keyOf({ apiKey })).toBe(handle('k'));
  });

  it.each([null, {}, { apiKey: hrn.replace('myrealm', 'other') }, { apiKey: hrn.replace('here', 'there') }])(
    'is not in %j',
    (parameters) => {
      expect(keyOf(parameters)).toBeUndefined();
    },
  );
});

describe('a principal', () => {
  it.each([
    ['a', 'a'],
    ['some%40one%20%2F', 'some@one /'],
    ['a%2541', 'a%41'],
    ['%25', '%'],
    ['p'.repeat(255), 'p'.repeat(255)],
  ])('is read from %s', (principal, expected) => {
    expect(principalInPath(located({ principal }))).toBe(expected);
  });

  it.each([
    null,
    {},
    ...['', 'p'.repeat(256), '%', 'a%0A', 'lambda:x', '%E0%A4%A'].map((principal) => ({ principal })),
  ])('400200 for %j', (parameters) => {
    const message = `${principalRule}; in a path it is URL-encoded once`;
    expect(refusalOf(() => principalInPath(located(parameters)))).toMatchObject(faultAt('$.principal', message));
  });
});

describe('an issuer', () => {
  it.each(['https://a', 'https://issuer.test:8443/a?b#!$&~', `https://${'a'.repeat(63)}/${'b'.repeat(183)}`])(
    'may be %s',
    (issuer) => {
      expect(issuerInPath(located({ issuer }))).toBe(issuer);
      expect(issuerInPath(located({ issuer: encodeURIComponent(issuer) }))).toBe(issuer);
    },
  );

  it.each([
    null,
    {},
    ...[
      '',
      'https://',
      'https://:1',
      'https://[',
      'http://issuer.test',
      'xhttps://issuer.test',
      'https://user@issuer.test',
      'https://:password@issuer.test',
      'https://issuer.test/a b',
      'https://issuer.test/é',
      'https://issuer.test/\u007f',
      'https%3A%2F%2Fissuer.test%2F%2541',
      'https://issuer.test/%',
      `https://issuer.test/?apiKey=ak_app_${'x'.repeat(49)}&more`,
      `https://${'a'.repeat(63)}/${'b'.repeat(184)}`,
    ].map((issuer) => ({ issuer })),
  ])('400200 for %j', (parameters) => {
    const message =
      'must be an https URL of at most 255 visible ASCII characters without "%", a password or an API key, URL-encoded once';
    expect(refusalOf(() => issuerInPath(located(parameters)))).toMatchObject(faultAt('$.issuer', message));
  });
});
