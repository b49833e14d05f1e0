import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalReferrer, isReferredBy } from '../../lib/domain/referrers.ts';

/** Host and path have 255 characters together. */
const longest = `www.example.com/${'x'.repeat(239)}`;

describe('the canonical form', () => {
  it.each([
    ['www.example.com', 'www.example.com'],
    ['WWW.Example.COM', 'www.example.com'],
    ['www.example.com/', 'www.example.com'],
    ['www.example.com:8443', 'www.example.com:8443'],
    ['www.example.com:00080/App/', 'www.example.com:80/App'],
    ['Example.com/App/v1.2_x-y', 'example.com/App/v1.2_x-y'],
    ['localhost:1', 'localhost:1'],
    ['my_host:65535', 'my_host:65535'],
    ['example.com/...', 'example.com/...'],
    [longest, longest],
  ])('of %s is %s', (text, canonical) => {
    expect(canonicalReferrer(text)).toBe(canonical);
    expect(canonicalReferrer(canonical)).toBe(canonical);
  });

  it.each([
    '',
    '/',
    '/app',
    ':80',
    'https://www.example.com',
    'www.example.com//app',
    'www.example.com/app//',
    '*.example.com',
    'www.example.com/*',
    'www.example.com:0',
    'www.example.com:65536',
    'www.example.com:',
    'www.example.com:x',
    'www.example.com/.',
    'www.example.com/../app',
    'www.example.com/app/..',
    'www.example.com?x',
    'www.example.com#x',
    'user@example.com',
    'exämple.com',
    '[::1]',
    'www.example.com\n',
    '127.1',
    '999.0.0.1',
    `${longest}x`,
  ])('there is none of "%s"', (text) => {
    expect(canonicalReferrer(text)).toBeUndefined();
  });
});

describe('a request', () => {
  it.each([
    ['www.example.com', { origin: 'https://www.example.com' }, true],
    ['www.example.com', { origin: 'http://www.example.com:8080' }, true],
    ['www.example.com', { origin: 'https://WWW.EXAMPLE.COM' }, true],
    ['www.example.com', { referer: 'https://www.example.com/any/page?x#y' }, true],
    ['www.example.com', { origin: 'https://example.com' }, false],
    ['example.com', { origin: 'https://www.example.com' }, false],
    ['www.example.com', { origin: 'https://www.example.com.evil.test' }, false],
    ['www.example.com', { origin: 'https://evil.test', referer: 'https://www.example.com/' }, false],
    ['www.example.com', { origin: 'https://www.example.com@evil.test' }, false],
    ['www.example.com', { origin: 'null', referer: 'https://www.example.com/' }, false],
    ['www.example.com', { origin: 'https://www.example.com/' }, false],
    ['www.example.com', { origin: ' https://www.example.com' }, false],
    ['www.example.com', { origin: '' }, false],
    ['www.example.com', {}, false],
    ['www.example.com', { origin: 'www.example.com' }, false],
    ['www.example.com', { origin: 'ftp://www.example.com' }, false],
    ['www.example.com', { referer: 'ftp://www.example.com/' }, false],
    ['www.example.com', { origin: 'chrome-extension://www.example.com' }, false],
    ['www.example.com:8443', { origin: 'https://www.example.com:8443' }, true],
    ['www.example.com:8443', { origin: 'https://www.example.com' }, false],
    ['www.example.com:443', { origin: 'https://www.example.com' }, true],
    ['www.example.com:443', { origin: 'http://www.example.com' }, false],
    ['www.example.com:80', { origin: 'http://www.example.com' }, true],
    ['www.example.com/app', { referer: 'https://www.example.com/app' }, true],
    ['www.example.com/app', { referer: 'https://www.example.com/app/' }, true],
    ['www.example.com/app', { referer: 'https://www.example.com/app/page?x' }, true],
    ['www.example.com/app', { referer: 'https://www.example.com/application' }, false],
    ['www.example.com/app', { referer: 'https://www.example.com/App' }, false],
    ['www.example.com/app', { referer: 'https://www.example.com/x/app' }, false],
    ['www.example.com/app', { referer: 'https://www.example.com/app/../other' }, false],
    ['www.example.com/app', { referer: 'https://www.example.com/app/%2e%2e/other' }, false],
    ['www.example.com/app', { referer: 'https://www.example.com/' }, false],
    ['www.example.com/app', { origin: 'https://www.example.com' }, false],
    ['www.example.com/app', { origin: 'https://evil.test', referer: 'https://www.example.com/app' }, true],
    ['www.example.com:8443/app', { referer: 'https://www.example.com:8443/app/x' }, true],
    ['www.example.com:8443/app', { referer: 'https://www.example.com/app/x' }, false],
    ['no entry!', { origin: 'https://www.example.com' }, false],
    ['no entry!', {}, false],
  ])('is referred by %s with %j: %s', (entry, page, isReferred) => {
    expect(isReferredBy(page, [entry])).toBe(isReferred);
    expect(isReferredBy(page, ['other.test', entry])).toBe(isReferred);
  });

  it('is referred by none of no entries', () => {
    expect(isReferredBy({ origin: 'https://www.example.com' }, [])).toBe(false);
  });

  it('is referred by the host, the port and the path of any page, and by no other host', () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ['http', 'https'] }), fc.domain(), (text, other) => {
        const { protocol, hostname, port, pathname } = new URL(text);
        const [path = ''] = /^(?:\/[A-Za-z0-9._-]+)*(?=\/|$)/.exec(pathname) ?? [];
        const usual = protocol === 'https:' ? '443' : '80';
        for (const entry of [hostname, `${hostname}:${port || usual}`, hostname + path])
          expect(isReferredBy({ referer: text }, [canonicalReferrer(entry) ?? expect.fail(entry)])).toBe(true);
        expect(isReferredBy({ origin: text, referer: text }, [other])).toBe(other.toLowerCase() === hostname);
      }),
      { numRuns: 1_000 },
    );
  });
});
