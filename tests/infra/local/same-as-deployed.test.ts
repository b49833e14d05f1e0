import { beforeAll, expect, it } from 'vitest';
import type { OperationId, TestRequest } from '../../support/events.ts';
import { useLocalService } from '../../support/local-service.ts';
import { startService, type TestService } from '../../support/service.ts';

const local = useLocalService({ rateLimit: 'off' });
let deployed: TestService;

beforeAll(async () => {
  deployed = await startService();
  await deployed.seed({ appId: 'lACE8kgYxsahjbXnvy8w' });
});

const app = encodeURIComponent('hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w');
const actions = '{"actions":["read"]}';

/** What no two services have in common. */
const own = ['correlationId', 'errorId', 'createdTime', 'name', 'description', 'createdBy', 'lastChange'];

function shared(body: object): object {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !own.includes(name)));
}

it.each<[OperationId, string, string, TestRequest]>([
  ['getApp', 'GET', `/apps/${app}`, { path: { app } }],
  ['getApp', 'GET', `/apps/${app.toLowerCase()}`, { path: { app: app.toLowerCase() } }],
  ['getApp', 'GET', `/apps/${encodeURIComponent(app)}`, { path: { app: encodeURIComponent(app) } }],
  ['getApp', 'GET', '/apps/%E0%A4%A', { path: { app: '%E0%A4%A' } }],
  ['getApp', 'GET', `/apps/${app}%00`, { path: { app: `${app}%00` } }],
  ['getApiKey', 'GET', `/apps/${app}/apiKeys/a%2fb`, { path: { app, apiKey: 'a%2fb' } }],
  ['putGrant', 'PUT', `/apps/${app}/grants/a%252Fb`, { path: { app, principal: 'a%252Fb' }, body: actions }],
  ['putGrant', 'PUT', `/apps/${app}/grants/a%2Fb`, { path: { app, principal: 'a%2Fb' }, body: actions }],
  ['putGrant', 'PUT', `/apps/${app}/grants/a+b`, { path: { app, principal: 'a+b' }, body: actions }],
  ['putGrant', 'PUT', `/apps/${app}/grants/%E0%A4%A`, { path: { app, principal: '%E0%A4%A' }, body: actions }],
  ['putIssuer', 'PUT', `/apps/${app}/issuers/https:%2F%2Fa`, { path: { app, issuer: 'https:%2F%2Fa' } }],
  ['createApp', 'POST', '/apps', { body: '"{\\"name\\":\\"x\\"}"' }],
  ['createApp', 'POST', '/apps', { body: '{"__proto__":{},"name":"x"}' }],
  ['createApp', 'POST', '/apps', { body: '\uFEFF{}' }],
  ['createApp', 'POST', '/apps', { body: null }],
  ['createApp', 'POST', '/apps', { body: 'x'.repeat(20_000) }],
  ['listApps', 'GET', '/apps?limit=1%20', { query: { limit: '1 ' } }],
  ['listApps', 'GET', '/apps?limit=1&limit=2', { query: { limit: ['1', '2'] } }],
])('security 31: %s has the same answer locally and deployed: %s %s', async (id, method, path, request) => {
  const headers = { authorization: `Bearer ${await local().token({ permissions: ['account:createApp'] })}` };
  const json = { 'Content-Type': 'application/json' };
  const reply = await fetch(local().url + path, {
    method,
    headers: { ...headers, ...json },
    body: request.body as string,
  });
  const expected = await deployed.call(id, { ...request, headers: json });
  expect([reply.status, shared(await bodyOf(reply))]).toEqual([expected.statusCode, shared(expected.body ?? {})]);
});

async function bodyOf(reply: Response): Promise<object> {
  const text = await reply.text();
  return text === '' ? {} : JSON.parse(text);
}
