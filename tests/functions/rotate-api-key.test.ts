import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { handleOf, type KeyHandle } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import type { ErrorCode } from '../../lib/domain/errors.ts';
import { nothingMore } from '../support/apps.ts';
import { codesOf, handleOfLetter, keyPath, seedWithKeys, tokenOf, writesOf } from '../support/calls.ts';
import type { DatabaseProxy } from '../support/database-proxy.ts';
import type { TestRequest } from '../support/events.ts';
import { startProxiedService } from '../support/proxied-service.ts';
import { expectRefusal, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;
let proxy: DatabaseProxy;
let reset: () => void;

beforeAll(async () => {
  ({ service, proxy, reset } = await startProxiedService());
  return () => proxy.stop();
});

beforeEach(() => reset());

const [a, b] = [handleOfLetter('a'), handleOfLetter('b')];
const longAgo = 1_000;
const hour = 3_600_000;

function rotate(app: App, key: string, body: unknown = {}, headers: TestRequest['headers'] = {}): Promise<TestReply> {
  return service.call('rotateApiKey', { path: keyPath(app, key), body, headers });
}

function get(app: App, key: string): Promise<TestReply> {
  return service.call('getApiKey', { path: keyPath(app, key) });
}

function handleIn({ body }: TestReply): KeyHandle {
  return body.apiKey.split('/').at(-1);
}

async function expectNothingChanged(app: App, code: ErrorCode, rotation: Promise<TestReply>): Promise<TestReply> {
  const reply = await rotation;
  expectRefusal(reply, code);
  const { appId: _, ...seeded } = app;
  expect(await service.item(app)).toMatchObject(seeded);
  return reply;
}

describe('with an overlap until the first use', () => {
  const overlap = { untilFirstUse: 600, atMost: 3_600 };

  it('201: the old key gets its hard end, and is shown with that and with the grace', async () => {
    const app = await seedWithKeys(service, { a: {} });
    const before = Date.now();
    expect((await rotate(app, a, { overlap })).statusCode).toBe(201);
    const { body } = await get(app, a);
    expect(body.expiresAt).toBeGreaterThanOrEqual(before + hour);
    expect(body.expiresAt).toBeLessThanOrEqual(Date.now() + hour);
    expect(body.untilFirstUse).toBe(600);
  });

  it.each([[{ overlap: { untilFirstUse: 600 } }], [{ overlap: { atMost: 600 } }]])('400201 for %j', async (body) => {
    await expectNothingChanged(await seedWithKeys(service, { a: {} }), '400201', rotate(await service.seed(), a, body));
  });

  it.each([
    [{ overlap, overlapSeconds: 0 }],
    [{ overlap: { untilFirstUse: -1, atMost: 600 } }],
    [{ overlap: { untilFirstUse: 0, atMost: 0 } }],
    [{ overlap: { untilFirstUse: 0, atMost: 31_536_001 } }],
    [{ overlap: { ...overlap, more: 1 } }],
    [{ overlap: 600 }],
  ])('400200 for %j', async (body) => {
    await expectNothingChanged(await seedWithKeys(service, { a: {} }), '400200', rotate(await service.seed(), a, body));
  });

  it('the same request gives the same successor again', async () => {
    const app = await seedWithKeys(service, { a: {} });
    const again = { 'Idempotency-Key': 'until-first-use' };
    const first = await rotate(app, a, { overlap }, again);
    expect((await rotate(app, a, { overlap }, again)).body).toEqual(first.body);
    expectRefusal(await rotate(app, a, { overlap: { ...overlap, atMost: 7 } }, again), '422409');
  });
});

describe('201', () => {
  it('shows the successor, its secret, and the key that it succeeds', async () => {
    const app = await seedWithKeys(service, { a: { name: 'billing', expiresAt: 4e12 } });
    const before = Date.now();
    const { statusCode, body } = await rotate(app, a);
    expect(statusCode).toBe(201);
    expect(body).toEqual({
      apiKeyId: expect.stringMatching(new RegExp(`^ak_${app.appId}_[A-Za-z0-9]{49}$`)),
      apiKey: `hrn:here:account::myrealm:apikey/${handleOf(body.apiKeyId)}`,
      identity: `hrn:here:account::myrealm:app/${app.appId}`,
      realm: 'hrn:here:account::myrealm:realm/myrealm',
      name: 'billing',
      enabled: true,
      expiresAt: 4e12,
      ...nothingMore,
      createdTime: expect.any(Number),
      rotatedFrom: `hrn:here:account::myrealm:apikey/${a}`,
      effectiveBy: expect.any(Number),
    });
    expect(body.createdTime).toBeGreaterThanOrEqual(before);
  });

  it('the secret is shown once; rotatedFrom stays', async () => {
    const app = await seedWithKeys(service, { a: {} });
    const { apiKeyId, effectiveBy, ...shown } = (await rotate(app, a)).body;
    const read = await get(app, shown.apiKey);
    const lastChange = { at: shown.createdTime, by: 'demo', action: 'rotateApiKey' };
    expect(read.body).toEqual({ ...shown, createdBy: 'demo', lastChange });
    expect(read.text).not.toContain(apiKeyId);
    expect(JSON.stringify(await service.item(app))).not.toContain(apiKeyId.split('_').at(-1));
    expect(service.log.lines().join()).not.toContain(apiKeyId.split('_').at(-1));
  });

  it('is one read and one write, and says who did what', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    const { body } = await rotate(app, a);
    expect(proxy.requests).toEqual(['GetItem', 'UpdateItem']);
    const { rev, lastChange, keys } = await service.item(app);
    expect(rev).toBe(app.rev + 1);
    expect(lastChange).toMatchObject({ action: 'rotateApiKey', by: 'demo', keyHrn: body.apiKey });
    expect(keys[handleOf(body.apiKeyId)]).toMatchObject({ createdBy: 'demo', rotatedFrom: a });
  });

  it.each([null, '', {}, '{}', { overlapSeconds: 0 }])('%j is a rotation without overlap', async (body) => {
    const app = await seedWithKeys(service, { a: {} });
    expect((await rotate(app, a, body)).statusCode).toBe(201);
    expect((await service.item(app)).keys).not.toHaveProperty(a);
  });

  it('no body needs no Content-Type', async () => {
    const app = await seedWithKeys(service, { a: {} });
    expect((await rotate(app, a, null, { 'Content-Type': [] })).statusCode).toBe(201);
  });

  it.each(['manage', 'write'] as const)('with the grant %s', async (action) => {
    const app = await seedWithKeys(service, { a: {} }, { grants: { demo: [action] } });
    expect((await rotate(app, a)).statusCode).toBe(201);
  });
});

