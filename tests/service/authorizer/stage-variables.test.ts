import { beforeAll, describe, expect, it } from 'vitest';
import { http1Request, http2Request, restRequest } from '../../support/authorizer-events.ts';
import { hrnOf, startService, type TestService } from '../../support/service.ts';

let service: TestService;
let apiKeyId: string;
let appId: string;

beforeAll(async () => {
  service = await startService();
  const app = await service.seed();
  appId = app.appId;
  ({ apiKeyId } = (await service.generate(app, { name: 'a key', scopes: ['b', 'a:read'] })).body);
});

const ask = (stageVariables: Record<string, string>, of = service) =>
  of.authorize(restRequest({ headers: { 'x-api-key': apiKeyId }, stageVariables }));
const lastRecord = (of = service) =>
  of.log
    .records()
    .filter(({ event }) => event === 'verification')
    .at(-1) ?? expect.fail();

describe('a stage variable', () => {
  it.each<Record<string, string>>([
    {},
    { other: 'x', appkeysx: '' },
    { appkeys_realms: 'myrealm' },
    { appkeys_realms: 'other, myrealm', appkeys_scopes: 'a:read,b', appkeys_apps: '$own,other' },
    { appkeys_locations: 'x-api-key' },
    { appkeys_locations: 'query,x-api-key', appkeys_cached: 'yes', appkeys_usage_plan: 'no' },
  ])('that the key fits: %j', async (variables) => {
    const own = Object.fromEntries(
      Object.entries(variables).map(([name, text]) => [name, text.replace('$own', appId)]),
    );
    expect(await ask(own)).toMatchObject({ context: { scopes: 'b a:read' } });
  });

  it.each([
    ['realm', { appkeys_realms: 'other' }],
    ['scope', { appkeys_scopes: 'b,c' }],
    ['app', { appkeys_apps: 'other' }],
    ['misplaced', { appkeys_locations: 'query,authorization' }],
  ])('security 28: that the key does not fit, whose reason the log has: %s', async (result, variables) => {
    await expect(ask(variables)).rejects.toEqual(new Error('Unauthorized'));
    expect(lastRecord()).toMatchObject({ level: 'INFO', result });
  });

  it.each([
    ['appkeys_realms', ''],
    ['appkeys_realms', 'myrealm,'],
    ['appkeys_realms', 'myrealm,myrealm'],
    ['appkeys_realms', '*'],
    ['appkeys_realms', 'my realm'],
    ['appkeys_scopes', ','],
    ['appkeys_scopes', 'A'],
    ['appkeys_apps', 'hrn:here:account::myrealm:app/x'],
    ['appkeys_locations', 'header'],
    ['appkeys_cached', 'No'],
    ['appkeys_cached', 'no,yes'],
    ['appkeys_usage_plan', 'true'],
    ['appkeys_scope', 'b'],
    ['appkeys_', 'b'],
    ['appkeys_toString', 'b'],
  ])('that cannot be read rejects every key, and the log says which: %s=%s', async (name, text) => {
    await expect(ask({ [name]: text })).rejects.toEqual(new Error('Unauthorized'));
    const why = expect.stringContaining(`the stage variable ${name} `);
    expect(lastRecord()).toMatchObject({ level: 'ERROR', result: 'misconfigured', why });
  });
});

