import { describe, expect, it } from 'vitest';
import { handleOf } from '../../../lib/domain/api-key-id.ts';
import type { App } from '../../../lib/domain/app.ts';
import { type RequestId, repeatableMs, requestId } from '../../../lib/domain/idempotency.ts';
import { type Action, callerRightsOn } from '../../../lib/domain/policy.ts';
import type { ChangingCall } from '../../../lib/service/use-cases/change.ts';
import { generate, replay } from '../../../lib/service/use-cases/generate.ts';
import type { Table } from '../../../lib/store/table.ts';
import { aKey, anApp, handle, nothingMore } from '../../support/apps.ts';
import { aCaller, changingCall, partition } from '../../support/changing-call.ts';
import { fakeDeadline } from '../../support/fake-deadline.ts';
import { overtakenTable, type ScriptedTable, scriptedTable } from '../../support/scripted-table.ts';

type Wanted = Parameters<typeof generate>[1];

const app = anApp();
const { appId } = app;
const request = requestId(['demo', 'key']);
const past = { name: 'x', expiresAt: 1 };

/** Generates a key as `demo` on an application, and says that `somebody` did. */
function make(table: Table, wanted: Partial<Wanted> = {}, parts: Partial<ChangingCall> = {}) {
  const callerRights = () => callerRightsOn(app, aCaller(), partition);
  const usual = { app, input: { name: 'x' }, by: 'somebody', callerRights, correlationId: 'c', request: undefined };
  return generate(changingCall(app, table, parts), { ...usual, ...wanted });
}

/** A table on which the request has been answered, what it was answered, and what the application has become since. */
async function answered(laterOf: (found: App) => Partial<App> = () => ({}), input: Wanted['input'] = { name: 'x' }) {
  const table = scriptedTable(app);
  const { body } = await make(table, { request, input });
  const found = table.app ?? expect.fail();
  table.put({ ...found, ...laterOf(found) });
  return { table, body };
}

const granting = (action: Action) => () => ({ grants: { demo: [action] } });

/** An application on which a caller has no more than this. */
const grantedTo = (...actions: Action[]) => scriptedTable(anApp({ grants: { demo: actions } }));

describe('a key that is generated', () => {
  it('is answered with its secret, and stored without, in one request of the database', async () => {
    const table = scriptedTable(app);
    const mac = () => expect.fail('no secret is made of the service key');
    const { body, isReplayed } = await make(table, {}, { mac });
    const made = handleOf(body.apiKeyId);
    const keyHrn = `hrn:olp:account::myrealm:apikey/${made}`;
    const stored = { name: 'x', enabled: true, createdTime: expect.any(Number), expiresAt: -1 };
    expect(body).toStrictEqual({
      apiKeyId: expect.stringMatching(new RegExp(`^pre_${appId}_[A-Za-z0-9]{49}$`)),
      apiKey: keyHrn,
      identity: `hrn:olp:account::myrealm:app/${appId}`,
      realm: 'hrn:olp:account::myrealm:realm/myrealm',
      ...stored,
      ...nothingMore,
    });
    expect(isReplayed).toBe(false);
    expect(table.app?.keys).toStrictEqual({ [made]: { ...stored, createdBy: 'somebody' } });
    expect(table.app?.lastChange).toStrictEqual({
      op: expect.stringMatching(/^[\da-f-]{36}$/),
      at: body.createdTime,
      by: 'somebody',
      action: 'generateApiKey',
      keyHrn,
      correlationId: 'c',
    });
    expect(table.app?.requests).toEqual({});
    expect([table.sent.length, table.reads]).toEqual([1, 0]);
  });

  it('is made at the time of the request, by an operation of its own', async () => {
    const [one, other] = [scriptedTable(app), scriptedTable(app)];
    const call = changingCall(app, one);
    await make(one, {}, call);
    await make(other);
    expect(one.app?.lastChange.at).toBe(call.deadline.now());
    expect(other.app?.lastChange.op).not.toBe(one.app?.lastChange.op);
  });

  it('is made anew with a later createdTime where the application is sealed', async () => {
    const sealed = Date.now() + 60_000;
    const table = scriptedTable(anApp({ sealed }));
    const { body } = await make(table);
    const made = handleOf(body.apiKeyId);
    expect(body.createdTime).toBe(sealed + 1);
    expect(table.app?.keys).toEqual({ [made]: expect.objectContaining({ createdTime: sealed + 1 }) });
    expect([table.sent.length, table.reads]).toEqual([2, 0]);
  });

  it('of a repeatable request is made anew likewise, with the record of the key that is there', async () => {
    const table = scriptedTable(anApp({ sealed: Date.now() + 60_000 }));
    const { body } = await make(table, { request });
    expect(await make(table, { request })).toEqual({ body, isReplayed: true });
  });

  it('409303 where there are as many as the settings allow', async () => {
    const table = scriptedTable(anApp({ keys: { [handle('a')]: aKey() } }));
    const { settings } = changingCall(app, table);
    const full = make(table, {}, { settings: { ...settings, keys: { ...settings.keys, maxPerApp: 1 } } });
    await expect(full).rejects.toMatchObject({ code: '409303' });
    expect((await make(table)).isReplayed).toBe(false);
  });

  it('404660 where the application is of another realm', async () => {
    const callerRights = () => callerRightsOn(app, aCaller({ realm: 'other' }), partition);
    await expect(make(scriptedTable(app), { callerRights })).rejects.toMatchObject({ code: '404660' });
  });
});

