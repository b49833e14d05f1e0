import { describe, expect, it } from 'vitest';
import { onlyValue, parseAction, requireKnownQuery } from '../../../lib/service/http/query.ts';
import { refusalOf } from '../../support/apps.ts';

const faultAt = (source: string, message: string) => ({ code: '400200', parts: { details: [{ source, message }] } });
const secret = `ak_app_${'x'.repeat(49)}`;

describe('the parameters that a call knows', () => {
  it.each([null, undefined, {}, { limit: ['1'] }, { limit: ['1', '2'], pageToken: undefined }])(
    '%j passes',
    (query) => {
      expect(() => requireKnownQuery(query, ['limit', 'pageToken'])).not.toThrow();
    },
  );

  it.each([
    ['Limit', '$.Limit'],
    ['access_token', '$.access_token'],
    ['a'.repeat(32), `$.${'a'.repeat(32)}`],
    ['a'.repeat(33), '$'],
    [secret, '$'],
    ['', '$'],
    ['a b', '$'],
    ['a\n', '$'],
    ['<script>', '$'],
    ['constructor', '$.constructor'],
  ])('400200 for the unknown %j, which is named as %j', (name, source) => {
    const query = { limit: ['1'], [name]: [secret] };
    const fault = faultAt(source, 'is not a known query parameter; known are: limit, pageToken');
    expect(refusalOf(() => requireKnownQuery(query, ['limit', 'pageToken']))).toMatchObject(fault);
    const none = faultAt(source, 'is not a known query parameter; this call has none');
    expect(refusalOf(() => requireKnownQuery({ [name]: [] }))).toMatchObject(none);
  });

  it('400200 for __proto__, as JSON has it', () => {
    const fault = faultAt('$', 'is not a known query parameter; this call has none');
    expect(refusalOf(() => requireKnownQuery(JSON.parse('{"__proto__":["1"]}')))).toMatchObject(fault);
  });
});

it.each([
  [{ a: ['1'] }, '1'],
  [{ a: [''] }, ''],
  [{ a: [] }, undefined],
  [{ b: ['1'] }, undefined],
  [null, undefined],
])('of %j, the only value of a is %j', (query, value) => {
  expect(onlyValue(query as never, 'a')).toBe(value);
});

it('400200 for two values', () => {
  const fault = faultAt('$.a', 'must be given once');
  expect(refusalOf(() => onlyValue({ a: [secret, '1'] }, 'a'))).toMatchObject(fault);
});

describe('an action', () => {
  it('is read where none is given', () => {
    expect(parseAction(null)).toBe('read');
  });

  it.each(['read', 'write', 'manage'])('may be %s', (action) => {
    expect(parseAction({ action: [action] })).toBe(action);
  });

  it.each(['', 'READ', ' read', 'delete', secret])('400200 for %j', (action) => {
    const fault = faultAt('$.action', 'must be one of: read, write, manage');
    expect(refusalOf(() => parseAction({ action: [action] }))).toMatchObject(fault);
  });
});
