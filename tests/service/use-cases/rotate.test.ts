import { describe, expect, it } from 'vitest';
import { handleOf } from '../../../lib/domain/api-key-id.ts';
import type { App } from '../../../lib/domain/app.ts';
import { type RequestId, repeatableMs, requestId } from '../../../lib/domain/idempotency.ts';
import type { RotationInput } from '../../../lib/domain/rotation.ts';
import type { ChangingCall } from '../../../lib/service/use-cases/change.ts';
import { rotate } from '../../../lib/service/use-cases/rotate.ts';
import type { Table } from '../../../lib/store/table.ts';
import { aKey, anApp, handle, nothingMore } from '../../support/apps.ts';
import { aCaller, changingCall } from '../../support/changing-call.ts';
import { fakeDeadline } from '../../support/fake-deadline.ts';
import { type Fate, overtakenTable, type ScriptedTable, scriptedTable } from '../../support/scripted-table.ts';

const old = handle('a');
const app = anApp({ keys: { [old]: aKey() } });
const request = requestId(['demo', 'key']);

interface Asked extends Partial<ChangingCall> {
  readonly from?: typeof old | undefined;
  readonly input?: RotationInput;
  readonly request?: RequestId | undefined;
}

/** Rotates, as `demo`, the key that the application has, unless told otherwise. */
function turn(table: Table, { input = {}, request: id, ...parts }: Asked = {}) {
  const from = 'from' in parts ? parts.from : old;
  return rotate(changingCall(app, table, parts), from, input, id);
}

/** A table on which the request has been answered, what it was answered, and what the application has become since. */
async function answered(laterOf: (found: App) => Partial<App> = () => ({}), input: RotationInput = {}) {
  const table = scriptedTable(app);
  const { body } = await turn(table, { request, input });
  const found = table.app ?? expect.fail();
  table.put({ ...found, ...laterOf(found) });
  return { table, body };
}

const hrnOf = (key: string) => `hrn:olp:account::myrealm:apikey/${key}`;

describe('a rotation', () => {
  it('replaces the key by a successor, in one write that records both', async () => {
    const table = scriptedTable(app);
    const call = changingCall(app, table);
    const { body, isReplayed } = await turn(table, call);
    const made = handleOf(body.apiKeyId);
    expect(body).toStrictEqual({
      apiKeyId: expect.stringMatching(new RegExp(`^pre_${app.appId}_[A-Za-z0-9]{49}$`)),
      apiKey: hrnOf(made),
      identity: `hrn:olp:account::myrealm:app/${app.appId}`,
      realm: 'hrn:olp:account::myrealm:realm/myrealm',
      name: 'a key',
      enabled: true,
      expiresAt: -1,
      ...nothingMore,
      createdTime: call.deadline.now(),
      rotatedFrom: hrnOf(old),
    });
    expect(isReplayed).toBe(false);
    const { keys, keyCount, removed, requests, lastChange } = table.app ?? expect.fail();
    expect(keys).toMatchObject({ [made]: { createdBy: 'demo', rotatedFrom: old } });
    expect([keyCount, requests]).toEqual([1, {}]);
    expect(removed).toMatchObject({
      [old]: { at: body.createdTime, op: lastChange.op, why: 'rotated', successor: made },
    });
    expect(lastChange).toMatchObject({ action: 'test', by: 'demo', keyHrn: hrnOf(made), rotatedFrom: hrnOf(old) });
    expect(table.sent).toHaveLength(1);
  });

  it('leaves the scopes out that a ceiling forbids which was lowered meanwhile', async () => {
    const scoped = anApp({ keys: { [old]: aKey({ scopes: ['a', 'b'] }) } });
    const table = overtakenTable(scoped, { ...scoped, rev: scoped.rev + 1, restrictions: { scopes: ['b'] } });
    expect((await turn(table)).body.scopes).toEqual(['b']);
  });

  it('leaves the key beside its successor for an overlap, where the settings allow two', async () => {
    const table = scriptedTable(app);
    const { settings } = changingCall(app, table);
    const input = { overlapSeconds: 60, name: 'new' };
    const full = turn(table, { input, settings: { ...settings, keys: { ...settings.keys, maxPerApp: 1 } } });
    await expect(full).rejects.toMatchObject({ code: '409303' });
    expect((await turn(table, { input })).body.name).toBe('new');
    expect(table.app?.keyCount).toBe(2);
  });

  it('needs the right to write, from the application or from a token of this partition', async () => {
    const granted = (grants: App['grants']) => scriptedTable({ ...app, grants });
    const caller = aCaller({ permissions: ['account:write:hrn:olp:account::myrealm:app/*'] });
    expect((await turn(granted({ demo: ['write'] }))).isReplayed).toBe(false);
    expect((await turn(granted({}), { caller })).isReplayed).toBe(false);
    await expect(turn(granted({ demo: ['read'] }))).rejects.toMatchObject({ code: '403403' });
    await expect(turn(granted({}))).rejects.toMatchObject({ code: '404660' });
  });

  it('of a path that names no key is 404666 to who may write, and else as of any other', async () => {
    const from = undefined;
    await expect(turn(scriptedTable(app), { from })).rejects.toMatchObject({ code: '404666' });
    const readable = scriptedTable({ ...app, grants: { demo: ['read'] } });
    await expect(turn(readable, { from })).rejects.toMatchObject({ code: '403403' });
  });

  it('is known to be made by the successor, where others changed the application before its answer was lost', async () => {
    const overtaken: Fate = (apply) => {
      apply();
      const { app: found = expect.fail() } = table;
      table.put({ ...found, rev: found.rev + 1, lastChange: app.lastChange, removed: {} });
      return { outcome: 'unknown', error: 'lost' };
    };
    const table: ScriptedTable = scriptedTable(app, [overtaken]);
    const { body } = await turn(table);
    expect(Object.keys(table.app?.keys ?? {})).toEqual([handleOf(body.apiKeyId)]);
  });
});