describe('without overlap', () => {
  it("the successor takes the old key's slot, and the old key is gone from then on", async () => {
    const app = await seedWithKeys(service, { a: {} });
    const made = await rotate(app, a);
    const { keys, keyCount } = await service.item(app);
    expect([Object.keys(keys), keyCount]).toEqual([[handleIn(made)], 1]);
    expectRefusal(await get(app, a), '404666');
    expect((await get(app, made.body.apiKey)).statusCode).toBe(200);
  });

  it('works with both slots taken, and leaves the other key alone', async () => {
    const app = await seedWithKeys(service, { a: {}, b: { name: 'other', rotatedFrom: handleOfLetter('c') } });
    const made = await rotate(app, a);
    const { keys, keyCount } = await service.item(app);
    expect(made.statusCode).toBe(201);
    expect([Object.keys(keys).sort(), keyCount]).toEqual([[handleIn(made), b].sort(), 2]);
    expect(keys[b]).toEqual(app.keys[b]);
  });

  it('leaves a tombstone that names the successor', async () => {
    const app = await seedWithKeys(service, { a: {} });
    const made = await rotate(app, a);
    const { removed, lastChange } = await service.item(app);
    const at = made.body.createdTime;
    const tombstone = { why: 'rotated', successor: handleIn(made), op: lastChange.op, at };
    expect(removed).toEqual({ [a]: tombstone });
  });

  it('an expired other key stays, since it is not in the way', async () => {
    const app = await seedWithKeys(service, { a: {}, b: { expiresAt: longAgo } });
    expect((await rotate(app, a)).statusCode).toBe(201);
    expect((await service.item(app)).keys).toHaveProperty(b);
  });
});

