import { describe, expect, it } from 'vitest';
import { bodyText, requireJsonContentType, requirePlain } from '../../../lib/service/http/json-body.ts';
import { refusalOf } from '../../support/apps.ts';

const contentType = (...types: string[]) => requireJsonContentType(new Map([['content-type', types]]));
const fault = (message: string) => ({ code: '400200', parts: { details: [{ source: '$', message }] } });

describe('a Content-Type', () => {
  it.each([
    'application/json',
    ' Application/JSON ',
    'application/json;charset=utf-8',
    'application/json ; charset="UTF-8"',
    'application/json; v=1; charset=utf-8',
    'application/json;',
  ])('may be %j', (type) => {
    expect(() => contentType(type)).not.toThrow();
  });

  it.each([
    [[], '400003'],
    [[''], '400003'],
    [[' '], '400003'],
    [['text/json'], '400004'],
    [['application/json-patch'], '400004'],
    [['application/json; charset=latin1'], '400004'],
    [['application/json; charset='], '400004'],
    [['application/json; charset=utf-8x'], '400004'],
    [['application/json; charset=latin1charset=utf-8'], '400004'],
    [['application/json; charset=utf-8; charset=latin1'], '400004'],
    [['charset=utf-8; application/json'], '400004'],
    [['application/json', 'application/json'], '400004'],
  ])('may not be %j: %s', (types, code) => {
    expect(refusalOf(() => contentType(...types))).toMatchObject({ code });
  });

  it('may not be missing', () => {
    expect(refusalOf(() => requireJsonContentType(new Map()))).toMatchObject({ code: '400003' });
  });
});

describe('the text of a body', () => {
  const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64');

  it.each([
    ['white space too', ' {}\n'],
    ['letters of two bytes', 'größer'],
    ['a byte order mark that is not at its start', 'a\uFEFF'],
    ['16 KB', 'x'.repeat(16_384)],
    ['16 KB of letters of two bytes', 'ö'.repeat(8_192)],
  ])('may have %s', (_, text) => {
    expect(bodyText(text, undefined)).toBe(text);
    expect(bodyText(text, false)).toBe(text);
    expect(bodyText(Buffer.from(text).toString('base64'), true)).toBe(text);
  });

  it.each([
    ['16 KB and a byte', 'x'.repeat(16_385), false],
    ['16 KB and a letter of two bytes', 'ö'.repeat(8_193), false],
    ['16 KB and a byte in base64', Buffer.alloc(16_385, 32).toString('base64'), true],
  ])('413000 for %s', (_, body, isBase64Encoded) => {
    expect(refusalOf(() => bodyText(body, isBase64Encoded)).code).toBe('413000');
  });

  it.each<[unknown, boolean, string]>([
    [null, false, 'The request body is empty.'],
    [undefined, true, 'The request body is empty.'],
    [{}, false, 'The request body is empty.'],
    ['', false, 'The request body is empty.'],
    [' \n\t', false, 'The request body is empty.'],
    ['\uFEFF{}', false, 'The request body begins with a byte order mark.'],
    [base64(0xef, 0xbb, 0xbf, 0x7b, 0x7d), true, 'The request body begins with a byte order mark.'],
    [base64(0x7b, 0xff, 0x7d), true, 'The request body is not encoded in UTF-8.'],
  ])('400002 for %j (base64: %s)', (body, isBase64Encoded, cause) => {
    expect(refusalOf(() => bodyText(body, isBase64Encoded))).toMatchObject({ code: '400002', parts: { cause } });
  });
});

describe('nesting', () => {
  const nested = (depth: number, before = '') => `${before}${'['.repeat(depth)}${']'.repeat(depth)}`;
  const siblings = (sibling: string) => `[${Array(20).fill(sibling).join(',')}]`;

  it.each([
    nested(8),
    '{"a":'.repeat(8) + '}'.repeat(8),
    siblings('[]'),
    siblings('{}'),
    '"[[[[[[[[["',
    '"\\"[[[[[[[[["',
    '"[[[[[[[[[',
    '"\\\n[[[[[[[[[',
  ])('may be as in %j', (text) => {
    expect(() => requirePlain(text)).not.toThrow();
  });

  it.each([
    nested(9),
    '{"a":'.repeat(9) + '}'.repeat(9),
    `}}${nested(9)}`,
    nested(9, '"\\\\"'),
    `{"a":"","b":"","c":"","d":"","e":"","f":${nested(8)}}`,
    `["","","","","",${nested(8)}]`,
  ])('400200 for %j', (text) => {
    expect(refusalOf(() => requirePlain(text))).toMatchObject(fault('nests deeper than 8'));
  });
});

describe('keys', () => {
  it.each([
    '{}',
    '"a"',
    '{"a":"a","b":"a"}',
    '{"a":{"a":1},"b":{"a":1}}',
    '{"a":{"b":1},"b":1}',
    '[{"a":1},{"a":1}]',
    '{"a":["a","a",{"a":"constructor"}],"b":"prototype"}',
    '{"a":"\\"a\\":1,{","\\"a":1,"proto":1}',
  ])('may be as in %s', (text) => {
    expect(() => requirePlain(text)).not.toThrow();
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a":1,"b":"a","a":2}',
    '{"a":1,"b":{},"a":2}',
    '{"a":1,"b":[],"a":2}',
    '{"a":1,"b":{"c":[{}]},"a":2}',
    '[{"b":{"a":1,"a":2}}]',
  ])('400200 for the one that comes twice in %s', (text) => {
    expect(refusalOf(() => requirePlain(text))).toMatchObject(fault('has a field more than once'));
  });

  it.each(['__proto__', 'constructor', 'prototype', '\\u005f_proto__'])('400200 for %s', (key) => {
    const refusal = refusalOf(() => requirePlain(`{"a":{"${key}":1}}`));
    expect(refusal).toMatchObject(fault('has a field whose name is not allowed'));
  });

  it.each(['{"\\x":1}', '{"a\n":1}', '{"\\u12":1}'])('400002 for the one that is no JSON string in %j', (text) => {
    expect(refusalOf(() => requirePlain(text)).code).toBe('400002');
  });
});