describe('400200 for a time of expiry that is over', () => {
  const input = { expiresAt: 1 };

  it.each<[string, App | undefined, Asked]>([
    ['whatever the application', undefined, {}],
    ['whoever calls', app, { caller: aCaller({ realm: 'other' }) }],
    ['whichever key the path names', app, { from: undefined }],
    ['of a new request with an Idempotency-Key', app, { request }],
  ])('%s', async (_, found, asked) => {
    await expect(turn(scriptedTable(found), { input, ...asked })).rejects.toMatchObject({
      code: '400200',
      parts: { details: [{ source: '$.expiresAt' }] },
    });
  });

  it('and not where it was in the future when the request was answered first', async () => {
    const live = { expiresAt: Date.now() + 60_000 };
    const { table, body } = await answered(undefined, live);
    const again = await turn(table, { input: live, request, deadline: fakeDeadline(120_000) });
    expect(again).toEqual({ body, isReplayed: true, end: expect.any(Number) });
  });
});

describe('a request with an Idempotency-Key', () => {
  it('makes a successor once, and is answered again with it as it stands, of one secret', async () => {
    const { table, body } = await answered(({ keys }) => ({
      keys: Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, { ...key, enabled: false }])),
    }));
    const call = changingCall(app, table);
    const asked: Uint8Array[] = [];
    const mac: typeof call.mac = (message, withinMs) => {
      asked.push(message);
      return call.mac(message, withinMs);
    };
    const again = await turn(table, { request, mac });
    expect(again).toEqual({ body: { ...body, enabled: false }, isReplayed: true, end: expect.any(Number) });
    expect([table.sent.length, asked.length]).toEqual([1, 1]);
  });

  it('is not repeated when it is answered first', async () => {
    expect((await turn(scriptedTable(app), { request })).isReplayed).toBe(false);
  });

  it.each<[string, string, (found: App) => Partial<App>]>([
    ['403403', 'to who may only read by now', () => ({ grants: { demo: ['read'] } })],
    ['409305', 'when the successor is gone', () => ({ keys: {}, keyCount: 0 })],
  ])('is answered %s %s', async (code, _, laterOf) => {
    const { table } = await answered(laterOf);
    await expect(turn(table, { request })).rejects.toMatchObject({ code });
  });

  it('is answered as its other copy is, whose write comes between', async () => {
    const { table: first, body } = await answered();
    const second = overtakenTable(app, first.app);
    expect(await turn(second, { request })).toEqual({ body, isReplayed: true, end: expect.any(Number) });
    expect(Object.keys(second.app?.keys ?? {})).toHaveLength(1);
  });

  it('rotates the successor a day later, if that is what its path names', async () => {
    const { table, body } = await answered();
    const made = await turn(table, { request, deadline: fakeDeadline(repeatableMs), from: handleOf(body.apiKeyId) });
    expect(made).toMatchObject({ body: { rotatedFrom: body.apiKey }, isReplayed: false });
  });
});
