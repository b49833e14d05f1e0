import { describe, expect, it } from 'vitest';
import { withSignIn } from '../../../lib/service/http/sign-in.ts';
import { webPageReply } from '../../../lib/service/http/web-page.ts';
import type { ConsoleSettings } from '../../../lib/service/settings.ts';
import { refusalOf } from '../../support/apps.ts';

const page = {
  html: '<html><body data-key-limit="2"><p>$& <body></body></html>',
  files: { 'page.0123456789ab.js': 'let x;' },
};
const signIn: ConsoleSettings = {
  issuer: 'https://issuer.example/tenant',
  clientId: 'client',
  scope: 'openid',
  endpoints: { authorization: 'https://login.example/auth', token: 'https://token.example:8443/a/token?x=1' },
};

const get = (settings: ConsoleSettings | undefined, file?: string) =>
  webPageReply(withSignIn(page, settings), { path: '/console', pathParameters: file === undefined ? null : { file } });

/** What the browser finds in the attribute. */
function attributeOf(html: string): string {
  const [, written = ''] =
    /^<html><body data-sign-in="([^"]*)" data-key-limit="2"><p>\$& <body><\/body><\/html>$/.exec(html) ?? [];
  return written.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

it('a page of a service with a URL for examples alone has no sign-in', () => {
  expect(withSignIn(page, { exampleUrl: 'https://api.example' })).toBe(page);
});

describe('a page of a service with a sign-in', () => {
  it('keeps the URL for examples out of what is for the sign-in', () => {
    const own = { ...signIn, exampleUrl: 'https://api.example' };
    expect(JSON.parse(attributeOf(get(own).text ?? ''))).toEqual(signIn);
  });

  it('has its settings in an attribute, and the rest of the page as it was', () => {
    expect(JSON.parse(attributeOf(get(signIn).text ?? ''))).toEqual(signIn);
  });

  it.each([
    '"',
    "'",
    '">',
    '"><script>alert(1)</script>',
    '</script>',
    '&quot;',
    '&',
    '&amp;lt;',
    '<!--',
    '$&',
    "$'",
    '$`',
    '$1',
    '\\"',
    '\u2028',
    'é😀',
  ])('keeps %j within the attribute', (text) => {
    const own = { ...signIn, clientId: text, parameters: { [text]: text } };
    const html = get(own).text ?? '';
    expect(JSON.parse(attributeOf(html))).toEqual(own);
    expect(html.match(/<\w/g)).toEqual(page.html.match(/<\w/g));
  });

  it('may ask the origin of the token endpoint, and nothing else', () => {
    const { headers = {} } = get(signIn);
    expect(headers['Content-Security-Policy']?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self' https://token.example:8443",
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });

  it('has the settings for the command line beside it, which are asked for again each time', () => {
    const { status, text = '', headers } = get(signIn, 'sign-in.json');
    expect([status, JSON.parse(text)]).toEqual([200, signIn]);
    expect(headers).toEqual({ 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=60' });
  });

  it('has its other files as before', () => {
    expect(get(signIn, 'page.0123456789ab.js')).toEqual(get(undefined, 'page.0123456789ab.js'));
  });
});

describe('a page of a service without a sign-in', () => {
  it('is as it was, and may ask the service alone', () => {
    expect(get(undefined).text).toBe(page.html);
    expect(get(undefined).headers?.['Content-Security-Policy']).toContain("; connect-src 'self'; ");
  });

  it('has no settings for the command line: 404404', () => {
    expect(refusalOf(() => get(undefined, 'sign-in.json')).code).toBe('404404');
  });
});
