import { once } from 'node:events';
import { request as requestOverHttp } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { useLocalService } from '../../support/local-service.ts';

const service = useLocalService({ rateLimit: 'off' });
const hrn = encodeURIComponent('hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w');
const json = { 'Content-Type': 'application/json' };

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
  readonly isAnonymous?: boolean;
}

/** Sends a request to the path as it is: `fetch` would normalize it. */
async function send(path: string, { method = 'GET', headers = {}, body, isAnonymous }: Sent = {}) {
  const { hostname, port } = new URL(service().url);
  const token = await service().token({ permissions: ['account:createApp', 'account:manage:*'] });
  const authorization = isAnonymous ? {} : { Authorization: `Bearer ${token}` };
  const request = requestOverHttp({ hostname, port, path, method, headers: { ...authorization, ...headers } });
  request.end(body);
  const [response] = await once(request, 'response');
  const reply = await text(response);
  return { status: response.statusCode, headers: response.headers, body: parse(reply) };
}

// biome-ignore lint/suspicious/noExplicitAny: tests read whatever is there
function parse(reply: string): any {
  try {
    return JSON.parse(reply);
  } catch {
    return reply;
  }
}

const codeOf = async (path: string, sent?: Sent) => {
  const { status, body } = await send(path, sent);
  return [status, body.code];
};

describe('security 31: a path reaches the functions as it was sent', () => {
  it.each([
    ['an HRN', hrn],
    ['an HRN with hex in lower case', hrn.toLowerCase().replace('lace8kgyxsahjbxnvy8w', 'lACE8kgYxsahjbXnvy8w')],
    ['an HRN with a letter encoded', `%68${hrn.slice(1)}`],
  ])('200 for %s', async (_, app) => {
    expect((await send(`/apps/${app}`)).status).toBe(200);
  });

  it.each([
    ['encoded twice', encodeURIComponent(hrn)],
    ['with %252F', hrn.replace('%2F', '%252F')],
    ['with a NUL', `${hrn}%00`],
    ['with a broken escape', '%E0%A4%A'],
    ['with a lone percent sign', `${hrn}%`],
    ['with a plus', `${hrn}+`],
    ['with ..%2F', hrn.replace('%2F', '%2F..%2F')],
    ['of two dots', '..'],
  ])('400288 for an HRN %s', async (_, app) => {
    expect(await codeOf(`/apps/${app}`)).toEqual([400, '400288']);
  });

  it.each([
    ['a%2Fb', 'a/b'],
    ['a%2fb', 'a/b'],
    ['a+b', 'a+b'],
    ['a%2Bb', 'a+b'],
    ['%61', 'a'],
  ])('a grant to %s is a grant to %s', async (segment, principal) => {
    const sent = { method: 'PUT', headers: json, body: '{"actions":["read"]}' };
    expect(await send(`/apps/${hrn}/grants/${segment}`, sent)).toMatchObject({ status: 200, body: { principal } });
  });

  it('no grant to a/b is made by a%252Fb', async () => {
    const sent = { method: 'PUT', headers: json, body: '{"actions":["read"]}' };
    const { body } = await send(`/apps/${hrn}/grants/a%252Fb`, sent);
    expect(body.principal).not.toBe('a/b');
  });
});

describe('security 31: a body reaches the functions as it was sent', () => {
  const create = (body: string | Uint8Array, headers = {}) =>
    codeOf('/apps', { method: 'POST', headers: { ...json, ...headers }, body });

  it.each([
    ['JSON in a JSON string', '"{\\"name\\":\\"x\\"}"', 400, '400200'],
    ['nothing', '', 400, '400002'],
    ['a byte order mark', '\uFEFF{"name":"x"}', 400, '400002'],
    ['a broken JSON text', '{"name":', 400, '400002'],
    ['a field twice', '{"name":"x","name":"y"}', 400, '400200'],
    ['16 KB and a byte', JSON.stringify({ name: 'x'.repeat(16_374) }), 413, '413000'],
    ['10 MB and a byte', 'x'.repeat(10 * 1024 * 1024 + 1), 413, '413000'],
  ])('%s', async (_, body, ...expected) => {
    expect(await create(body)).toEqual(expected);
  });

  it('a body that is not UTF-8 has replacement characters, as deployed', async () => {
    const body = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const reply = await send('/apps', { method: 'POST', headers: json, body });
    expect([reply.status, reply.body.name]).toEqual([200, '\uFFFD']);
  });

  it('a form is no JSON', async () => {
    expect(await create('name=x', { 'Content-Type': 'application/x-www-form-urlencoded' })).toEqual([400, '400004']);
  });
});