describe('with overlap', () => {
  it('the successor takes the free slot; the old key expires at the end of the overlap', async () => {
    const app = await seedWithKeys(service, { a: {} });
    const made = await rotate(app, a, { overlapSeconds: 3_600 });
    expect(made.body).toMatchObject({ expiresAt: -1, enabled: true });
    const { keys, keyCount, removed } = await service.item(app);
    expect([Object.keys(keys).sort(), keyCount, removed]).toEqual([[handleIn(made), a].sort(), 2, {}]);
    expect((await get(app, a)).body).toMatchObject({ enabled: true, expiresAt: made.body.createdTime + hour });
  });

  it('the old key never expires later than it would have anyway', async () => {
    const soon = Date.now() + 60_000;
    const app = await seedWithKeys(service, { a: { expiresAt: soon } });
    const made = await rotate(app, a, { overlapSeconds: 3_600, expiresAt: 4e12 });
    expect((await get(app, a)).body.expiresAt).toBe(soon);
    expect(made.body.expiresAt).toBe(4e12);
  });

  it('the old key expires earlier than it would have', async () => {
    const app = await seedWithKeys(service, { a: { expiresAt: 4e12 } });
    const made = await rotate(app, a, { overlapSeconds: 1 });
    expect((await get(app, a)).body.expiresAt).toBe(made.body.createdTime + 1_000);
    expect(made.body.expiresAt).toBe(4e12);
  });

  it('409303 with both slots taken, with a cause that says why, and what to do', async () => {
    const app = await seedWithKeys(service, { a: {}, b: { enabled: false } });
    const reply = await expectNothingChanged(app, '409303', rotate(app, a, { overlapSeconds: 1 }));
    expect(reply.body.cause).toMatch(/overlap/);
    expect(reply.body.action).toMatch(/overlapSeconds 0/);
  });

  it('an expired other key is replaced', async () => {
    const app = await seedWithKeys(service, { a: {}, b: { expiresAt: longAgo } });
    const made = await rotate(app, a, { overlapSeconds: 60 });
    const { keys, keyCount, removed } = await service.item(app);
    expect([Object.keys(keys).sort(), keyCount]).toEqual([[handleIn(made), a].sort(), 2]);
    expect(removed).toMatchObject({ [b]: { why: 'replaced' } });
  });

  it('409303 within 5 seconds after the other key has expired: clocks differ', async () => {
    const app = await seedWithKeys(service, { a: {}, b: { expiresAt: Date.now() - 100 } });
    await expectNothingChanged(app, '409303', rotate(app, a, { overlapSeconds: 60 }));
  });

  it('an expired other key stays while there is a free slot', async () => {
    const app = await seedWithKeys(service, { b: { expiresAt: longAgo } });
    const [made] = [await service.generate(app)];
    await service.call('deleteApiKey', { path: keyPath(app, b) });
    await rotate(app, made.body.apiKey, { overlapSeconds: 60 });
    expect((await service.item(app)).keyCount).toBe(2);
  });

  it('the end of the overlap frees a slot again', async () => {
    const app = await seedWithKeys(service, { a: {} });
    await rotate(app, a, { overlapSeconds: 60 });
    expectRefusal(await service.generate(app), '409303');
    const item = await service.item(app);
    const old = { ...item.keys[a], expiresAt: Date.now() - 6_000 };
    await service.seed({ ...item, appId: app.appId, keys: { ...item.keys, [a]: old } as App['keys'] });
    expect((await service.generate(app)).statusCode).toBe(201);
    expect((await service.item(app)).keys).not.toHaveProperty(a);
  });

  it.each([-1, 0.5, '60', null, true, 31_536_001, 1e300])('400200 for overlapSeconds %j', async (overlapSeconds) => {
    const app = await seedWithKeys(service, { a: {} });
    const reply = await expectNothingChanged(app, '400200', rotate(app, a, { overlapSeconds }));
    expect(reply.body.details).toMatchObject([{ source: '$.overlapSeconds' }]);
  });
});

