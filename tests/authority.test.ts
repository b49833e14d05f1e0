import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Operation, operations } from '../lib/contract/operations.ts';
import type { App } from '../lib/domain/app.ts';
import type { ErrorCode } from '../lib/domain/errors.ts';
import type { OperationId } from './support/events.ts';
import { expectRefusal, hrnOf, startService, type TestReply, type TestService } from './support/service.ts';

let service: TestService;
let app: App;

beforeAll(async () => {
  service = await startService({ keys: { maxPerApp: 50 } });
});

const handle = 'h'.repeat(43);
const grants = { manager: ['manage'], writer: ['write'], reader: ['read'] } as const;

beforeEach(async () => {
  const key = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: -1 };
  app = await service.seed({ grants, keys: { [handle]: key }, keyCount: 1 });
});

type Verdict = 'yes' | ErrorCode;
type Rights = 'read' | 'write' | 'manage' | 'none';

/** What a caller with those rights on the application gets. */
function verdictOf({ access, path = '' }: Operation, rights: Rights): Verdict {
  if (access === 'list') return 'yes';
  if (!path.includes('{app}')) return '403403';
  if (rights === 'none') return '404660';
  const order = ['read', 'write', 'manage'];
  return order.indexOf(rights) >= order.indexOf(access) ? 'yes' : '403403';
}

const onApp = () => `hrn:here:account::myrealm:app/${app.appId}`;

/** Every kind of caller: its claims, and the rights on the application that it should have. */
const callers: Record<string, { claims: () => Record<string, unknown>; rights: Rights; realm?: string }> = {
  'grant manage': { claims: () => ({ sub: 'manager' }), rights: 'manage' },
  'grant write': { claims: () => ({ sub: 'writer' }), rights: 'write' },
  'grant read': { claims: () => ({ sub: 'reader' }), rights: 'read' },
  'no grant': { claims: () => ({ sub: 'stranger' }), rights: 'none' },
  'a principal named like a built-in': { claims: () => ({ sub: 'toString' }), rights: 'none' },
  'token manage': { claims: () => permit(`account:manage:${onApp()}`), rights: 'manage' },
  'token write': { claims: () => permit(`account:write:${onApp()}`), rights: 'write' },
  'token read': { claims: () => permit(`account:read:${onApp()}`), rights: 'read' },
  'token manage, all of the realm': {
    claims: () => permit('account:manage:hrn:here:account::myrealm:app/*'),
    rights: 'manage',
  },
  'token write on everything': { claims: () => permit('account:write:*'), rights: 'write' },
  'token manage without a resource': { claims: () => permit('account:manage'), rights: 'none' },
  'token with a pattern that covers others': {
    claims: () =>
      permit('account:manage:hrn:here:account::myrealm:app/other*', 'account:manage:hrn:here:account::other:app/*'),
    rights: 'none',
  },
  'token manage of another service': { claims: () => permit(`billing:manage:${onApp()}`), rights: 'none' },
  'token manage on another application': { claims: () => permit(`account:manage:${onApp()}x`), rights: 'none' },
  'token with an unknown action': { claims: () => permit(`account:*:${onApp()}`), rights: 'none' },
  'token with a pattern in the middle': { claims: () => permit('account:manage:hrn:*:app/x'), rights: 'none' },
  'the same principal of another realm': { claims: () => ({ sub: 'manager', rlm: 'other' }), rights: 'none' },
  'manage on everything in another realm': {
    claims: () => ({ ...permit('account:manage:*'), rlm: 'other' }),
    rights: 'none',
  },
};

function permit(...permissions: string[]): Record<string, unknown> {
  return { sub: 'token-holder', permissions };
}

const bodies: Partial<Record<OperationId, object>> = {
  putGrant: { actions: ['write'] },
  verifyApiKey: { apiKeyId: 'x' },
};