describe('security 31: a query and headers reach the functions as they were sent', () => {
  it.each([
    ['limit=1', 200],
    ['%6Cimit=%31', 200],
    ['limit=1&limit=2', 400],
    ['limit=', 400],
    ['limit', 400],
    ['limit=%', 400],
    ['', 200],
    ['?', 200],
    ['action=write', 200],
    ['action=delete', 400],
    ['Limit=1', 400],
    ['__proto__=1', 400],
  ])('GET /apps?%s: %i', async (query, status) => {
    expect((await send(`/apps?${query}`)).status).toBe(status);
  });

  it('400004 for two Content-Type headers, whatever the case of their names', async () => {
    const { hostname, port } = new URL(service().url);
    const token = await service().token({ permissions: ['account:createApp'] });
    const socket = connect(Number(port), hostname);
    const types = 'Content-Type: application/json\r\ncontent-type: application/json\r\n';
    const rest = `Host: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Length: 12\r\nConnection: close\r\n\r\n`;
    socket.write(`POST /apps HTTP/1.1\r\n${types}${rest}{"name":"x"}`);
    expect(await text(socket)).toContain('"code":"400004"');
  });
});

it('outlives a client that leaves before the end of its body', async () => {
  const { hostname, port } = new URL(service().url);
  const socket = connect(Number(port), hostname);
  const head = 'POST /apps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{';
  socket.write(head, () => socket.destroy());
  await once(socket, 'close');
  expect((await send('/apps')).status).toBe(200);
});

describe('no such route', () => {
  it.each([
    ['GET', '/nothing'],
    ['GET', '//apps'],
    ['GET', '/apps//'],
    ['DELETE', '/apps'],
    ['PROPFIND', '/apps'],
    ['TRACE', '/apps'],
    ['OPTIONS', '/apps'],
    ['GET', `/apps/${hrn}/apiKeys/`],
    ['DELETE', `/apps/${hrn}/apiKeys/`],
    ['GET', '/openapi.json/?at=all'],
    ['GET', '/docs/%E0%A4%A'],
    ['GET', '/docs/__proto__'],
    ['GET', '/docs/constructor'],
    ['GET', '/docs/..%2fdocs.css'],
    ['GET', '/docs/a/b'],
    ['GET', '/console/%00'],
    ['GET', '/console/..%2f'],
    ['GET', '/console/%5f_proto__'],
    ['GET', 'http://127.0.0.1/apps'],
  ])('404404 for %s %s, with the headers of every answer', async (method, path) => {
    const { status, headers, body } = await send(path, { method });
    expect([status, body.code]).toEqual([404, '404404']);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'strict-transport-security': 'max-age=63072000',
      'x-content-type-options': 'nosniff',
      'x-correlation-id': body.correlationId,
      'x-request-id': expect.any(String),
    });
  });

  it.each(['/apps', '/docs', '/'])('404 without a body for HEAD %s', async (path) => {
    expect(await send(path, { method: 'HEAD' })).toMatchObject({ status: 404, body: '' });
  });

  it('404404 for the preflight of another origin, without a header that allows anything', async () => {
    const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' };
    const reply = await send('/apps', { method: 'OPTIONS', headers });
    expect([reply.status, reply.body.code]).toEqual([404, '404404']);
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

it('GET / leads to the reference page', async () => {
  const { status, headers } = await send('/', { isAnonymous: true });
  expect([status, headers.location]).toEqual([302, 'docs']);
  expect((await send('/docs', { isAnonymous: true })).body).toMatch(/^<!doctype html>/);
});

it('GET /console/ leads to /console', async () => {
  const { status, headers } = await send('/console/');
  expect([status, headers.location]).toEqual([308, '../console']);
});

describe('npm start answers only for its own host names', () => {
  it.each(['127.0.0.1:1', 'localhost', 'LOCALHOST:1', '[::1]:1'])('200 for %s', async (Host) => {
    expect((await send('/openapi.json', { headers: { Host } })).status).toBe(200);
  });

  it.each(['evil.example', 'evil.example:3000', '127.0.0.1.evil.example', 'localhost.evil.example', '192.168.0.1'])(
    '403403 for %j',
    async (Host) => {
      const { status, body } = await send('/openapi.json', { headers: { Host } });
      expect([status, body.code]).toEqual([403, '403403']);
    },
  );
});

describe('GET /whoami, which a REQUEST authorizer guards', () => {
  it('401300 without a key, and for one that is none', async () => {
    expect(await codeOf('/whoami', { isAnonymous: true })).toEqual([401, '401300']);
    expect(await codeOf('/whoami?apiKey=x', { isAnonymous: true })).toEqual([401, '401300']);
  });
});