describe('what the successor inherits', () => {
  it('a name that is given is taken, trimmed', async () => {
    const app = await seedWithKeys(service, { a: { name: 'old' } });
    expect((await rotate(app, a, { name: ' new ' })).body.name).toBe('new');
  });

  it('an expiresAt that is given is taken, -1 too', async () => {
    const app = await seedWithKeys(service, { a: { expiresAt: 4e12 }, b: {} });
    expect((await rotate(app, a, { expiresAt: -1 })).body.expiresAt).toBe(-1);
    expect((await rotate(app, b, { expiresAt: 5e12 })).body.expiresAt).toBe(5e12);
  });

  it('expiresAt of the old key as it was before the overlap', async () => {
    const app = await seedWithKeys(service, { a: { expiresAt: 4e12 } });
    expect((await rotate(app, a, { overlapSeconds: 60 })).body.expiresAt).toBe(4e12);
  });

  it.each([0, 60])("a disabled key's successor is disabled (overlap %i s)", async (overlapSeconds) => {
    const app = await seedWithKeys(service, { a: { enabled: false } });
    const made = await rotate(app, a, { overlapSeconds });
    expect(made.body.enabled).toBe(false);
    expect((await get(app, made.body.apiKey)).body.enabled).toBe(false);
  });

  it.each([
    [{}, '400201'],
    [{ overlapSeconds: 60 }, '400201'],
    [{ name: 'x' }, '400201'],
    [{ expiresAt: longAgo }, '400200'],
  ] as const)('an expired key with %j: %s at $.expiresAt', async (body, code) => {
    const app = await seedWithKeys(service, { a: { expiresAt: longAgo } });
    const reply = await expectNothingChanged(app, code, rotate(app, a, body));
    expect(reply.body.details).toMatchObject([{ source: '$.expiresAt' }]);
  });

  it('an expired key with an expiresAt in the future: 201', async () => {
    const app = await seedWithKeys(service, { a: { expiresAt: longAgo }, b: {} });
    const made = await rotate(app, a, { expiresAt: 4e12 });
    expect(made.body).toMatchObject({ expiresAt: 4e12, name: 'seeded' });
    expect(Object.keys((await service.item(app)).keys).sort()).toEqual([handleIn(made), b].sort());
  });

  it('an expired key with an overlap is not revived by it', async () => {
    const app = await seedWithKeys(service, { a: { expiresAt: longAgo } });
    expect((await rotate(app, a, { overlapSeconds: 60, expiresAt: -1 })).statusCode).toBe(201);
    const { keys, keyCount } = await service.item(app);
    expect(keyCount).toBe(Object.keys(keys).length);
    expect(keys[a]?.expiresAt ?? longAgo).toBe(longAgo);
  });

  it('an expired key with an overlap gives up its own slot when both are taken', async () => {
    const app = await seedWithKeys(service, { a: { expiresAt: longAgo }, b: {} });
    const made = await rotate(app, a, { overlapSeconds: 60, expiresAt: -1 });
    expect(made.statusCode).toBe(201);
    const { keys, removed } = await service.item(app);
    expect(Object.keys(keys).sort()).toEqual([handleIn(made), b].sort());
    expect(removed).toMatchObject({ [a]: { why: 'rotated', successor: handleIn(made) } });
  });

  it.each([
    [{ expiresAt: longAgo }, '$.expiresAt'],
    [{ expiresAt: 0 }, '$.expiresAt'],
    [{ name: '' }, '$.name'],
    [{ name: null }, '$.name'],
    [{ enabled: true }, '$.enabled'],
    [{ rotatedFrom: 'x' }, '$.rotatedFrom'],
  ])('400200 for %j', async (body, source) => {
    const app = await seedWithKeys(service, { a: {} });
    const reply = await expectNothingChanged(app, '400200', rotate(app, a, body));
    expect(reply.body.details).toMatchObject([{ source }]);
  });
});

describe('409304: the key has already been rotated', () => {
  it.each([0, 60])('after a rotation with an overlap of %i s', async (overlapSeconds) => {
    const app = await seedWithKeys(service, { a: {} });
    await rotate(app, a, { overlapSeconds });
    const after = await service.item(app);
    for (const body of [{}, { overlapSeconds: 60 }, { expiresAt: -1, name: 'again' }]) {
      expectRefusal(await rotate(app, a, body), '409304');
    }
    expect(await service.item(app)).toEqual(after);
  });

  it('its successor can be rotated in turn', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    const second = await rotate(app, a);
    const third = await rotate(app, second.body.apiKey);
    expect(third.body.rotatedFrom).toBe(second.body.apiKey);
    expectRefusal(await rotate(app, a), '409304');
    expectRefusal(await rotate(app, second.body.apiKey), '409304');
    expect((await service.item(app)).keyCount).toBe(2);
  });

  it('though the old key, in its overlap, was changed since', async () => {
    const app = await seedWithKeys(service, { a: {} });
    await rotate(app, a, { overlapSeconds: 60 });
    await service.call('updateApiKey', { path: keyPath(app, a), body: { expiresAt: -1, name: 'kept' } });
    await service.call('disableApiKey', { path: keyPath(app, a) });
    expectRefusal(await rotate(app, a), '409304');
  });

  it('though the successor was deleted since: it does not come back', async () => {
    const app = await seedWithKeys(service, { a: {} });
    const made = await rotate(app, a);
    await service.call('deleteApiKey', { path: keyPath(app, made.body.apiKey) });
    expectRefusal(await rotate(app, a), '409304');
    expect((await service.item(app)).keyCount).toBe(0);
  });
});

