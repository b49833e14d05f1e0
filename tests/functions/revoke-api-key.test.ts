import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { formatApiKeyId, handleOf } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import { keyPath, tokenOf } from '../support/calls.ts';
import type { TestRequest } from '../support/events.ts';
import { type Metered, startMeteredDatabase } from '../support/metered-database.ts';
import { startProxiedService } from '../support/proxied-service.ts';
import { expectRefusal, startService, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;
let requests: Metered[];
let app: App;
let apiKeyId: string;
let apiKey: string;

beforeAll(async () => {
  const database = await startMeteredDatabase(inject('endpoint'));
  requests = database.requests;
  const keys = { prefixesAccepted: ['old'] };
  service = await startService({ keys }, { AWS_ENDPOINT_URL_DYNAMODB: database.endpoint });
});

beforeEach(async () => {
  app = await service.seed();
  ({ apiKeyId, apiKey } = (await service.generate(app, { name: 'a key' })).body);
  requests.length = 0;
});

let sources = 0;

/** Reports a key from an address that nobody else reports from, and without a token. */
function report(text: unknown, request: TestRequest = {}): Promise<TestReply> {
  sources += 1;
  const source = `10.1.${Math.floor(sources / 256)}.${sources % 256}`;
  return service.call('revokeApiKey', {
    body: { apiKeyId: text },
    source,
    ...request,
    headers: { Authorization: [], ...request.headers },
  });
}

const show = async () => (await service.call('getApiKey', { path: keyPath(app, apiKey) })).body;
const last = (event: string) => service.log.records().findLast((record) => record.event === event);
const unknownKey = (appId: string) => formatApiKeyId('ak', appId, Buffer.alloc(32, String(sources)));

/** Everything of an answer but its ids. */
function withoutIds({
  statusCode,
  text,
  headers: { 'X-Correlation-ID': _, 'X-Request-ID': __, 'Appkeys-Effective-By': effectiveBy, ...headers },
}: TestReply) {
  expect(effectiveBy).toMatch(/^\d{13}$/);
  return { statusCode, text, headers };
}

describe('anyone who holds a key', () => {
  it('disables it, and its owner sees why', async () => {
    const { statusCode, body } = await report(apiKeyId);
    expect([statusCode, body]).toEqual([202, { accepted: true }]);
    expect(await show()).toMatchObject({ enabled: false, disabledReason: 'leaked' });
    const { items } = (await service.call('listApiKeys', { path: keyPath(app, apiKey) })).body;
    expect(items).toMatchObject([{ enabled: false, disabledReason: 'leaked' }]);
    expect(await service.invokeVerify({ apiKeyId })).toMatchObject({ verification: { reason: 'disabled' } });
  });

  it('of a deactivated application too, and with a prefix that is still accepted', async () => {
    const old = formatApiKeyId('old', app.appId, Buffer.alloc(32, 'x'));
    const { keys } = await service.item(app);
    const key = Object.values(keys)[0] ?? expect.fail();
    await service.seed({ ...app, status: 'deactivated', keys: { [handleOf(old)]: key }, keyCount: 1 });
    expect((await report(old)).statusCode).toBe(202);
    expect((await service.item(app)).keys[handleOf(old)]).toMatchObject({ disabledReason: 'leaked' });
  });

  it('with white space around it, as it comes from a file', async () => {
    await report(` ${apiKeyId}\n`);
    expect(await show()).toMatchObject({ disabledReason: 'leaked' });
  });

  it('and with a token, whose it ever is', async () => {
    await report(apiKeyId, { headers: await tokenOf(service, { sub: 'stranger', rlm: 'myrealm' }) });
    expect(await show()).toMatchObject({ disabledReason: 'leaked' });
  });

  it('is the author of the change; the audit line has the address, the item and the answer do not', async () => {
    const { headers } = await report(apiKeyId, {
      source: '2001:db8:1:2:3:4:5:6',
      headers: { 'X-Forwarded-For': '9.9.9.9' },
    });
    const { lastChange } = await service.item(app);
    const correlationId = headers['X-Correlation-ID'];
    expect(lastChange).toMatchObject({
      action: 'apiKeyLeaked',
      by: 'lambda:revokeApiKey',
      keyHrn: apiKey,
      correlationId,
    });
    expect(last('audit')).toMatchObject({
      operation: 'revokeApiKey',
      source: '2001:db8:1:2::',
      app: `hrn:here:account::myrealm:app/${app.appId}`,
      realm: 'myrealm',
      keyHrn: apiKey,
      outcome: 'disabled',
      result: 'done',
    });
    expect(JSON.stringify([lastChange, headers])).not.toContain('2001');
    expect(service.log.lines().join()).not.toContain('9.9.9.9');
    expect(service.log.lines().join()).not.toContain(apiKeyId.split('_')[2]);
  });
});

describe('the owner of a leaked key', () => {
  beforeEach(async () => void (await report(apiKeyId)));
  const call = (id: 'enableApiKey' | 'disableApiKey' | 'updateApiKey', body?: object) =>
    service.call(id, { path: keyPath(app, apiKey), ...(body && { body }) });

  it('enables it again, which clears the reason', async () => {
    await call('enableApiKey');
    expect(await show()).toEqual(expect.not.objectContaining({ disabledReason: 'leaked' }));
    expect(await show()).toMatchObject({ enabled: true });
    await call('disableApiKey');
    expect(await show()).not.toHaveProperty('disabledReason');
  });

  it.each<['disableApiKey' | 'updateApiKey', object?]>([['disableApiKey'], ['updateApiKey', { name: 'renamed' }]])(
    'keeps the reason with %s',
    async (id, body) => {
      await call(id, body);
      expect(await show()).toMatchObject({ enabled: false, disabledReason: 'leaked' });
    },
  );

  it('gets a successor without the reason by a rotation', async () => {
    const { body } = await service.call('rotateApiKey', { path: keyPath(app, apiKey) });
    const { items } = (await service.call('listApiKeys', { path: keyPath(app, apiKey) })).body;
    expect(items).toEqual([expect.not.objectContaining({ disabledReason: 'leaked' })]);
    expect(items).toMatchObject([{ apiKey: body.apiKey, enabled: false }]);
  });
});

describe('a key of an application with referrers', () => {
  beforeEach(async () => {
    app = await service.seed({
      ...(await service.item(app)),
      appId: app.appId,
      restrictions: { referrers: ['a.test'] },
    });
  });

  it('stays enabled: the report is a change and an audit line', async () => {
    const before = await service.item(app);
    expect(withoutIds(await report(apiKeyId))).toEqual(withoutIds(await report(unknownKey(app.appId))));
    const { rev, lastChange, ...after } = await service.item(app);
    const { rev: revBefore, lastChange: _, ...same } = before;
    expect([rev, after]).toEqual([revBefore + 1, same]);
    expect(lastChange).toMatchObject({ action: 'apiKeyLeaked', keyHrn: apiKey });
    expect(last('audit')).toMatchObject({ outcome: 'reported', keyHrn: apiKey, result: 'done' });
  });

  it('makes one change of many reports in a row', async () => {
    await report(apiKeyId);
    const once = await service.item(app);
    await report(apiKeyId);
    expect(await service.item(app)).toEqual(once);
  });
});

describe('security 33: the answer', () => {
  it('is the same for a known, an unknown, an ended and a malformed key; what is no key costs nothing', async () => {
    const wrong = `${apiKeyId.slice(0, -1)}${apiKeyId.endsWith('0') ? '1' : '0'}`;
    const deleted = await service.seed({ status: 'deleted' });
    const texts: [string, number][] = [
      [apiKeyId, 3],
      [apiKeyId, 2],
      [unknownKey(app.appId), 2],
      [unknownKey('nowhere'), 2],
      [unknownKey(deleted.appId), 2],
      [wrong, 0],
      [apiKeyId.replaceAll('_', '%5F'), 0],
      [apiKeyId.replace('ak_', 'xx_'), 0],
      ['__proto__', 0],
      ['x'.repeat(16_000), 0],
      ['\u0000', 0],
    ];
    const answers: unknown[] = [];
    for (const [text, expected] of texts) {
      requests.length = 0;
      answers.push(withoutIds(await report(text)));
      expect([text, requests.length]).toEqual([text, expected]);
    }
    expect(answers).toEqual(answers.map(() => answers[0]));
    expect(answers[0]).toMatchObject({ statusCode: 202, text: '{"accepted":true}' });
  });

  it('is the same 503000 where the database does not answer, and 202 where it does late', async () => {
    const { service: slow, proxy } = await startProxiedService();
    const made = (await slow.generate(await slow.seed())).body;
    const ask = (text: string) => slow.call('revokeApiKey', { body: { apiKeyId: text }, remainingMs: 2_000 });
    const answers: TestReply[] = [];
    for (const text of [made.apiKeyId, unknownKey('nowhere')]) {
      proxy.faults = Array(30).fill('loseRequest');
      answers.push(await ask(text));
    }
    for (const answer of answers) expectRefusal(answer, '503000');
    expect(answers[0]?.body.cause).toBe(answers[1]?.body.cause);
    proxy.faults = ['none', 'loseAnswer', 'loseAnswer'];
    expect((await slow.call('revokeApiKey', { body: { apiKeyId: made.apiKeyId } })).statusCode).toBe(202);
    expect(await slow.invokeVerify({ apiKeyId: made.apiKeyId })).toMatchObject({
      verification: { reason: 'disabled' },
    });
    proxy.stop();
  });

  it.each<[string, string, TestRequest]>([
    ['400002', 'no JSON', { body: '{' }],
    ['400201', 'no key', { body: {} }],
    ['400200', 'a blank text', { body: { apiKeyId: ' ' } }],
    ['400200', 'no text', { body: { apiKeyId: 7 } }],
    ['400200', 'another field', { body: { apiKeyId: 'x', app: 'y' } }],
    ['400003', 'no Content-Type', { headers: { 'Content-Type': [] } }],
    ['400200', 'a query', { query: { apiKey: 'x' } }],
  ])('%s for %s, at no cost', async (code, _, request) => {
    expectRefusal(await report('x', request), code as '400002');
    expect(requests).toEqual([]);
  });

  it('404404 where the setting revoke.enabled is false', async () => {
    const off = await startService({ revoke: { enabled: false } });
    for (const body of [{ apiKeyId }, '{']) expectRefusal(await off.call('revokeApiKey', { body }), '404404');
  });
});

describe('security 34: a flood', () => {
  const flood = async (source: (nth: number) => string, count: number, headers: TestRequest['headers'] = {}) => {
    const statuses: number[] = [];
    for (let nth = 0; nth < count; nth += 1) {
      const reply = await report(unknownKey(`flood${nth}`), { source: source(nth), headers });
      if (reply.statusCode === 429) {
        expectRefusal(reply, '429003');
        expect(reply.body.cause).toBe('Too many API keys were reported from the same IP address.');
        expect(Number(reply.headers['Retry-After'])).toBeGreaterThan(300);
      }
      statuses.push(reply.statusCode);
    }
    return statuses;
  };
  const tenOf = (count: number) => Array.from({ length: count }, (_, nth) => (nth < 10 ? 202 : 429));

  it.each<[string, (nth: number) => string]>([
    ['one address of IPv4', () => '198.51.100.1'],
    ['one network of IPv6', (nth) => `2001:db8:7:8::${nth}`],
    ['an address of IPv4 in both forms', (nth) => (nth % 2 === 0 ? '198.51.100.2' : '::ffff:198.51.100.2')],
    ['no address', () => 'test-invoke-source-ip'],
  ])('of %s: ten keys, then 429003', async (_, source) => {
    expect(await flood(source, 13)).toEqual(tenOf(13));
  });

  it('of headers with other addresses counts as what it is', async () => {
    const statuses: number[] = [];
    for (let nth = 0; nth < 12; nth += 1)
      statuses.push(
        ...(await flood(() => '198.51.100.3', 1, { 'X-Forwarded-For': `9.9.9.${nth}`, Forwarded: `for=9.9.9.${nth}` })),
      );
    expect(statuses).toEqual(tenOf(12));
  });

  it('keeps nobody else waiting, and counts no malformed key', async () => {
    await flood(() => '198.51.100.4', 11);
    expectRefusal(await report(apiKeyId, { source: '198.51.100.4' }), '429003');
    expect((await report('malformed', { source: '198.51.100.4' })).statusCode).toBe(202);
    expect(await show()).toMatchObject({ enabled: true });
    expect((await report(apiKeyId, { source: '198.51.100.5' })).statusCode).toBe(202);
    expect(await show()).toMatchObject({ disabledReason: 'leaked' });
  });
});
