import { describe, expect, it } from 'vitest';
import { webPageReply } from '../../lib/http/web-page.ts';
import { refusalOf } from '../support/apps.ts';

const files = { 'page.0123.js': 'let x;', 'page.0123.css': 'p {}', 'page.0123.map': '{}' };
const page = { html: '<p>', files };

describe('200', () => {
  it('with the page, under a policy that lets it load and ask nothing but this service', () => {
    expect(webPageReply(page, undefined)).toEqual({
      status: 200,
      text: '<p>',
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Cache-Control': 'no-cache',
        'Content-Security-Policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'Referrer-Policy': 'no-referrer',
      },
    });
  });

  it.each([
    ['page.0123.js', 'let x;', 'text/javascript; charset=utf-8'],
    ['page.0123.css', 'p {}', 'text/css; charset=utf-8'],
  ])('with its file %s, to be kept for ever', (name, text, contentType) => {
    expect(webPageReply(page, name)).toEqual({
      status: 200,
      text,
      headers: { 'Content-Type': contentType, 'Cache-Control': 'public, max-age=31536000, immutable' },
    });
  });
});

it.each([
  ['a file that it has not', 'other.js'],
  ['a file of a kind that no page has', 'page.0123.map'],
  ['the name of a built-in', 'constructor'],
  ['no name', ''],
])('404404 for %s', (_, name) => {
  expect(refusalOf(() => webPageReply(page, name)).code).toBe('404404');
});