describe('404666', () => {
  it('for a key that was deleted before', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    await service.call('deleteApiKey', { path: keyPath(app, a) });
    expectRefusal(await rotate(app, a), '404666');
    expect((await service.item(app)).keyCount).toBe(1);
  });

  it('for one that was replaced after it expired', async () => {
    const app = await seedWithKeys(service, { a: { expiresAt: longAgo }, b: {} });
    await service.generate(app);
    expectRefusal(await rotate(app, a, { expiresAt: -1 }), '404666');
  });

  it('for one that never was', async () => {
    const app = await seedWithKeys(service, { a: {} });
    await expectNothingChanged(app, '404666', rotate(app, b));
  });
});

describe('the state of the application', () => {
  it('409306 when it is deactivated', async () => {
    const app = await seedWithKeys(service, { a: {} }, { status: 'deactivated' });
    await expectNothingChanged(app, '409306', rotate(app, a));
  });

  it('400337 when it has an issuer', async () => {
    const app = await seedWithKeys(service, { a: {} }, { issuers: ['https://issuer.example.com'] });
    await expectNothingChanged(app, '400337', rotate(app, a));
  });
});

describe('the order of the checks', () => {
  const wrongBody = { overlapSeconds: -1 };
  const pastExpiry = { expiresAt: longAgo };
  const stranger = () => tokenOf(service, { sub: 'stranger' });

  it('path, then body, then application, then right, then key, then state, then what is asked', async () => {
    const full = { a: { expiresAt: longAgo }, b: {} };
    const app = await seedWithKeys(service, full, { grants: { demo: ['manage'], reader: ['read'] } });
    const path = { ...keyPath(app, a), app: 'nothing' };
    expectRefusal(await service.call('rotateApiKey', { path, body: wrongBody }), '400288');
    expectRefusal(await rotate(app, a, wrongBody, await stranger()), '400200');
    expectRefusal(await rotate({ ...app, appId: 'missing' }, b, wrongBody), '400200');
    expectRefusal(await rotate({ ...app, appId: 'missing' }, b), '404660');
    expectRefusal(await rotate(app, handleOfLetter('z'), {}, await stranger()), '404660');
    expectRefusal(await rotate(app, handleOfLetter('z'), {}, await tokenOf(service, { sub: 'reader' })), '403403');
    const off = await seedWithKeys(service, full, { status: 'deactivated', issuers: ['https://x.example'] });
    expectRefusal(await rotate(off, handleOfLetter('z')), '404666');
    expectRefusal(await rotate(off, a, { overlapSeconds: 1 }), '409306');
    const issued = await seedWithKeys(service, full, { issuers: ['https://x.example'] });
    expectRefusal(await rotate(issued, a, { overlapSeconds: 1 }), '400337');
    expectRefusal(await rotate(app, a, { overlapSeconds: 1 }), '400201');
  });

  it('409304 comes before the state of the application, and before 400201', async () => {
    const app = await seedWithKeys(service, { a: { expiresAt: longAgo, rotatedTo: b }, b: {} });
    expectRefusal(await rotate(app, a), '409304');
    const off = await seedWithKeys(service, { a: { rotatedTo: b }, b: {} }, { status: 'deactivated' });
    expectRefusal(await rotate(off, a), '409304');
  });

  it('an expiresAt in the past is a fault of the body, which comes before the application: as for generating', async () => {
    const app = await seedWithKeys(service, { a: {} });
    expectRefusal(await service.generate(app, { name: 'x', ...pastExpiry }, await stranger()), '400200');
    expectRefusal(await rotate(app, a, pastExpiry, await stranger()), '400200');
  });
});

