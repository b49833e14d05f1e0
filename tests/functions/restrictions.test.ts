import { beforeAll, describe, expect, it } from 'vitest';
import { handleOf } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import { codesOf, handleOfLetter, keyPath, seedWithKeys, tokenOf } from '../support/calls.ts';
import type { OperationId } from '../support/events.ts';
import { expectRefusal, hrnOf, startService, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

const a = handleOfLetter('a');
const update = (app: App, body: unknown) => service.call('updateApiKey', { path: keyPath(app, a), body });
const updateApp = (app: App, body: unknown, headers = {}) =>
  service.call('updateApp', { path: { app: hrnOf(app) }, body, headers });
const sourcesIn = ({ details = [] }: { details?: { source: string }[] }) => details.map(({ source }) => source);
const twenty = Array.from({ length: 20 }, (_, index) => index);
const words = twenty.map((index) => `scope-${index}`);
const sources = twenty.map((index) => `10.0.0.${index}`);
const hosts = twenty.map((index) => `host-${index}.test`);

describe('a key', () => {
  const given = { description: ' Sends. ', scopes: ['b', 'a'], allowedSources: ['2001:DB8::/32', '::ffff:10.0.0.1'] };
  const shown = { description: 'Sends.', scopes: ['b', 'a'], allowedSources: ['2001:db8::/32', '10.0.0.1'] };

  it('is shown with what was asked for, in canonical form, by every call', async () => {
    const app = await service.seed();
    const { statusCode, body } = await service.generate(app, { name: 'x', ...given });
    expect([statusCode, body]).toMatchObject([201, shown]);
    const path = keyPath(app, body.apiKey);
    expect((await service.call('getApiKey', { path })).body).toMatchObject(shown);
    expect((await service.call('listApiKeys', { path })).body.items).toMatchObject([shown]);
    expect((await service.call('rotateApiKey', { path })).body).toMatchObject(shown);
    const direct = await service.invoke({ app: decodeURIComponent(hrnOf(app)), name: 'x', ...given });
    expect(direct).toMatchObject({ ok: true, apiKey: shown });
  });

  it('is stored without what is empty, and its restrictions apart', async () => {
    const app = await service.seed();
    const { body } = await service.generate(app, { name: 'x', ...given });
    const { allowedSources, ...rest } = shown;
    const stored = (await service.item(app)).keys[handleOf(body.apiKeyId)];
    expect(stored).toMatchObject({ ...rest, restrictions: { allowedSources } });
    const empty = { name: 'y', description: ' ', scopes: [], allowedSources: [] };
    const { apiKeyId } = (await service.generate(app, empty)).body;
    expect(Object.keys((await service.item(app)).keys[handleOf(apiKeyId)] ?? {}).sort()).toEqual(
      ['createdBy', 'createdTime', 'enabled', 'expiresAt', 'name'].sort(),
    );
  });

  it('is changed field by field; what is missing stays, and an empty list takes the restriction away', async () => {
    const app = await seedWithKeys(service, { a: {} });
    expect((await update(app, given)).body).toMatchObject(shown);
    expect((await update(app, { scopes: ['c'] })).body).toMatchObject({ ...shown, scopes: ['c'] });
    expect((await update(app, { description: '' })).body).toMatchObject({ ...shown, scopes: ['c'], description: '' });
    const freed = { scopes: [], allowedSources: [] };
    expect((await update(app, freed)).body).toMatchObject({ description: '', ...freed });
    const lastChange = expect.objectContaining({ action: 'updateApiKey' });
    expect((await service.item(app)).keys).toEqual({ [a]: { ...app.keys[a], lastChange } });
  });

  it('is not written when the lists are the same sets', async () => {
    const app = await seedWithKeys(service, { a: {} });
    await update(app, given);
    const { rev } = await service.item(app);
    const same = { scopes: ['a', 'b'], allowedSources: ['10.0.0.1/32', '2001:db8:0::/32'] };
    expect((await update(app, same)).body).toMatchObject(shown);
    expect((await service.item(app)).rev).toBe(rev);
  });

  it('accepts 20 elements of the greatest length, and 255 characters', async () => {
    const most = {
      description: 'x'.repeat(255),
      scopes: twenty.map((index) => `${'s'.repeat(62)}${String(index).padStart(2, '0')}`),
      allowedSources: twenty.map((index) => `2001:0db8:0000:0000:0000:0000:0000:00${index + 10}/128`),
    };
    const app = await service.seed();
    const { statusCode, body } = await service.generate(app, { name: 'x', ...most });
    expect([statusCode, body.scopes, body.allowedSources.length]).toEqual([201, most.scopes, 20]);
    const ceiling = await service.seed({ restrictions: { scopes: most.scopes } });
    expect((await service.generate(ceiling, { name: 'x', ...most })).statusCode).toBe(201);
  });

  const badOnes: [object, string][] = [
    [{ description: 'x'.repeat(256) }, '$.description'],
    [{ description: 'x\u202e' }, '$.description'],
    [{ description: null }, '$.description'],
    [{ scopes: 'a' }, '$.scopes'],
    [{ scopes: null }, '$.scopes'],
    [{ scopes: [...words, 'one-more'] }, '$.scopes'],
    [{ scopes: ['a', ''] }, '$.scopes[1]'],
    [{ scopes: ['a', 'A'] }, '$.scopes[1]'],
    [{ scopes: ['.a'] }, '$.scopes[0]'],
    [{ scopes: ['a b'] }, '$.scopes[0]'],
    [{ scopes: ['a\n'] }, '$.scopes[0]'],
    [{ scopes: ['é'] }, '$.scopes[0]'],
    [{ scopes: ['a*'] }, '$.scopes[0]'],
    [{ scopes: ['a'.repeat(65)] }, '$.scopes[0]'],
    [{ scopes: ['a', 1] }, '$.scopes[1]'],
    [{ scopes: ['a', 'b', 'a'] }, '$.scopes[2]'],
    [{ allowedSources: '10.0.0.1' }, '$.allowedSources'],
    [{ allowedSources: null }, '$.allowedSources'],
    [{ allowedSources: [...sources, '10.0.0.20'] }, '$.allowedSources'],
    [{ allowedSources: ['10.0.0.1', '10.0.0.0/33'] }, '$.allowedSources[1]'],
    [{ allowedSources: ['10.0.0.1', '10.0.0.1/8'] }, '$.allowedSources[1]'],
    [{ allowedSources: ['2001:db8::/129'] }, '$.allowedSources[0]'],
    [{ allowedSources: ['2001:db8::1/64'] }, '$.allowedSources[0]'],
    [{ allowedSources: ['10.0.0'] }, '$.allowedSources[0]'],
    [{ allowedSources: ['localhost'] }, '$.allowedSources[0]'],
    [{ allowedSources: ['*'] }, '$.allowedSources[0]'],
    [{ allowedSources: [1] }, '$.allowedSources[0]'],
    [{ allowedSources: ['10.0.0.1', '::ffff:10.0.0.1'] }, '$.allowedSources[1]'],
  ];
  const calls: [OperationId, (app: App, body: object) => Promise<TestReply>][] = [
    ['generateApiKey', (app, body) => service.generate(app, { name: 'x', ...body })],
    ['updateApiKey', update],
    ['rotateApiKey', (app, body) => service.call('rotateApiKey', { path: keyPath(app, a), body })],
  ];
  describe.each(calls)('%s', (_, call) => {
    it.each(badOnes)('400200 for %j at %s, and nothing is written', async (body, source) => {
      const app = await seedWithKeys(service, { a: {} });
      const reply = await call(app, body);
      expectRefusal(reply, '400200');
      expect(reply.body.details).toMatchObject([{ source }]);
      expect((await service.item(app)).rev).toBe(app.rev);
    });

    it.each([
      { allowedSources: ['0.0.0.0/0', '::/0'] },
      { scopes: ['a', '0', 'a.b_c:d-e', 'a'.repeat(64)] },
      { description: '' },
    ])('takes %j', async (body) => {
      const app = await seedWithKeys(service, { a: {} });
      expect((await call(app, body)).body).toMatchObject(body);
    });

    it('names every wrong element', async () => {
      const app = await seedWithKeys(service, { a: {} });
      const { body } = await call(app, { allowedSources: ['1.1', '10.0.0.1', '10.0.0.1/8', '10.0.0.1'] });
      expect(sourcesIn(body)).toEqual(['$.allowedSources[0]', '$.allowedSources[2]', '$.allowedSources[3]']);
    });

    it('400200 for a body that is wrong comes before 404660', async () => {
      const missing = { ...(await service.seed()), appId: 'missing' };
      expectRefusal(await call(missing, { allowedSources: ['10.0.0.0/33'] }), '400200');
      expectRefusal(await call(missing, { allowedSources: ['10.0.0.0/32'], scopes: ['a'] }), '404660');
    });
  });

  it.each(badOnes)('generateApiKeyDirect: 400 for %j at %s', async (body, source) => {
    const app = await service.seed();
    const refused = await service.invoke({ app: decodeURIComponent(hrnOf(app)), name: 'x', ...body });
    expect(refused).toMatchObject({ ok: false, error: { code: '400200', details: [{ source }] } });
  });

  it('of an older version has none of the fields, and gets them', async () => {
    const app = await seedWithKeys(service, { a: {} });
    const { restrictions: _, ...old } = await service.item(app);
    await service.seed({ ...old, restrictions: undefined as never, appId: app.appId });
    const path = keyPath(app, a);
    const none = { description: '', scopes: [], allowedSources: [] };
    expect((await service.call('getApiKey', { path })).body).toMatchObject(none);
    expect((await service.call('getApp', { path })).body).toMatchObject({ referrers: [] });
    expect((await service.call('rotateApiKey', { path, body: given })).body).toMatchObject(shown);
    const { body } = await updateApp(app, { referrers: ['a.test'], scopes: ['a', 'b'] });
    expect(body).toMatchObject({ referrers: ['a.test'], scopes: ['a', 'b'] });
  });
});

describe('an application', () => {
  it('is created, shown and listed with its referrers and its ceiling', async () => {
    const narrow = { referrers: ['WWW.example.com/App/', 'b.test:08'], scopes: ['b', 'a'] };
    const shown = { referrers: ['www.example.com/App', 'b.test:8'], scopes: ['b', 'a'] };
    const { statusCode, body } = await service.call('createApp', { body: { name: 'x', ...narrow } });
    expect([statusCode, body]).toMatchObject([200, shown]);
    const path = { app: encodeURIComponent(body.hrn) };
    expect((await service.call('getApp', { path })).body).toMatchObject(shown);
    const { items } = (await service.call('listApps')).body;
    expect(items.find(({ hrn }: { hrn: string }) => hrn === body.hrn)).toMatchObject(shown);
    const none = (await service.call('createApp', { body: { name: 'x', scopes: [] } })).body;
    expect([none.referrers, none.scopes]).toEqual([[], []]);
    const free = (await service.call('createApp', { body: { name: 'x' } })).body;
    expect(free.referrers).toEqual([]);
    expect(free).not.toHaveProperty('scopes');
  });

  it('is changed field by field; null takes the ceiling away, [] leaves no scope', async () => {
    const app = await service.seed();
    const narrow = { referrers: ['a.test'], scopes: ['a'] };
    expect((await updateApp(app, narrow)).body).toMatchObject(narrow);
    expect((await updateApp(app, { name: 'new' })).body).toMatchObject(narrow);
    expect((await updateApp(app, { referrers: [] })).body).toMatchObject({ ...narrow, referrers: [] });
    expect((await updateApp(app, { scopes: [] })).body.scopes).toEqual([]);
    expect((await service.call('getApp', { path: { app: hrnOf(app) } })).body.scopes).toEqual([]);
    expect((await updateApp(app, { scopes: null })).body).not.toHaveProperty('scopes');
    expect((await service.item(app)).restrictions).toEqual({});
  });

  it('is not written when the lists are the same sets', async () => {
    const app = await service.seed({ restrictions: { referrers: ['a.test', 'b.test'], scopes: ['a', 'b'] } });
    await updateApp(app, { referrers: ['B.test/', 'A.test'], scopes: ['b', 'a'] });
    expect(await service.item(app)).toMatchObject({ rev: app.rev, restrictions: app.restrictions });
  });

  it.each<[object, string]>([
    [{ referrers: 'a.test' }, '$.referrers'],
    [{ referrers: null }, '$.referrers'],
    [{ referrers: [...hosts, 'one-more.test'] }, '$.referrers'],
    [{ referrers: ['a.test', ''] }, '$.referrers[1]'],
    [{ referrers: [`${'a'.repeat(251)}.test`] }, '$.referrers[0]'],
    [{ referrers: ['https://a.test'] }, '$.referrers[0]'],
    [{ referrers: ['*.a.test'] }, '$.referrers[0]'],
    [{ referrers: ['a.test/../b'] }, '$.referrers[0]'],
    [{ referrers: ['a.test//b'] }, '$.referrers[0]'],
    [{ referrers: ['a.test:65536'] }, '$.referrers[0]'],
    [{ referrers: ['a.test', 'A.test/'] }, '$.referrers[1]'],
    [{ referrers: [1] }, '$.referrers[0]'],
    [{ scopes: 'a' }, '$.scopes'],
    [{ scopes: [...words, 'one-more'] }, '$.scopes'],
    [{ scopes: ['a'.repeat(65)] }, '$.scopes[0]'],
    [{ scopes: ['a', 'a'] }, '$.scopes[1]'],
  ])('400200 for %j at %s, by both calls', async (body, source) => {
    const app = await service.seed();
    for (const reply of [
      await updateApp(app, body),
      await service.call('createApp', { body: { name: 'x', ...body } }),
    ]) {
      expectRefusal(reply, '400200');
      expect(reply.body.details).toMatchObject([{ source }]);
    }
    expect((await service.item(app)).rev).toBe(app.rev);
    expectRefusal(await updateApp({ ...app, appId: 'missing' }, body), '400200');
    const headers = await tokenOf(service, {});
    expectRefusal(await service.call('createApp', { body: { name: 'x', ...body }, headers }), '400200');
  });

  it('takes 20 referrers of 255 characters and a ceiling of 20 scopes', async () => {
    const body = {
      referrers: twenty.map((index) => `${'a'.repeat(248)}.te${String(index).padStart(4, '0')}`),
      scopes: words,
    };
    const { statusCode, body: made } = await service.call('createApp', { body: { name: 'x', ...body } });
    expect([statusCode, made]).toMatchObject([200, body]);
    expect(body.referrers[0]).toHaveLength(255);
  });

  it('400200 for a ceiling of null where it is created: there is nothing to take away', async () => {
    expectRefusal(await service.call('createApp', { body: { name: 'x', scopes: null } }), '400200');
  });

  it('403403 when who has only write sets or removes the ceiling, whatever else it changes', async () => {
    const app = await service.seed({
      grants: { writer: ['write'], demo: ['manage'] },
      restrictions: { scopes: ['a'] },
    });
    const writer = await tokenOf(service, { sub: 'writer' });
    for (const scopes of [['a', 'b'], ['a'], [], null])
      expectRefusal(await updateApp(app, { scopes, name: 'new' }, writer), '403403');
    expect(await service.item(app)).toMatchObject({ rev: app.rev, restrictions: { scopes: ['a'] } });
    expect((await updateApp(app, { referrers: ['a.test'], name: 'new' }, writer)).statusCode).toBe(200);
    expect((await updateApp(app, { scopes: null })).statusCode).toBe(200);
  });

  it('404660 when who has no right sets the ceiling', async () => {
    const stranger = await tokenOf(service, { sub: 'stranger' });
    expectRefusal(await updateApp(await service.seed(), { scopes: [] }, stranger), '404660');
  });
});

describe('the ceiling of scopes', () => {
  const capped = (scopes: readonly string[] | undefined, keyScopes = ['a', 'b']) =>
    seedWithKeys(service, { a: { scopes: keyScopes } }, { restrictions: scopes ? { scopes } : {} });

  it.each<[readonly string[] | undefined, string[], string[]]>([
    [undefined, ['x', 'y'], []],
    [['x', 'y'], ['y'], []],
    [['x'], ['y', 'x', 'z'], ['$.scopes[0]', '$.scopes[2]']],
    [[], ['x'], ['$.scopes[0]']],
    [[], [], []],
  ])('%j: a key that is generated or changed to have %j: 400200 at %j', async (ceiling, scopes, at) => {
    const app = await capped(ceiling);
    for (const reply of [await service.generate(app, { name: 'x', scopes }), await update(app, { scopes })]) {
      if (at.length === 0) expect(reply.statusCode).toBeLessThan(300);
      else expectRefusal(reply, '400200');
      expect(sourcesIn(reply.body)).toEqual(at);
    }
    if (at.length > 0) expect((await service.item(app)).rev).toBe(app.rev);
    const direct = await service.invoke({ app: decodeURIComponent(hrnOf(app)), name: 'x', scopes });
    if (at.length > 0) expect(direct).toMatchObject({ ok: false, error: { code: '400200' } });
  });

  it('rotation leaves out what is above it, and is never rejected for it', async () => {
    const inherited = await service.call('rotateApiKey', { path: keyPath(await capped(['b', 'c']), a) });
    expect([inherited.statusCode, inherited.body.scopes]).toEqual([201, ['b']]);
    const body = { scopes: ['x', 'c'] };
    const requested = await service.call('rotateApiKey', { path: keyPath(await capped(['b', 'c']), a), body });
    expect([requested.statusCode, requested.body.scopes]).toEqual([201, ['c']]);
    const none = await service.call('rotateApiKey', { path: keyPath(await capped([]), a) });
    expect([none.statusCode, none.body.scopes]).toEqual([201, []]);
  });

  it('leaves the scopes of a key in place, and other changes of that key possible', async () => {
    const app = await capped(['b']);
    expect((await update(app, { name: 'new' })).body).toMatchObject({ name: 'new', scopes: ['a', 'b'] });
    expectRefusal(await update(app, { name: 'new', scopes: ['a', 'b'] }), '400200');
  });

  it('is one condition of the write: of a lowering and 20 keys at once, every key fits what was there before', async () => {
    const large = await startService({ keys: { maxPerApp: 50 } });
    const app = await large.seed({ restrictions: { scopes: ['a'] } });
    const path = { app: hrnOf(app) };
    const [, ...replies] = await Promise.all([
      large.call('updateApp', { path, body: { scopes: [] } }),
      ...Array.from({ length: 20 }, () => large.generate(app, { name: 'x', scopes: ['a'] })),
    ]);
    const { lastChange, keyCount, restrictions } = await large.item(app);
    expect(restrictions).toEqual({ scopes: [] });
    const { '201': made = 0, '400200': refused = 0 } = codesOf(replies);
    expect([made, made + refused]).toEqual([keyCount, 20]);
    expect(lastChange.action).toBe('updateApp');
  });
});

describe('a repeated request', () => {
  const headers = { 'Idempotency-Key': 'again' };
  const lists = { scopes: ['b', 'a'], allowedSources: ['::1', '10.0.0.1'] };
  const same = { scopes: ['a', 'b'], allowedSources: ['10.0.0.1/32', '0:0::1'] };

  it('is the same whatever the order and the form of its lists; another set is 422409', async () => {
    const app = await service.seed();
    const ask = (body: object) => service.generate(app, { name: 'x', ...body }, headers);
    const first = await ask({ ...lists, description: 'x' });
    const again = await ask({ ...same, description: ' x' });
    expect([again.statusCode, again.text, again.headers['Idempotency-Replayed']]).toEqual([201, first.text, 'true']);
    for (const other of [{ scopes: ['a'] }, { allowedSources: [] }, { description: '' }])
      expectRefusal(await ask({ ...lists, description: 'x', ...other }), '422409');
  });

  it('so it is of a rotation, where nothing said and an empty list are two things', async () => {
    const app = await seedWithKeys(service, { a: { scopes: ['c'] } });
    const ask = (body: object) => service.call('rotateApiKey', { path: keyPath(app, a), body, headers });
    const first = await ask(lists);
    expect((await ask(same)).body).toEqual({ ...first.body, effectiveBy: expect.any(Number) });
    expectRefusal(await ask({ allowedSources: lists.allowedSources }), '422409');
    expectRefusal(await ask({ ...lists, scopes: [] }), '422409');
  });

  it('so it is of a creation of an application', async () => {
    const ask = (body: object) => service.call('createApp', { body: { name: 'x', ...body }, headers });
    const first = await ask({ referrers: ['a.test', 'b.test'], scopes: ['a', 'b'] });
    expect((await ask({ referrers: ['B.test', 'a.test/'], scopes: ['b', 'a'] })).text).toBe(first.text);
    expectRefusal(await ask({ referrers: ['a.test', 'b.test'], scopes: [] }), '422409');
    expectRefusal(await ask({ referrers: ['a.test', 'b.test'] }), '422409');
  });

  it('is answered though the ceiling has been lowered since', async () => {
    const app = await service.seed();
    const first = await service.generate(app, { name: 'x', scopes: ['a'] }, headers);
    await updateApp(app, { scopes: [] });
    expect((await service.generate(app, { name: 'x', scopes: ['a'] }, headers)).text).toBe(first.text);
  });
});