describe('what a gateway is told besides', () => {
  it('from where the key may be used, for what it remembers', async () => {
    const app = await service.seed();
    const allowedSources = ['203.0.113.0/24', '2001:db8::1'];
    const { body } = await service.generate(app, { name: 'x', allowedSources });
    const headers = { 'x-api-key': body.apiKeyId };
    const condition = { IpAddress: { 'aws:SourceIp': allowedSources } };
    for (const event of [
      restRequest({ headers }),
      http1Request({ headers, identitySource: [body.apiKeyId, '203.0.113.7'] }),
    ])
      expect(await service.authorize(event)).toMatchObject({
        policyDocument: { Statement: [{ Condition: condition }] },
      });
    const uncached = restRequest({ headers, stageVariables: { appkeys_cached: 'no' } });
    expect(JSON.stringify(await service.authorize(uncached))).not.toContain('aws:SourceIp');
  });

  it.each([
    ['another header', { 'X-Tenant': '203.0.113.7' }, {}],
    ['a part of another header', { 'X-Tenant': 'acme, 203.0.113.7' }, {}],
    ['a parameter', {}, { tenant: '203.0.113.7' }],
  ])('nothing of a key whose address %s has too: a client could choose that', async (_, more, query) => {
    const app = await service.seed();
    const { body } = await service.generate(app, { name: 'x', allowedSources: ['203.0.113.7'] });
    const key = body.apiKeyId as string;
    for (const toEvent of [http1Request, http2Request]) {
      const event = toEvent({ headers: { 'x-api-key': key, ...more }, query, identitySource: [key, '203.0.113.7'] });
      await expect(service.authorize(event)).rejects.toThrow('Unauthorized');
      expect(lastRecord()).toMatchObject({ result: 'uncacheable' });
      const forwarded = { 'x-api-key': key, 'X-Forwarded-For': '203.0.113.7' };
      const usual = toEvent({ headers: forwarded, identitySource: [key, '203.0.113.7'] });
      expect(await service.authorize(usual)).toBeDefined();
    }
  });

  it('nothing of a key whose one identity source would stand for two headers', async () => {
    const app = await service.seed({ restrictions: { referrers: ['a.example'] } });
    const { body } = await service.generate(app);
    const key = body.apiKeyId as string;
    const headers = { 'x-api-key': key, Origin: 'https://a.example', Referer: 'https://a.example' };
    const ask = (identitySource: string[]) => service.authorize(http2Request({ headers, identitySource }));
    await expect(ask([key, 'https://a.example'])).rejects.toThrow('Unauthorized');
    expect(await ask([key, 'https://a.example', 'https://a.example'])).toMatchObject({ isAuthorized: true });
  });

  it('a key that is not accepted was not used', async () => {
    const app = await service.seed({ restrictions: { referrers: ['a.example'] } });
    const { body } = await service.generate(app);
    const headers = { 'x-api-key': body.apiKeyId, Origin: 'https://a.example' };
    const path = { app: hrnOf(app), apiKey: encodeURIComponent(body.apiKey) };
    await expect(service.authorize(restRequest({ headers }))).rejects.toThrow('Unauthorized');
    expect((await service.call('getApiKey', { path })).body).not.toHaveProperty('lastUsedTime');
    await service.authorize(restRequest({ headers, stageVariables: { appkeys_cached: 'no' } }));
    await expect.poll(async () => (await service.call('getApiKey', { path })).body).toHaveProperty('lastUsedTime');
  });

  it('whom a usage plan counts: the application, with at least 20 characters', async () => {
    const stageVariables = { appkeys_usage_plan: 'yes' };
    expect(await ask(stageVariables)).toMatchObject({ usageIdentifierKey: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const app = await service.seed({ appId: 'lACE8kgYxsahjbXnvy8w' });
    const { body } = await service.generate(app);
    const request = { headers: { 'x-api-key': body.apiKeyId }, stageVariables };
    expect(await service.authorize(restRequest(request))).toMatchObject({ usageIdentifierKey: app.appId });
    for (const toEvent of [http1Request, http2Request])
      expect(await service.authorize(toEvent(request))).not.toHaveProperty('usageIdentifierKey');
    expect(await ask({})).not.toHaveProperty('usageIdentifierKey');
  });

  it('nothing of a key that it may not remember', async () => {
    const app = await service.seed({ restrictions: { referrers: ['www.example.com'] } });
    const { body } = await service.generate(app);
    const headers = { 'x-api-key': body.apiKeyId, Origin: 'https://www.example.com' };
    await expect(service.authorize(restRequest({ headers }))).rejects.toThrow('Unauthorized');
    expect(lastRecord()).toMatchObject({ level: 'INFO', result: 'uncacheable', appId: app.appId });
  });
});

describe('an API that names no realms', () => {
  it('accepts those of the settings', async () => {
    const other = await service.seed({ realm: 'other' });
    const made = await service.invoke({ app: `hrn:here:account::other:app/${other.appId}`, name: 'x' });
    const key = made.ok ? made.apiKey.apiKeyId : expect.fail();
    await expect(service.authorize(restRequest({ headers: { 'x-api-key': key } }))).rejects.toThrow('Unauthorized');
    expect(lastRecord()).toMatchObject({ result: 'realm' });
    const stageVariables = { appkeys_realms: 'other' };
    expect(await service.authorize(restRequest({ headers: { 'x-api-key': key }, stageVariables }))).toMatchObject({
      context: { realm: 'other' },
    });
  });

  it('accepts every realm where the settings say so', async () => {
    const open = await startService({ authorizer: { defaultRealms: '*' } });
    const app = await open.seed({ realm: 'other' });
    const made = await open.invoke({ app: `hrn:here:account::other:app/${app.appId}`, name: 'x' });
    const key = made.ok ? made.apiKey.apiKeyId : expect.fail();
    const answer = await open.authorize(restRequest({ headers: { 'x-api-key': key } }));
    expect(answer).toMatchObject({ context: { realm: 'other' } });
  });
});