describe('400200 for a time of expiry that is over', () => {
  const refusal = { code: '400200', parts: { details: [{ source: '$.expiresAt' }] } };
  const callerRights = () => callerRightsOn(app, aCaller({ realm: 'other' }), partition);

  it.each<[string, () => ScriptedTable, Partial<Wanted>]>([
    ['on an application that would take the key', () => scriptedTable(app), {}],
    ['on one of another realm', () => scriptedTable(app), { callerRights }],
    ['on none', () => scriptedTable(undefined), {}],
    ['of a new request with an Idempotency-Key', () => scriptedTable(app), { request }],
    ['of such a request on one that the caller may only read', () => grantedTo('read'), { request }],
    ['of such a request on one that the caller may not see', () => grantedTo(), { request }],
    ['of such a request on one of another realm', () => scriptedTable(app), { request, callerRights }],
    ['of such a request on none', () => scriptedTable(undefined), { request }],
  ])('%s', async (_, open, wanted) => {
    const table = open();
    await expect(make(table, { input: past, ...wanted })).rejects.toMatchObject(refusal);
    expect(table.sent).toEqual([]);
  });

  it('and not where it was in the future when the request was answered first', async () => {
    const input = { name: 'x', expiresAt: Date.now() + 60_000 };
    const { table, body } = await answered(granting('write'), input);
    const again = await make(table, { input, request }, { deadline: fakeDeadline(120_000) });
    expect(again).toEqual({ body, isReplayed: true });
  });
});

describe('a request with an Idempotency-Key', () => {
  it.each<Action>(['write', 'manage'])(
    'is answered again to who may %s: the secret that it gave, the key as it stands',
    async (action) => {
      const { table, body } = await answered(({ keys }) => ({
        ...granting(action)(),
        keys: Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, { ...key, name: 'renamed' }])),
      }));
      expect(await make(table, { request })).toEqual({ body: { ...body, name: 'renamed' }, isReplayed: true });
      expect(table.sent).toHaveLength(1);
    },
  );

  it.each<[string, string, (found: App) => Partial<App>]>([
    ['403403', 'to who may only read by now', granting('read')],
    ['404660', 'to who may see nothing any more', () => ({ grants: {} })],
    ['409305', 'when its key is gone', () => ({ keys: {}, keyCount: 0 })],
  ])('is answered %s %s', async (code, _, laterOf) => {
    const { table } = await answered(laterOf);
    await expect(make(table, { request })).rejects.toMatchObject({ code });
  });

  it('is answered 422409 with another body, and 404660 where there is no application', async () => {
    const { table } = await answered();
    for (const input of [{ name: 'y' }, { name: 'x', enabled: false }, { name: 'x', expiresAt: 4e12 }])
      await expect(make(table, { request, input })).rejects.toMatchObject({ code: '422409' });
    const same = { name: ' x\t', enabled: true, expiresAt: -1 };
    expect(await make(table, { request, input: same })).toMatchObject({ isReplayed: true });
    await expect(make(scriptedTable(undefined), { request })).rejects.toMatchObject({ code: '404660' });
  });

  it('makes another key a day later', async () => {
    const { table, body } = await answered();
    const { body: other, isReplayed } = await make(table, { request }, { deadline: fakeDeadline(repeatableMs) });
    expect(isReplayed).toBe(false);
    expect(other.apiKey).not.toBe(body.apiKey);
  });

  it('is answered as its other copy is, whose write comes first', async () => {
    const { table: first, body } = await answered();
    const second = overtakenTable(app, first.app);
    expect(await make(second, { request })).toEqual({ body, isReplayed: true });
    expect(Object.keys(second.app?.keys ?? {})).toHaveLength(1);
  });

  it('is none that can be repeated without a record of it', async () => {
    const again = replay(changingCall(app, scriptedTable(app)), { app, request }, { key: aKey(), handle: handle('a') });
    await expect(again).rejects.toThrow('there is nothing to repeat');
  });
});

/** Makes the first key of an application, the same each time. @returns its secret and the salt of it, 32 bytes each */
async function generateAnew(wanted: { request?: RequestId } = {}): Promise<{ secret: Buffer; salt: Buffer }> {
  const table = scriptedTable(app);
  const { body } = await make(table, wanted);
  const [record] = Object.values(table.app?.requests ?? {});
  return { secret: secretIn(body.apiKeyId), salt: Buffer.from(record?.salt ?? '', 'base64') };
}

function secretIn(apiKeyId: string): Buffer {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const digits = [...(apiKeyId.split('_').at(-1)?.slice(0, 43) ?? '')];
  const number = digits.reduce((sum, digit) => sum * 62n + BigInt(alphabet.indexOf(digit)), 0n);
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
}

/** Of 1,000 random bytes about 251 differ; a place that is fixed, or has few bits, has fewer. */
function expectRandom(all: readonly Buffer[]): void {
  expect(new Set(all.map((bytes) => bytes.toString('hex'))).size).toBe(all.length);
  const places = Array.from({ length: 32 }, (_, place) => new Set(all.map((bytes) => bytes[place])));
  expect(Math.min(...places.map(({ size }) => size))).toBeGreaterThan(200);
}

describe('security 6: a thousand keys', () => {
  it('are each 32 random bytes, never the same twice', async () => {
    const made = await Promise.all(Array.from({ length: 1_000 }, () => generateAnew()));
    expectRandom(made.map(({ secret }) => secret));
  });

  it('of one request with an Idempotency-Key, each time anew, are so by a salt of 32 random bytes', async () => {
    const repeated = requestId(['x']);
    const made = await Promise.all(Array.from({ length: 1_000 }, () => generateAnew({ request: repeated })));
    expectRandom(made.map(({ salt }) => salt));
    expectRandom(made.map(({ secret }) => secret));
  });
});