async function callAs(
  id: OperationId,
  claims: Record<string, unknown>,
  target = app,
  issuer = service.issuer,
  more: object = {},
): Promise<TestReply> {
  const { body } = operations[id] as Operation;
  const headers = { Authorization: `Bearer ${await issuer.sign(claims)}` };
  const path = {
    app: hrnOf(target),
    apiKey: encodeURIComponent(`hrn:here:account::${target.realm}:apikey/${handle}`),
    principal: 'somebody',
    issuer: encodeURIComponent('https://issuer.example.com'),
  };
  // An application that has an API key cannot get an issuer.
  if (id === 'putIssuer' && target === app) await service.seed({ ...app, keys: {}, keyCount: 0 });
  return service.call(id, {
    path,
    headers,
    ...(body && { body: { ...(bodies[id] ?? { name: 'x' }), ...more } }),
  });
}

function expectVerdict(reply: TestReply, verdict: Verdict): void {
  if (verdict === 'yes') expect(reply.statusCode).toBeLessThan(300);
  else expectRefusal(reply, verdict);
}

const guarded = (Object.keys(operations) as OperationId[]).filter((id) =>
  ['read', 'write', 'manage', 'createApp', 'verify', 'list'].includes(operations[id].access),
);

describe.each(guarded)('security 10: %s', (id) => {
  it.each(Object.keys(callers))('by %s', async (kind) => {
    const { claims, rights } = callers[kind] ?? expect.fail();
    expectVerdict(await callAs(id, claims()), verdictOf(operations[id], rights));
  });

  it('by another issuer that has manage on everything in its own realm', async () => {
    const reply = await callAs(id, permit('account:manage:*'), app, service.otherIssuer);
    expectVerdict(reply, verdictOf(operations[id], 'none'));
  });

  it('by another issuer that claims a realm which is not its own: 401300', async () => {
    expectRefusal(await callAs(id, { sub: 'manager', rlm: 'myrealm' }, app, service.otherIssuer), '401300');
  });

  it.each([
    'hrn:here:authorization::myrealm:project/my-project-0000',
    'openid hrn:olp:authorization::other:project/p profile',
    ['openid', 'hrn:here-cn:authorization::x:project/p'],
  ])('with the project scope %j: 403403', async (scope) => {
    const reply = await callAs(id, { sub: 'manager', scope, permissions: ['account:createApp'] });
    expectRefusal(reply, '403403');
    expect(reply.body.cause).toBe('The access token has a project scope.');
    expect(reply.headers['WWW-Authenticate']).toBe('Bearer error="insufficient_scope"');
  });

  it.runIf(isOnApp(id))(
    "an application of another realm under a name of the caller's own: 404660, and it is as before",
    async () => {
      const foreign = await service.seed({ ...app, realm: 'other', grants: { manager: ['manage'] } });
      const claims = { sub: 'manager', permissions: ['account:manage:*'] };
      const before = await service.item(foreign);
      expectRefusal(await callAs(id, claims, { ...foreign, realm: 'myrealm' }), '404660');
      expect(await service.item(foreign)).toEqual(before);
    },
  );

  it('with another scope: as without', async () => {
    expectVerdict(await callAs(id, { sub: 'manager', scope: 'openid project/p' }), verdictOf(operations[id], 'manage'));
  });

  it.runIf(isOnApp(id))('on a deleted application: 404660', async () => {
    const deleted = await service.seed({ status: 'deleted' });
    expectRefusal(await callAs(id, permit('account:manage:*'), deleted), '404660');
    expect(await service.item(deleted)).toMatchObject({ status: 'deleted', rev: deleted.rev });
  });

  it.runIf(isOnApp(id))('security 11: no right and no application are one answer', async () => {
    const claims = { sub: 'stranger' };
    const answers = [
      await callAs(id, claims),
      await callAs(id, claims, { ...app, appId: 'missing' }),
      await callAs(id, claims, { ...app, realm: 'other' }),
      await callAs(id, claims, await service.seed({ status: 'deleted' })),
    ];
    expect(new Set(answers.map(withoutIds)).size).toBe(1);
    const whys = service.log
      .records()
      .filter(({ event }) => event === 'access')
      .slice(-4)
      .map(({ why }) => why);
    expect(new Set(whys).size).toBe(4);
  });
});

