import { beforeAll, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

describe('generate an API key by direct invocation', () => {
  it('ok with the key, in any realm and without a grant; createdBy cannot pose as a principal', async () => {
    const app = await service.seed({ realm: 'third', grants: {} });
    const payload = { app: `hrn:here:account::third:app/${app.appId}`, name: 'x', createdBy: 'demo' };
    const result = await service.invoke({ ...payload, enabled: false, expiresAt: 4e12 });
    expect(result).toMatchObject({
      ok: true,
      apiKey: { name: 'x', enabled: false, expiresAt: 4e12, identity: payload.app },
    });
    const { keys, lastChange } = await service.item(app);
    expect(Object.values(keys)).toMatchObject([{ createdBy: 'lambda:demo' }]);
    expect(lastChange.by).toBe('lambda:demo');
  });

  it('createdBy is "lambda:unnamed" where none is given', async () => {
    const app = await service.seed();
    await service.invoke({ app: `hrn:here:account::myrealm:app/${app.appId}`, name: 'x' });
    expect(Object.values((await service.item(app)).keys)).toMatchObject([{ createdBy: 'lambda:unnamed' }]);
  });

  it('a refusal is a result with the error body of the contract and the given correlation id', async () => {
    const app = await service.seed({ keyCount: 2 });
    const result = await service.invoke({
      app: `hrn:here:account::myrealm:app/${app.appId}`,
      name: 'x',
      correlationId: 'from-signup',
    });
    expect(result).toMatchObject({ ok: false, error: { code: '409303', status: 409, correlationId: 'from-signup' } });
    expect(service.log.records().at(-2)).toMatchObject({
      event: 'invocation',
      correlation_id: 'from-signup',
      code: '409303',
    });
  });

  it.each([
    [{}, '400201', '$.app'],
    [{ app: 'hrn:here:account::myrealm:app/x' }, '400201', '$.name'],
    [{ app: 'nothing', name: 'x' }, '400200', '$.app'],
    [{ app: 'hrn:here:account::myrealm:app/x', name: 'x', realm: 'other' }, '400200', '$.realm'],
    [{ app: 'hrn:here:account::myrealm:app/x', name: 'x', correlationId: 'a b' }, '400200', '$.correlationId'],
    [{ app: 'hrn:here:account::myrealm:app/x', name: 'x', createdBy: '' }, '400200', '$.createdBy'],
    [{ app: 'hrn:here:account::myrealm:app/x', name: 'x', expiresAt: 1 }, '400200', '$.expiresAt'],
  ])('%j: %s at %s', async (payload, code, source) => {
    const result = await service.invoke(payload);
    expect(result).toMatchObject({
      ok: false,
      error: { code, details: expect.arrayContaining([expect.objectContaining({ source })]) },
    });
  });

  it.each([null, undefined, 'text', 42, []])('400200 for the payload %j', async (payload) => {
    expect(await service.invoke(payload)).toMatchObject({ ok: false, error: { code: '400200' } });
  });

  it('400288 for an application of another partition, 404660 for one that does not exist', async () => {
    const name = 'x';
    expect(await service.invoke({ app: 'hrn:olp:account::r:app/x', name })).toMatchObject({
      error: { code: '400288' },
    });
    expect(await service.invoke({ app: 'hrn:here:account::r:app/x', name })).toMatchObject({
      error: { code: '404660' },
    });
  });
});
