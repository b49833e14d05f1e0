import { describe, expect, it } from 'vitest';
import { headersOf } from '../../../lib/base/headers.ts';
import { bearerToken } from '../../../lib/service/http/bearer.ts';
import { refusalOf } from '../../support/apps.ts';

const tokenIn = (...values: string[]) => bearerToken(headersOf({ multiValueHeaders: { Authorization: values } }));
const longest = 'x'.repeat(8_192);

it.each([
  ['Bearer abc', 'abc'],
  ['bEARER   abc', 'abc'],
  [' \tBearer abc ', 'abc'],
  ['Bearer azAZ09-._~+/==', 'azAZ09-._~+/=='],
])('the token of %j', (header, token) => {
  expect(tokenIn(header)).toBe(token);
});

it('a token of 8192 characters is not too long', () => {
  expect(tokenIn(`Bearer ${longest}`)).toBe(longest);
});

it.each([[[]], [['']], [[' \t']]])('401200 for %j', (headers) => {
  expect(refusalOf(() => tokenIn(...headers))).toMatchObject({ code: '401200' });
});

describe('401300', () => {
  it.each([
    'Bearer',
    'Bearer ',
    'Bearerabc',
    'Bearer =',
    'Bearer a=b',
    'Bearer a b',
    'Bearer a,b',
    'Bearer é',
    'Basic abc',
    'x Bearer abc',
  ])('for %j, which is not one bearer token', (header) => {
    const cause = 'the Authorization header is not one bearer token';
    expect(refusalOf(() => tokenIn(header))).toMatchObject({ code: '401300', cause });
  });

  it('for two headers', () => {
    const cause = 'more than one Authorization header';
    expect(refusalOf(() => tokenIn('Bearer a', 'Bearer a'))).toMatchObject({ code: '401300', cause });
  });

  it('for a token of more than 8192 characters', () => {
    expect(refusalOf(() => tokenIn(`Bearer ${longest}x`))).toMatchObject({
      code: '401300',
      cause: 'the token is too long',
      parts: {
        cause: 'The access token is longer than 8192 characters.',
        action: expect.stringContaining('fewer groups or other claims'),
      },
    });
  });
});