it.each(['createApp', 'verifyApiKey'] as const)('security 10: %s by who holds its permission', async (id) => {
  const permission = `account:${operations[id].access}`;
  expectVerdict(await callAs(id, { sub: 'token-holder', permissions: [permission] }), 'yes');
});

function isOnApp(id: OperationId): boolean {
  return (operations[id] as Operation).path?.includes('{app}') ?? false;
}

/** Everything of an answer but what is new in every answer. */
function withoutIds({ statusCode, headers, text }: TestReply): string {
  const ids = /ERROR-[0-9a-f-]{36}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
  return JSON.stringify({ statusCode, headers, text }).replace(ids, 'ID');
}

describe('security 12: the right is part of the write', () => {
  it('a grant that is gone when the write arrives makes no key', async () => {
    const racing = await service.seed({ grants: { demo: ['write'] } });
    expect((await service.generate(racing)).statusCode).toBe(201);
    const revoked = await service.seed({ ...racing, grants: {} });
    expectRefusal(await service.generate(revoked), '404660');
    expect((await service.item(revoked)).keyCount).toBe(0);
  });
});

describe('security 13: who calls is what the token says', () => {
  it('no body field or header changes it, and a query is rejected', async () => {
    const headers = { 'X-Principal': 'manager', 'X-Amzn-Principal-Id': 'manager', 'X-Forwarded-For': '127.0.0.1' };
    const token = await service.issuer.sign({ sub: 'stranger' });
    const reply = await service.call('generateApiKey', {
      path: { app: hrnOf(app) },
      headers: { ...headers, Authorization: `Bearer ${token}` },
      body: { name: 'x' },
    });
    expectRefusal(reply, '404660');
    const path = { app: hrnOf(app) };
    for (const query of [{ sub: 'manager' }, { principal: 'manager' }, { access_token: token }])
      expectRefusal(await service.call('getApp', { path, query }), '400200');
  });

  const fields = [
    'createdBy',
    'createdTime',
    'apiKeyId',
    'apiKey',
    'identity',
    'realm',
    'sub',
    'grants',
    'keys',
    'rev',
  ];
  const withBody = guarded.filter((id) => (operations[id] as Operation).body);
  const known = (id: OperationId) =>
    Object.keys(((operations[id] as Operation).body as { properties?: object }).properties ?? {});

  it.each(withBody.flatMap((id) => fields.filter((field) => !known(id).includes(field)).map((field) => [id, field])))(
    '%s answers 400200 for the field %s in the body, and changes nothing',
    async (id, field) => {
      const before = await service.item(app);
      const claims = { sub: 'manager', permissions: ['account:createApp', 'account:verify'] };
      const reply = await callAs(id as OperationId, claims, app, service.issuer, { [field as string]: 'manager' });
      expectRefusal(reply, '400200');
      expect(reply.body.details).toMatchObject([{ source: `$.${field}` }]);
      expect(await service.item(app)).toEqual(before);
    },
  );

  it('the direct invocations refuse them too', async () => {
    const payload = { app: onApp(), name: 'x', createdBy: 'signup' };
    for (const field of ['apiKeyId', 'realm', 'grants', 'sub'])
      expect(await service.invoke({ ...payload, [field]: 'x' })).toMatchObject({
        ok: false,
        error: { code: '400200' },
      });
    for (const field of ['app', 'realm', 'sub'])
      expect(await service.invokeVerify({ apiKeyId: 'x', [field]: 'x' })).toMatchObject({ error: { code: '400200' } });
    expect((await service.invoke(payload)).ok).toBe(true);
  });
});