describe('two at once', () => {
  it.each([0, 60])(
    'of 20 rotations of one key (overlap %i s) one is 201, and 19 are 409304',
    async (overlapSeconds) => {
      const app = await seedWithKeys(service, { a: {} });
      const replies = await Promise.all(Array.from({ length: 20 }, () => rotate(app, a, { overlapSeconds })));
      expect(codesOf(replies)).toEqual({ '201': 1, '409304': 19 });
      const made = replies.find(({ statusCode }) => statusCode === 201) ?? expect.fail();
      const { keys, keyCount, rev } = await service.item(app);
      expect(Object.keys(keys).sort()).toEqual([handleIn(made), ...(overlapSeconds ? [a] : [])].sort());
      expect([keyCount, rev]).toEqual([overlapSeconds ? 2 : 1, app.rev + 1]);
    },
  );

  it('both keys rotated 20 times at once: two 201, and two keys', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    const replies = await Promise.all(Array.from({ length: 40 }, (_, index) => rotate(app, index % 2 ? a : b)));
    expect(codesOf(replies)).toEqual({ '201': 2, '409304': 38 });
    const made = replies.filter(({ statusCode }) => statusCode === 201).map(handleIn);
    expect(Object.keys((await service.item(app)).keys).sort()).toEqual(made.sort());
  });

  it('a rotation and a deletion of one key: one of them wins', async () => {
    for (let round = 0; round < 10; round += 1) {
      const app = await seedWithKeys(service, { a: {} });
      const [made, deleted] = await Promise.all([
        rotate(app, a),
        service.call('deleteApiKey', { path: keyPath(app, a) }),
      ]);
      expect(['201 404', '404 204']).toContain(`${made.statusCode} ${deleted.statusCode}`);
      expect((await service.item(app)).keyCount).toBe(made.statusCode === 201 ? 1 : 0);
    }
  });

  it('a rotation with overlap and a generation race for the free slot: never three keys', async () => {
    for (let round = 0; round < 10; round += 1) {
      const app = await seedWithKeys(service, { a: {} });
      const replies = await Promise.all([rotate(app, a, { overlapSeconds: 60 }), service.generate(app)]);
      expect(codesOf(replies)).toEqual({ '201': 1, '409303': 1 });
      expect((await service.item(app)).keyCount).toBe(2);
    }
  });
});

describe('lost answers', () => {
  it.each([0, 60])(
    'a rotation (overlap %i s) whose answer was lost is one 201 and one successor',
    async (overlapSeconds) => {
      const app = await seedWithKeys(service, { a: {} });
      proxy.faults = ['none', 'loseAnswer'];
      const made = await rotate(app, a, { overlapSeconds });
      expect(made.statusCode).toBe(201);
      const { keys, rev } = await service.item(app);
      expect(Object.keys(keys).sort()).toEqual([handleIn(made), ...(overlapSeconds ? [a] : [])].sort());
      expect(rev).toBe(app.rev + 1);
      expect(handleOf(made.body.apiKeyId)).toBe(handleIn(made));
    },
  );

  it('a rotation whose request was lost is made again', async () => {
    const app = await seedWithKeys(service, { a: {}, b: {} });
    proxy.faults = ['none', 'loseRequest', 'hang'];
    expect((await rotate(app, a)).statusCode).toBe(201);
    expect((await service.item(app)).rev).toBe(app.rev + 1);
  });

  it('503 that does not know when there never is an answer', async () => {
    const app = await seedWithKeys(service, { a: {} });
    proxy.faults = ['none', ...Array.from({ length: 200 }, () => 'loseRequest' as const)];
    const reply = await rotate(app, a);
    expectRefusal(reply, '503000');
    expect(reply.body.cause).toContain('not known');
  });

  it.each([0, 60])('a late copy (overlap %i s) changes nothing, and brings nothing back', async (overlapSeconds) => {
    const app = await seedWithKeys(service, { a: {} });
    let made = '';
    const copies = await writesOf(async () => {
      made = (await rotate(app, a, { overlapSeconds })).body.apiKey;
    });
    const after = await service.item(app);
    expect(await copies.deliverLate()).toEqual(['ConditionalCheckFailedException']);
    expect(await service.item(app)).toEqual(after);
    await service.call('deleteApiKey', { path: keyPath(app, made) });
    await copies.deliverLate();
    expectRefusal(await get(app, made), '404666');
  });
});
