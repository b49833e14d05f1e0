import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import { keyPath, tokenOf } from '../support/calls.ts';
import type { OperationId } from '../support/events.ts';
import { startService, type TestReply, type TestService } from '../support/service.ts';

const boundMs = 60_000 + 10_000 + 5_000;

let service: TestService;
let app: App;
let apiKey: string;

beforeAll(async () => {
  service = await startService({ verify: { cacheSeconds: 0, maxStaleSeconds: 60 } });
});

beforeEach(async () => {
  app = await service.seed();
  ({ apiKey } = (await service.generate(app, { name: 'a key', scopes: ['a'], expiresAt: 4e12 })).body);
});

async function call(id: OperationId, body?: object): Promise<TestReply & { sentAt: number; answeredAt: number }> {
  const sentAt = Date.now();
  const path = { ...keyPath(app, apiKey), principal: 'bob', issuer: encodeURIComponent('https://issuer.example.com') };
  const reply = await service.call(id, { path, ...(body && { body }) });
  expect(reply.statusCode).toBeLessThan(300);
  return { ...reply, sentAt, answeredAt: Date.now() };
}

const told = ({ headers }: TestReply) => Number(headers['Appkeys-Effective-By']);

describe('Appkeys-Effective-By', () => {
  it.each<[OperationId, object?]>([
    ['disableApiKey'],
    ['deleteApiKey'],
    ['deleteApiKeys'],
    ['deleteApp'],
    ['rotateApiKey'],
    ['updateApiKey', { scopes: [] }],
    ['updateApiKey', { allowedSources: ['10.0.0.1'] }],
    ['updateApp', { status: 'deactivated' }],
    ['updateApp', { scopes: [] }],
    ['updateApp', { referrers: ['a.test'] }],
  ])('of %s %j counts from the time when the change had been made', async (id, body) => {
    const reply = await call(id, body);
    expect(told(reply)).toBeGreaterThanOrEqual(reply.sentAt + boundMs);
    expect(told(reply)).toBeLessThanOrEqual(reply.answeredAt + boundMs);
    const audit = service.log.records().findLast(({ event }) => event === 'audit');
    expect(audit).toMatchObject({ operation: id, effectiveBy: String(told(reply)) });
  });

  it.each<[OperationId, object?]>([
    ['disableApiKey'],
    ['deleteApiKeys'],
    ['updateApiKey', { scopes: [] }],
    ['updateApp', { status: 'deactivated' }],
  ])('of %s %j is there again when the call is repeated', async (id, body) => {
    const [first, again] = [await call(id, body), await call(id, body)];
    expect(told(again)).toBeGreaterThanOrEqual(told(first));
    expect(told(again)).toBeLessThanOrEqual(again.answeredAt + boundMs);
  });

  it.each([1_000, 600_000])('counts from the expiry on where that comes %i ms later', async (laterMs) => {
    const expiresAt = Date.now() + laterMs;
    for (const reply of [await call('updateApiKey', { expiresAt }), await call('updateApiKey', { expiresAt })]) {
      expect(told(reply)).toBeGreaterThanOrEqual(expiresAt + boundMs);
      expect(told(reply)).toBeLessThanOrEqual(Math.max(expiresAt, reply.answeredAt) + boundMs);
    }
  });

  it('of a rotation with an overlap counts from the end of the old key on', async () => {
    const { body } = await call('rotateApiKey', { overlapSeconds: 600 });
    const { items } = (await call('listApiKeys')).body;
    const old = items.find((item: { apiKey: string }) => item.apiKey === apiKey);
    expect(body.effectiveBy).toBe(old.expiresAt + boundMs);
  });

  it('is not there where nobody loses anything', async () => {
    const others: [OperationId, object?][] = [
      ['updateApiKey', { name: 'renamed' }],
      ['updateApiKey', { expiresAt: -1, scopes: ['a', 'b'], allowedSources: [] }],
      ['updateApp', { name: 'renamed', scopes: null, referrers: [], status: 'active' }],
      ['enableApiKey'],
      ['getApiKey'],
      ['putGrant', { actions: ['read'] }],
      ['deleteGrant'],
      ['deleteIssuer'],
    ];
    for (const [id, body] of others) {
      const reply = await call(id, body);
      expect([id, reply.headers['Appkeys-Effective-By'], reply.body?.effectiveBy]).toEqual([id, undefined, undefined]);
    }
  });

  it('is not in a refusal', async () => {
    const headers = await tokenOf(service, { sub: 'stranger' });
    for (const id of ['disableApiKey', 'deleteApp'] as const)
      expect((await service.call(id, { path: keyPath(app, apiKey), headers })).headers).not.toHaveProperty(
        'Appkeys-Effective-By',
      );
  });
});
