import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { docsLocation, webPageReply } from '../../../lib/service/http/web-page.ts';
import { refusalOf } from '../../support/apps.ts';

const files = {
  'page.0123456789ab.js': 'let x;',
  'page.0123456789ab.css': 'p {}',
  'page.0123456789ab.map': '{}',
  'page.json': '{}',
};
const page = { html: '<p>', files };

const get = (file?: string, path = '/docs') =>
  webPageReply(page, { path, pathParameters: file === undefined ? null : { file } });

describe('200', () => {
  it('with the page, under a policy that lets it load and ask nothing but this service', () => {
    expect(get()).toEqual({
      status: 200,
      text: '<p>',
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Cache-Control': 'public, max-age=60',
        'Content-Security-Policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'Referrer-Policy': 'no-referrer',
      },
    });
  });

  it.each([
    ['page.0123456789ab.js', 'let x;', 'text/javascript; charset=utf-8'],
    ['page.0123456789ab.css', 'p {}', 'text/css; charset=utf-8'],
  ])('with its file %s, to be kept for ever', (name, text, contentType) => {
    expect(get(name)).toEqual({
      status: 200,
      text,
      headers: { 'Content-Type': contentType, 'Cache-Control': 'public, max-age=31536000, immutable' },
    });
  });

  it('with a file whose name stays when its content changes, to be asked for again', () => {
    const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=60' };
    expect(get('page.json')).toEqual({ status: 200, text: '{}', headers });
  });
});

it('308 to the page from its address with a slash at the end', () => {
  expect(get(undefined, '/docs/')).toEqual({ status: 308, headers: { Location: '../docs' } });
});

it('200 where the gateway hands over no path', () => {
  expect(webPageReply(page, {} as APIGatewayProxyEvent).status).toBe(200);
  expect(docsLocation({} as APIGatewayProxyEvent)).toBe('docs');
});

it.each([
  ['/', 'https://host/', 'https://host/docs'],
  ['/prod', 'https://host/prod', 'https://host/prod/docs'],
  ['/prod/', 'https://host/prod/', 'https://host/prod/docs'],
])('the root %s leads to the reference page', (path, from, docs) => {
  const location = docsLocation({ requestContext: { path } } as APIGatewayProxyEvent);
  expect(new URL(location, from).href).toBe(docs);
});

it.each([
  ['a file that it has not', 'other.js'],
  ['a file of a kind that no page has', 'page.0123456789ab.map'],
  ['the name of a built-in', 'constructor'],
  ['no name', ''],
  ['what has no percent-encoding that could be decoded', '%E0%A4%A'],
  ['what is encoded', 'page%2E0123456789ab.js'],
  ['two dots', '..%2f'],
  ['null', null],
  ['a number', 1],
  ['a list', ['page.0123456789ab.js', '']],
])('404404 for %s', (_, name) => {
  expect(refusalOf(() => get(name as string)).code).toBe('404404');
});
