import { describe, expect, it } from 'vitest';
import * as validators from '../../lib/contract/generated/validators.js';
import { requireValid, type Validator } from '../../lib/contract/validator.ts';
import { refusalOf } from '../support/apps.ts';

/** What is told of a value that does not fit. */
function detailsOf(validate: Validator, data: unknown) {
  const { code, parts } = refusalOf(() => requireValid(validate, data));
  return { code, details: parts.details?.map(({ source, message }) => `${source} ${message}`) };
}

/** A validator that finds faults. */
function finding(...faults: object[]): Validator {
  const errors = faults.map((fault) => ({ instancePath: '', schemaPath: '', params: {}, ...fault }));
  return Object.assign(() => false, { errors: errors as never });
}

it('a name holds no character that shows nothing, as Unicode names them, and every other', () => {
  const unseen =
    /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Variation_Selector}\u034F\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0]--[\uFE0E\uFE0F]]/v;
  const isWrong = (character: string) => {
    return validators.generateApiKey({ name: `a${character}b` }) === unseen.test(character);
  };
  const characters = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code));
  // If this fails after an update of Node.js: its Unicode has more of them than `unseen` in lib/contract/schemas.ts.
  expect(characters.filter(isWrong)).toEqual([]);
});

describe('what is told of a value that does not fit', () => {
  it('nothing of one that fits', () => {
    expect(() => requireValid(validators.generateApiKey, { name: 'x' })).not.toThrow();
  });

  it('that a field is required', () => {
    expect(detailsOf(validators.generateApiKey, {})).toEqual({ code: '400201', details: ['$.name is required'] });
  });

  it('which fields there are', () => {
    expect(detailsOf(validators.generateApiKey, { name: 'x', nmae: 'y' })).toEqual({
      code: '400200',
      details: [
        '$.nmae is not a known field; known are: name, expiresAt, enabled, description, scopes, allowedSources',
      ],
    });
  });

  it('which values there are', () => {
    expect(detailsOf(validators.putGrant, { actions: ['read', 'all'] }).details).toEqual([
      '$.actions[1] must be one of: read, write, manage',
    ]);
  });

  it('what a text must be', () => {
    const [told] = detailsOf(validators.generateApiKey, { name: '' }).details ?? [];
    expect(told).toMatch(/^\$\.name must be: 1 to 255 characters/);
  });

  it('else what the validator says of it, if that says anything', () => {
    expect(detailsOf(validators.generateApiKey, { name: 1 }).details).toEqual(['$.name must be a text']);
    expect(detailsOf(finding({ keyword: 'not' }), 1)).toEqual({ code: '400200', details: ['$ is not allowed'] });
    expect(detailsOf(() => false, 1)).toEqual({ code: '400200', details: [] });
  });

  it.each([
    [validators.generateApiKey, { name: 'x', enabled: 1 }, '$.enabled must be true or false'],
    [validators.generateApiKey, { name: 'x', expiresAt: 'never' }, '$.expiresAt must be a whole number'],
    [validators.generateApiKey, { name: 'x', scopes: null }, '$.scopes must be a list'],
    [validators.generateApiKey, { name: 'x', expiresAt: -2 }, '$.expiresAt must be at least -1'],
    [validators.rotateApiKey, { overlapSeconds: 31_536_001 }, '$.overlapSeconds must be at most 31536000'],
    [validators.updateApp, { scopes: 'a' }, '$.scopes must be a list or null'],
    [validators.updateApp, [], '$ must be an object'],
    [validators.putGrant, { actions: [] }, '$.actions must have at least 1 element'],
    [
      validators.generateApiKey,
      { name: 'x', scopes: Array.from({ length: 21 }, (_, index) => `s${index}`) },
      '$.scopes must have at most 20 elements',
    ],
    [validators.generateApiKey, { name: 'x', scopes: ['a', 'b', 'a'] }, '$.scopes[2] is in the list already'],
    [
      validators.verifyApiKey,
      { apiKeyId: 'x', referrer: 'x'.repeat(2_049) },
      '$.referrer must have at most 2048 characters',
    ],
  ])('in plain words: %#', (validate, body, detail) => {
    expect(detailsOf(validate, body).details).toEqual([detail]);
  });

  it('the names of a field that stands in others, from the outside in', () => {
    const inside = finding({ keyword: 'not', instancePath: '/a/0/b' });
    expect(detailsOf(inside, 1).details).toEqual(['$.a[0].b is not allowed']);
    const twice = { name: 'x', scopes: ['a', 'b', 'a'] };
    expect(detailsOf(validators.generateApiKey, twice).details).toEqual(['$.scopes[2] is in the list already']);
  });

  it('each fault once, and no more than twenty', () => {
    const faultAt = (place: number | string) => ({ keyword: 'not', instancePath: `/${place}` });
    const twice = finding(faultAt('a'), faultAt('a'), faultAt('b'), { ...faultAt('b'), message: 'is worse' });
    expect(detailsOf(twice, 1).details).toEqual(['$.a is not allowed', '$.b is not allowed', '$.b is worse']);
    const many = finding(...Array.from({ length: 21 }, (_, place) => faultAt(place)));
    expect(detailsOf(many, 1).details).toHaveLength(20);
  });

  it('400201 where a field is missing among other faults, each under its own title', () => {
    const { code, parts } = refusalOf(() => requireValid(validators.generateApiKey, { enabled: 1 }));
    expect(code).toBe('400201');
    const told = parts.details?.map(({ title, source }) => [title, source]);
    expect(told?.toSorted()).toEqual([
      ['Missing required field.', '$.name'],
      ['Received invalid data.', '$.enabled'],
    ]);
  });

  it.each([
    ['a', true],
    ['Ab-9_', true],
    ['a'.repeat(32), true],
    ['a'.repeat(33), false],
    ['9a', false],
    ['_a', false],
    ['a b', false],
    ['a.b', false],
    ['', false],
  ])('that "%s" is unknown by its name: %s, since that might be a secret', (name, isNamed) => {
    const [told = ''] = detailsOf(validators.generateApiKey, { name: 'x', [name]: 1 }).details ?? [];
    expect(told.split(' ')[0]).toBe(isNamed ? `$.${name}` : '$');
  });
});
