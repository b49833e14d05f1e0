import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import { codesOf, handleOfLetter, seedWithKeys, tokenOf, writesOf } from '../support/calls.ts';
import type { TestRequest } from '../support/events.ts';
import { expectRefusal, hrnOf, startService, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

/** Of the form of an API key. */
const apiKeyId = `ak_lACE8kgYxsahjbXnvy8w_${'x'.repeat(49)}`;

type Headers = NonNullable<TestRequest['headers']>;

function put(app: App, principal: string, actions: unknown, headers: Headers = {}): Promise<TestReply> {
  const path = { app: hrnOf(app), principal: encodeURIComponent(principal) };
  return service.call('putGrant', { path, body: { actions }, headers });
}

function revoke(app: App, principal: string, headers: Headers = {}): Promise<TestReply> {
  const path = { app: hrnOf(app), principal: encodeURIComponent(principal) };
  return service.call('deleteGrant', { path, headers });
}

function list(app: App, headers: Headers = {}): Promise<TestReply> {
  return service.call('listGrants', { path: { app: hrnOf(app) }, headers });
}

function getApp(app: App, headers: Headers): Promise<TestReply> {
  return service.call('getApp', { path: { app: hrnOf(app) }, headers });
}

const as = (sub: string) => tokenOf(service, { sub });

describe('grant', () => {
  it('200 with the grant, which holds at once', async () => {
    const app = await service.seed();
    expectRefusal(await getApp(app, await as('ann')), '404660');
    const { statusCode, body } = await put(app, 'ann', ['read']);
    expect([statusCode, body]).toEqual([200, { principal: 'ann', actions: ['read'] }]);
    expect((await getApp(app, await as('ann'))).statusCode).toBe(200);
    expectRefusal(await service.generate(app, { name: 'x' }, await as('ann')), '403403');
    const { grants, rev, lastChange } = await service.item(app);
    expect(grants).toEqual({ demo: ['manage'], ann: ['read'] });
    expect(rev).toBe(app.rev + 1);
    expect(lastChange).toMatchObject({ action: 'putGrant', by: 'demo' });
  });

  it('gives exactly these rights: another grant replaces the one before', async () => {
    const app = await service.seed();
    await put(app, 'ann', ['manage']);
    expect((await put(app, 'ann', ['read'])).statusCode).toBe(200);
    expect((await service.item(app)).grants.ann).toEqual(['read']);
    expectRefusal(await put(app, 'bob', ['read'], await as('ann')), '403403');
  });

  it('the same again is 200, and writes nothing', async () => {
    const app = await service.seed();
    await put(app, 'ann', ['read', 'write']);
    const { rev } = await service.item(app);
    expect((await put(app, 'ann', ['write', 'read'])).statusCode).toBe(200);
    expect((await service.item(app)).rev).toBe(rev);
  });

  it.each([
    ['write', ['read', 'write']],
    ['manage', ['read', 'write', 'manage']],
    ['read', ['read']],
  ] as const)('%s implies %j', async (action, implied) => {
    const app = await service.seed();
    await put(app, 'ann', [action]);
    const headers = await as('ann');
    const can = {
      read: (await getApp(app, headers)).statusCode,
      write: (await service.generate(app, { name: 'x' }, headers)).statusCode,
      manage: (await list(app, headers)).statusCode,
    };
    expect(Object.keys(can).filter((right) => can[right as 'read'] < 300)).toEqual(implied);
  });

  it.each([
    [undefined, '400201'],
    [[], '400200'],
    [['admin'], '400200'],
    [['createApp'], '400200'],
    [['read', 'read'], '400200'],
    ['read', '400200'],
    [null, '400200'],
    [[['read']], '400200'],
  ] as const)('%j: %s, and nothing is granted', async (actions, code) => {
    const app = await service.seed();
    expectRefusal(await put(app, 'ann', actions), code);
    expect((await service.item(app)).rev).toBe(app.rev);
  });

  it('also on a deactivated application', async () => {
    const app = await service.seed({ status: 'deactivated' });
    expect((await put(app, 'ann', ['read'])).statusCode).toBe(200);
  });
});

describe('the principal in the path', () => {
  it.each([
    'user@example.com',
    'auth0|5f7c8ec7c33c6c004bbafe82',
    'a/b',
    'a#b',
    'a b',
    'a+b',
    'a?b=c&d',
    'a.b[0]',
    '...',
    ':v0',
    '#n0',
    '"\'`\\',
    'hrn:here:account::myrealm:user/HERE-1',
    'müller',
    '名前',
    '😀',
    '%',
    '%41',
    'a%2Fb',
    '100%25 %E0%A4%A',
    'repo:my%3Aorg@1/my-repo@2:ref:refs/heads/main',
    'toString',
    'hasOwnProperty',
    'x'.repeat(255),
    '😀'.repeat(255),
  ])('security 27: %j is granted, generates a key, is listed and revoked', async (principal) => {
    const app = await service.seed();
    const headers = await as(principal);
    expectRefusal(await getApp(app, headers), '404660');
    expect((await put(app, principal, ['write'])).body).toEqual({ principal, actions: ['write'] });
    expect((await service.generate(app, { name: 'x' }, headers)).statusCode).toBe(201);
    expect((await list(app)).body.items).toContainEqual({ principal, actions: ['write'] });
    const listed = await service.call('listApps', { headers });
    expect(listed.body.items).toMatchObject([{ clientId: app.appId }]);
    expect((await revoke(app, principal)).statusCode).toBe(204);
    expectRefusal(await getApp(app, headers), '404660');
    expect((await service.item(app)).grants).toEqual({ demo: ['manage'] });
  });

  it.each([
    ...[
      'ann\u200b',
      'a\u200dnn',
      '\u2060ann',
      'ann\ufeff',
      'ann\u00ad',
      'ann\u202e',
      '\u2066ann',
      'ann\u200f',
      'ann\ufe0f',
    ],
    ...['ann ', '\u00a0ann', 'ann\u3164', 'ann\u{e0061}'],
  ])(
    'security 27: %j, which looks like another principal, is rejected at the token and as a grantee',
    async (double) => {
      const app = await service.seed({ grants: { demo: ['manage'], ann: ['read'] } });
      expectRefusal(await getApp(app, await as(double)), '401300');
      expectRefusal(await put(app, double, ['manage']), '400200');
      expectRefusal(await revoke(app, double), '400200');
      expect((await service.item(app)).rev).toBe(app.rev);
    },
  );

  it('401300 for a token whose principal is an API key, which the log does not have', async () => {
    expectRefusal(await getApp(await service.seed(), await as(apiKeyId)), '401300');
    expect(service.log.lines().join('')).not.toContain(apiKeyId);
  });

  it('as the gateway hands it over decoded', async () => {
    const app = await service.seed();
    const path = { app: hrnOf(app), principal: 'a/b@c' };
    expect((await service.call('putGrant', { path, body: { actions: ['read'] } })).body.principal).toBe('a/b@c');
  });

  it.each([
    ['256 characters', 'x'.repeat(256)],
    ['a line end', 'a%0Ab'],
    ['a NUL', '%00'],
    ['an API key', apiKeyId],
    ['an API key within other text', `%20the%20key%20${apiKeyId}.`],
    ['an API key whose _ are encoded', apiKeyId.replaceAll('_', '%5F')],
    ['an API key that is encoded twice', apiKeyId.replaceAll('_', '%255F')],
    ['broken encoding', '%E0%A4%A'],
    ['a built-in', '__proto__'],
    ['a Lambda function', 'lambda%3Asignup'],
  ])('400200 for %s, granting and revoking', async (_, principal) => {
    const app = await service.seed();
    const path = { app: hrnOf(app), principal };
    const refused = await service.call('putGrant', { path, body: { actions: ['read'] } });
    expectRefusal(refused, '400200');
    expect(refused.body.details).toMatchObject([{ source: '$.principal' }]);
    expectRefusal(await service.call('deleteGrant', { path }), '400200');
    expect((await service.item(app)).rev).toBe(app.rev);
  });
});

describe('list of grants', () => {
  it('200 with every principal and its rights, but none from tokens', async () => {
    const grants = { demo: ['manage'], ann: ['read', 'write'] } as const;
    const app = await service.seed({ grants });
    const headers = await tokenOf(service, { sub: 'token-holder', permissions: ['account:manage:*'] });
    const { statusCode, body } = await list(app, headers);
    expect([statusCode, body.total]).toEqual([200, 2]);
    expect(body.items).toEqual(
      expect.arrayContaining([
        { principal: 'demo', actions: ['manage'] },
        { principal: 'ann', actions: ['read', 'write'] },
      ]),
    );
  });
});

describe('who may', () => {
  const calls = (app: App, headers: Headers) => [
    () => put(app, 'new', ['read'], headers),
    () => revoke(app, 'bob', headers),
    () => list(app, headers),
  ];

  it.each(['read', 'write'] as const)('403403 with %s: nobody grants above their own right', async (action) => {
    const app = await service.seed({ grants: { demo: ['manage'], ann: [action] } });
    for (const call of calls(app, await as('ann'))) expectRefusal(await call(), '403403');
    expectRefusal(await put(app, 'ann', ['manage'], await as('ann')), '403403');
    expect((await service.item(app)).rev).toBe(app.rev);
  });

  it('manage from the token is as good as a grant', async () => {
    const app = await service.seed({ grants: {} });
    const headers = await tokenOf(service, { sub: 'admin', permissions: ['account:manage:*'] });
    for (const call of calls(app, headers)) expect((await call()).statusCode).toBeLessThan(300);
    expect((await service.item(app)).grants).toEqual({ new: ['read'] });
  });

  it('404660 without any right, and nothing is left in lists', async () => {
    const app = await service.seed();
    for (const call of calls(app, await as('stranger'))) expectRefusal(await call(), '404660');
    const { body } = await service.call('listApps', { headers: await as('new') });
    expect(body.items.map(({ clientId }: { clientId: string }) => clientId)).not.toContain(app.appId);
  });

  it('a manager whose right was revoked a moment ago cannot take it back', async () => {
    const app = await service.seed({ grants: { demo: ['manage'], ann: ['manage'] } });
    await revoke(app, 'ann');
    expectRefusal(await put(app, 'ann', ['manage'], await as('ann')), '404660');
  });

  it('a late copy of a grant does not undo its revocation', async () => {
    const app = await service.seed();
    const copies = await writesOf(() => put(app, 'ann', ['manage']));
    await revoke(app, 'ann');
    await copies.deliverLate();
    expect((await service.item(app)).grants).toEqual({ demo: ['manage'] });
    expectRefusal(await getApp(app, await as('ann')), '404660');
    const { body } = await service.call('listApps', { headers: await as('ann') });
    expect(body.items.map(({ clientId }: { clientId: string }) => clientId)).not.toContain(app.appId);
  });
});

describe('revoke', () => {
  it('204, again too, and then the right is gone', async () => {
    const app = await service.seed();
    await put(app, 'ann', ['write']);
    expect((await revoke(app, 'ann')).statusCode).toBe(204);
    const { rev } = await service.item(app);
    expect((await revoke(app, 'ann')).statusCode).toBe(204);
    expect((await service.item(app)).rev).toBe(rev);
    expectRefusal(await getApp(app, await as('ann')), '404660');
  });

  it('of the built-ins of an object: nothing to revoke', async () => {
    const app = await service.seed();
    expect((await revoke(app, 'toString')).statusCode).toBe(204);
    expect((await service.item(app)).rev).toBe(app.rev);
  });
});

describe('a principal deletes its own grant', () => {
  it.each(['read', 'write', 'manage'] as const)(
    '204 with %s, and then it sees the application no longer',
    async (action) => {
      const app = await service.seed({ createdBy: 'demo', grants: { demo: ['manage'] } });
      await put(app, 'ann', [action]);
      const ann = await as('ann');
      const listed = async () => (await service.call('listApps', { headers: ann })).body.items.length;
      const before = await listed();
      expect((await revoke(app, 'ann', ann)).statusCode).toBe(204);
      expect((await service.item(app)).grants).toEqual({ demo: ['manage'] });
      expect((await service.item(app)).lastChange).toMatchObject({ action: 'deleteGrant', by: 'ann' });
      expect(await listed()).toBe(before - 1);
      expectRefusal(await revoke(app, 'ann', ann), '404660');
    },
  );

  it('403403 for the grant of another principal, and 404660 without any right', async () => {
    const app = await service.seed({ grants: { demo: ['manage'], ann: ['write'], bob: ['read'] } });
    expectRefusal(await revoke(app, 'bob', await as('ann')), '403403');
    expectRefusal(await revoke(app, 'demo', await as('bob')), '403403');
    expectRefusal(await revoke(app, 'stranger', await as('stranger')), '404660');
    expect((await service.item(app)).rev).toBe(app.rev);
  });

  it('204, and nothing is written, for a right that is in the token alone', async () => {
    const app = await service.seed();
    const headers = await tokenOf(service, { sub: 'reader', permissions: ['account:read:*'] });
    expect((await revoke(app, 'reader', headers)).statusCode).toBe(204);
    expect((await service.item(app)).rev).toBe(app.rev);
  });
});

describe('the last manager', () => {
  it('409306 when it is revoked, or given less, by itself or by a token', async () => {
    const app = await service.seed({ grants: { demo: ['manage'], ann: ['write'] } });
    const admin = await tokenOf(service, { sub: 'admin', permissions: ['account:manage:*'] });
    for (const headers of [{}, admin]) {
      const reply = await revoke(app, 'demo', headers);
      expectRefusal(reply, '409306');
      expect(reply.body.cause).toMatch(/last/);
      expectRefusal(await put(app, 'demo', ['write', 'read'], headers), '409306');
    }
    expect(await service.item(app)).toMatchObject({ rev: app.rev, grants: app.grants });
  });

  it('goes when there is another', async () => {
    const app = await service.seed();
    await put(app, 'ann', ['manage']);
    expect((await revoke(app, 'demo')).statusCode).toBe(204);
    expectRefusal(await revoke(app, 'ann', await as('ann')), '409306');
  });

  it('two managers that revoke each other at once: one stays', async () => {
    for (let round = 0; round < 10; round += 1) {
      const app = await service.seed({ grants: { demo: ['manage'], ann: ['manage'] } });
      const ann = await as('ann');
      const replies = await Promise.all([revoke(app, 'ann'), revoke(app, 'demo', ann)]);
      expect(codesOf(replies)).toEqual({ '204': 1, '404660': 1 });
      expect(Object.values((await service.item(app)).grants)).toEqual([['manage']]);
    }
  });

  it('two managers that leave at once: one stays', async () => {
    const app = await service.seed({ grants: { demo: ['manage'], ann: ['manage'] } });
    const replies = await Promise.all([revoke(app, 'demo'), revoke(app, 'ann', await as('ann'))]);
    expect(codesOf(replies)).toEqual({ '204': 1, '409306': 1 });
  });
});

describe('at most 100 grants', () => {
  const many = Object.fromEntries(Array.from({ length: 99 }, (_, index) => [`principal${index}`, ['read'] as const]));

  it('409306 for one more, until another goes; those there are can be changed', async () => {
    const app = await service.seed({ grants: { ...many, demo: ['manage'] } });
    const reply = await put(app, 'new', ['read']);
    expectRefusal(reply, '409306');
    expect(reply.body.cause).toContain('100');
    expect((await put(app, 'principal5', ['write'])).statusCode).toBe(200);
    expect((await revoke(app, 'principal6')).statusCode).toBe(204);
    expect((await put(app, 'new', ['read'])).statusCode).toBe(200);
    expect((await list(app)).body.total).toBe(100);
  });

  it('10 at once for the last place: one 200', async () => {
    const { principal0: _, ...fewer } = many;
    const app = await service.seed({ grants: { ...fewer, demo: ['manage'] } });
    const replies = await Promise.all(Array.from({ length: 10 }, (_, index) => put(app, `new${index}`, ['read'])));
    expect(codesOf(replies)).toEqual({ '200': 1, '409306': 9 });
  });
});

const issuer = 'https://issuer.example.com/realms/1?a=b';

function attach(app: App, url = issuer, headers: Headers = {}): Promise<TestReply> {
  return service.call('putIssuer', { path: { app: hrnOf(app), issuer: encodeURIComponent(url) }, headers });
}

function detach(app: App, url = issuer, headers: Headers = {}): Promise<TestReply> {
  return service.call('deleteIssuer', { path: { app: hrnOf(app), issuer: encodeURIComponent(url) }, headers });
}

function issuersOf(app: App, headers: Headers = {}): Promise<TestReply> {
  return service.call('listIssuers', { path: { app: hrnOf(app) }, headers });
}

describe('attach an issuer', () => {
  it('204; it is listed, and no key can be generated: 400337', async () => {
    const app = await service.seed();
    expect((await attach(app)).statusCode).toBe(204);
    expect((await issuersOf(app)).body).toEqual({ total: 1, items: [issuer] });
    expectRefusal(await service.generate(app), '400337');
    expect((await service.item(app)).lastChange).toMatchObject({ action: 'putIssuer', by: 'demo' });
  });

  it('again is 204, and writes nothing', async () => {
    const app = await service.seed();
    await attach(app);
    const after = await service.item(app);
    expect((await attach(app)).statusCode).toBe(204);
    expect(await service.item(app)).toEqual(after);
  });

  it.each([
    ['live', () => ({})],
    ['disabled', () => ({ enabled: false })],
    ['expiring', () => ({ expiresAt: 4e12 })],
    ['just expired', () => ({ expiresAt: Date.now() - 100 })],
  ])('409306 beside a key that is %s, and nothing is written', async (_, key) => {
    const app = await seedWithKeys(service, { a: key(), b: { expiresAt: 1 } });
    const reply = await attach(app);
    expectRefusal(reply, '409306');
    expect(reply.body.cause).toMatch(/API keys/);
    expect(await service.item(app)).toMatchObject({ rev: app.rev, issuers: [], keys: app.keys });
  });

  it('expired keys go in the same write, and leave tombstones', async () => {
    const app = await seedWithKeys(service, { a: { expiresAt: 1 }, b: { expiresAt: 2 } });
    expect((await attach(app)).statusCode).toBe(204);
    const { keys, keyCount, removed, rev } = await service.item(app);
    expect([keys, keyCount, rev]).toEqual([{}, 0, app.rev + 1]);
    expect(Object.keys(removed).sort()).toEqual([handleOfLetter('a'), handleOfLetter('b')]);
  });

  it('409306 for the eleventh; one of the ten can be attached again', async () => {
    const app = await service.seed();
    const url = (index: number) => `https://issuer${index}.example.com`;
    for (let index = 0; index < 10; index += 1) expect((await attach(app, url(index))).statusCode).toBe(204);
    const reply = await attach(app, url(10));
    expectRefusal(reply, '409306');
    expect(reply.body.cause).toContain('10');
    expect((await attach(app, url(3))).statusCode).toBe(204);
    expect((await issuersOf(app)).body.total).toBe(10);
    expect((await detach(app, url(0))).statusCode).toBe(204);
    expect((await attach(app, url(10))).statusCode).toBe(204);
  });

  it('either a key is generated or an issuer is attached, never both', async () => {
    for (let round = 0; round < 10; round += 1) {
      const app = await service.seed();
      const replies = await Promise.all([service.generate(app), attach(app)]);
      expect([
        { '201': 1, '409306': 1 },
        { '400337': 1, '204': 1 },
      ]).toContainEqual(codesOf(replies));
      const { keyCount, issuers } = await service.item(app);
      expect(keyCount + issuers.length).toBe(1);
    }
  });

  it.each([
    ['http', 'http://issuer.example.com'],
    ['no URL', 'issuer.example.com'],
    ['no host', 'https://'],
    ['no slashes', 'https:issuer.example.com'],
    ['a script', 'javascript:alert(1)'],
    ['a user', 'https://user@issuer.example.com'],
    ['a password', 'https://:secret@issuer.example.com'],
    ['white space', 'https://issuer.example.com/a b'],
    ['white space around', ' https://issuer.example.com'],
    ['a line end', 'https://issuer.example.com\n'],
    ['a NUL', 'https://issuer.example.com\u0000'],
    ['a DEL', 'https://issuer.example.com/\u007f'],
    ['a right-to-left override', 'https://issuer.example.com/\u202e'],
    ['a lone %', 'https://issuer.example.com/%'],
    ['256 characters', `https://issuer.example.com/${'x'.repeat(229)}`],
  ])('400200 for %s', async (_, url) => {
    const app = await service.seed();
    const reply = await attach(app, url);
    expectRefusal(reply, '400200');
    expect(reply.body.details).toMatchObject([{ source: '$.issuer' }]);
    expectRefusal(await detach(app, url), '400200');
    expect((await service.item(app)).rev).toBe(app.rev);
  });

  it.each(['%E0%A4%A', 'https%253A%252F%252Fissuer.example.com'])('400200 for %s in the path', async (segment) => {
    const app = await service.seed();
    expectRefusal(await service.call('putIssuer', { path: { app: hrnOf(app), issuer: segment } }), '400200');
  });

  it.each(['https://i.example', 'https://i.example:8443/a/b', `https://issuer.example.com/${'x'.repeat(228)}`])(
    '204 for %s',
    async (url) => {
      const app = await service.seed();
      expect((await attach(app, url)).statusCode).toBe(204);
      expect((await issuersOf(app)).body.items).toEqual([url]);
    },
  );
});

describe('detach an issuer', () => {
  it('204, again too; without any, keys can be generated again', async () => {
    const app = await service.seed();
    await attach(app, 'https://one.example');
    await attach(app, 'https://two.example');
    expect((await detach(app, 'https://one.example')).statusCode).toBe(204);
    expectRefusal(await service.generate(app), '400337');
    expect((await detach(app, 'https://two.example')).statusCode).toBe(204);
    const { rev } = await service.item(app);
    expect((await detach(app, 'https://two.example')).statusCode).toBe(204);
    expect((await service.item(app)).rev).toBe(rev);
    expect((await service.generate(app)).statusCode).toBe(201);
  });
});

describe('who may attach', () => {
  it('403403 with write, which may list them; 404660 with nothing', async () => {
    const app = await service.seed({ grants: { demo: ['manage'], ann: ['write'] } });
    const [ann, stranger] = [await as('ann'), await as('stranger')];
    expectRefusal(await attach(app, issuer, ann), '403403');
    expectRefusal(await detach(app, issuer, ann), '403403');
    expect((await issuersOf(app, ann)).statusCode).toBe(200);
    expectRefusal(await attach(app, issuer, stranger), '404660');
    expectRefusal(await issuersOf(app, stranger), '404660');
    expect((await service.item(app)).rev).toBe(app.rev);
  });
});
