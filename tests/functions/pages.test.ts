import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { handler as getConsole } from '../../functions/get-console.ts';
import { handler as getDocs } from '../../functions/get-docs.ts';
import { handler as getOpenapi } from '../../functions/get-openapi.ts';
import { handler as getRoot } from '../../functions/get-root.ts';
import type { GatewayReply } from '../../lib/service/http/exchange.ts';
import { lambdaContext, restEvent } from '../support/events.ts';

/** Lambda's own limit for an answer. */
const lambdaBytes = 6_291_456;

const handlers = { getDocs, getConsole };
type Page = keyof typeof handlers;
const pages = ['getDocs', 'getConsole'] as const;

beforeAll(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));

function get(page: Page, file?: string): Promise<GatewayReply> {
  return handlers[page](restEvent(page, file === undefined ? {} : { path: { file } }), lambdaContext());
}

/** The names of the files that the page loads, as it names them. */
async function filesOf(page: Page): Promise<string[]> {
  const { body } = await get(page);
  return [...body.matchAll(/<(?:script src|link rel="stylesheet" href)="(?:docs|console)\/([^"]+)"/g)].map(
    ([, name = '']) => name,
  );
}

it.each([
  ['getRoot', 302, getRoot],
  ['getOpenapi', 200, getOpenapi],
] as const)('%s can be cached for a minute, as it is the same for everybody', async (id, status, handler) => {
  const { statusCode, headers } = await handler(restEvent(id, {}), lambdaContext());
  expect([statusCode, headers['Cache-Control']]).toEqual([status, 'public, max-age=60']);
});

describe.each(pages)('%s', (page) => {
  it('serves the page, under a policy that lets it load and ask nothing but this service', async () => {
    const { statusCode, headers, body } = await get(page);
    expect([statusCode, headers['Content-Type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers).toMatchObject({ 'Cache-Control': 'public, max-age=60', 'X-Content-Type-Options': 'nosniff' });
    const policy = headers['Content-Security-Policy']?.split('; ');
    expect(policy).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(body).not.toMatch(/<script>|<style>|\sstyle=|\son\w+=/);
  });

  it('leads from its address with a slash at the end to the one without, in which its files are', async () => {
    const event = restEvent(page, {});
    const { statusCode, headers } = await handlers[page]({ ...event, path: `${event.path}/` }, lambdaContext());
    const from = `https://host/stage${event.path}/`;
    expect([statusCode, new URL(headers.Location ?? '', from).href]).toEqual([308, `https://host/stage${event.path}`]);
  });

  it('serves its files, to be kept for ever under names that change with them', async () => {
    const names = await filesOf(page);
    expect(names.length).toBeGreaterThanOrEqual(2);
    for (const name of names) {
      expect(name).toMatch(/^[\w-]+\.[0-9a-f]{12}\.(js|css)$/);
      const { statusCode, headers, body } = await get(page, name);
      const type = name.endsWith('.js') ? 'text/javascript; charset=utf-8' : 'text/css; charset=utf-8';
      expect([statusCode, headers['Content-Type']]).toEqual([200, type]);
      expect(headers['Cache-Control']).toBe('public, max-age=31536000, immutable');
      expect(Buffer.byteLength(JSON.stringify({ body }))).toBeLessThan(lambdaBytes);
    }
  });

  it.each(['nothing.js', 'index.html', '__proto__', 'constructor', '../docs.css', '', '%E0%A4%A', '..%2f', '%00'])(
    '404404 for %j',
    async (file) => {
      const { statusCode, body } = await get(page, file);
      expect([statusCode, JSON.parse(body).code]).toEqual([404, '404404']);
    },
  );

  it('names no other host that anything could come from', async () => {
    for (const name of (await filesOf(page)).filter((each) => !each.startsWith('swagger-ui'))) {
      expect((await get(page, name)).body).not.toMatch(/(?:https?:)?\/\/[a-z0-9-]+\.[a-z]/i);
    }
  });
});

describe('the console', () => {
  it('is less than 40 kB with its sign-in, compressed', async () => {
    const bodies = [await get('getConsole'), ...(await filesOf('getConsole')).map((name) => get('getConsole', name))];
    const sizes = (await Promise.all(bodies)).map(({ body }) => gzipSync(body).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(40_000);
  });

  it('knows the key limit of an application', async () => {
    expect((await get('getConsole')).body).toContain('data-key-limit="2"');
  });
});
