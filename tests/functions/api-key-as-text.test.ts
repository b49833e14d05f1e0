import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { localClient } from '../../infra/local/table.ts';
import type { App } from '../../lib/domain/app.ts';
import { keyPath, tokenOf } from '../support/calls.ts';
import type { OperationId, TestRequest } from '../support/events.ts';
import { expectRefusal, hrnOf, startService, type TestService } from '../support/service.ts';

let service: TestService;
let app: App;
let apiKeyId: string;
let apiKey: string;

beforeAll(async () => {
  service = await startService();
  app = await service.seed();
  ({ apiKeyId, apiKey } = (await service.generate(app)).body);
});

const inForms: [string, (secret: string) => string][] = [
  ['an API key', (secret) => secret],
  ['an API key with white space around it', (secret) => ` ${secret} `],
  ['an API key within other text', (secret) => `the key is ${secret}, use it`],
  ['an API key with more right after it', (secret) => `${secret}x`],
  ['a mistyped API key', (secret) => `${secret.slice(0, -1)}${secret.endsWith('a') ? 'b' : 'a'}`],
  ['an API key of another service', (secret) => secret.replace('ak_', 'other_')],
  ['an API key in a URL', (secret) => `https://api.example.com/?apiKey=${secret}&x=1`],
  ['a percent-encoded API key', (secret) => secret.replaceAll('_', '%5F')],
  ['an API key that is percent-encoded twice', (secret) => secret.replaceAll('_', '%255f')],
];

/** Every text that a call stores. */
const bodies: [OperationId, string, (text: string) => object][] = [
  ['createApp', 'name', (name) => ({ name })],
  ['createApp', 'description', (description) => ({ name: 'x', description })],
  ['updateApp', 'name', (name) => ({ name })],
  ['updateApp', 'description', (description) => ({ description })],
  ['generateApiKey', 'name', (name) => ({ name })],
  ['generateApiKey', 'description', (description) => ({ name: 'x', description })],
  ['updateApiKey', 'name', (name) => ({ name })],
  ['updateApiKey', 'description', (description) => ({ description })],
  ['rotateApiKey', 'name', (name) => ({ name })],
  ['rotateApiKey', 'description', (description) => ({ description })],
];

describe('security 7: a text that holds an API key is neither stored nor logged', () => {
  const send = (id: OperationId, request: TestRequest) =>
    service.call(id, { ...request, path: { ...keyPath(app, apiKey), ...request.path } });

  describe.each(inForms)('%s', (_, form) => {
    it.each(bodies)('400200 in the body of %s as %s', async (id, field, body) => {
      const reply = await send(id, { body: body(form(apiKeyId)) });
      expectRefusal(reply, '400200');
      expect(reply.body.details).toMatchObject([{ source: `$.${field}`, message: 'must not contain an API key' }]);
      expect(await service.item(app)).toMatchObject({ rev: 2, name: app.name });
    });

    it.each(['putGrant', 'deleteGrant'] as const)('400200 as the principal of %s', async (id) => {
      const body = id === 'putGrant' ? { body: { actions: ['read'] } } : {};
      const reply = await send(id, { path: { principal: encodeURIComponent(form(apiKeyId)) }, ...body });
      expectRefusal(reply, '400200');
    });

    it.each(['putIssuer', 'deleteIssuer'] as const)('400200 as the issuer of %s', async (id) => {
      const issuer = encodeURIComponent(`https://issuer.example/${form(apiKeyId).trim().replaceAll(' ', '-')}`);
      expectRefusal(await send(id, { path: { issuer } }), '400200');
    });

    it('401300 as the principal of a token', async () => {
      const headers = await tokenOf(service, { sub: form(apiKeyId) });
      expectRefusal(await send('getApp', { headers }), '401300');
    });

    it('400200 as an Idempotency-Key', async () => {
      const headers = { 'Idempotency-Key': form(apiKeyId).trim().replaceAll(' ', '-') };
      expectRefusal(await send('generateApiKey', { headers, body: { name: 'x' } }), '400200');
    });

    it.each(['X-Correlation-ID', 'X-Request-ID'])('another id is taken in the place of the %s', async (name) => {
      const { statusCode, headers } = await send('getApp', { headers: { [name]: form(apiKeyId).trim() } });
      expect([statusCode, headers[name]]).toEqual([200, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    });

    it('400200 in a direct invocation, whose correlationId is another one', async () => {
      const payload = { app: decodeURIComponent(hrnOf(app)), name: 'x' };
      for (const field of ['name', 'createdBy', 'idempotencyKey']) {
        const text = form(apiKeyId).trim();
        const given = field === 'idempotencyKey' ? text.replaceAll(' ', '-') : text;
        const refused = await service.invoke({ ...payload, [field]: given });
        expect(refused).toMatchObject({ error: { code: '400200', details: [{ source: `$.${field}` }] } });
      }
      const correlationId = form(apiKeyId).trim().replaceAll(' ', '-').slice(0, 128);
      const missing = `${payload.app}x`;
      const refused = await service.invoke({ ...payload, app: missing, correlationId });
      expect(refused).toMatchObject({ error: { correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
    });
  });

  it.each([
    ['createApp', ''],
    ['createApp', 'a.test/'],
    ['updateApp', 'a.test/path/'],
  ] as const)('400200 in the body of %s as the second of its referrers, after "%s"', async (id, before) => {
    const reply = await send(id, { body: { name: 'x', referrers: ['b.test', before + apiKeyId] } });
    expectRefusal(reply, '400200');
    expect(reply.body.details).toMatchObject([{ source: '$.referrers[1]', message: 'must not contain an API key' }]);
  });

  it('400288 for an application whose realm is one', async () => {
    const hrn = `hrn:here:account::ak_app_${'x'.repeat(49)}:app/abc`;
    expectRefusal(await service.call('getApp', { path: { app: encodeURIComponent(hrn) } }), '400288');
    expect(service.log.lines().join('')).not.toContain('x'.repeat(40));
  });

  afterAll(async () => {
    const secret = apiKeyId.split('_').at(-1)?.slice(0, 40) ?? '';
    const database = DynamoDBDocumentClient.from(localClient(inject('endpoint')));
    const { Items: items } = await database.send(new ScanCommand({ TableName: service.tableName }));
    expect(secret).toHaveLength(40);
    expect(service.log.lines().join('')).not.toContain(secret);
    expect(JSON.stringify(items)).not.toContain(secret);
  });
});
