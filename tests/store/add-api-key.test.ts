import { randomBytes } from 'node:crypto';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { localClient } from '../../infra/local/table.ts';
import { formatApiKeyId, handleOf } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import { type Addition, addApiKey } from '../../lib/store/add-api-key.ts';
import { openTable } from '../../lib/store/dynamodb.ts';
import type { Attempt, Table, Update } from '../../lib/store/table.ts';
import { aKey, anApp, aRecord, aRequest, aTombstone, expiredKey, handle, now, quietRules } from '../support/apps.ts';
import { fakeDeadline } from '../support/fake-deadline.ts';
import { type Fate, fate, type ScriptedTable, scriptedTable } from '../support/scripted-table.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
let table: Table;

beforeAll(async () => {
  service = await startService();
  table = openTable(service.tableName);
});

function additionTo(app: App): Addition {
  const handle = handleOf(formatApiKeyId('ak', app.appId, randomBytes(32)));
  const key = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: -1 };
  const change = { op: handle, at: 1, by: 'demo', action: 'generateApiKey', correlationId: 'c', keyHrn: handle };
  const callerRights = { fromToken: [], principal: 'demo' };
  return { app, handle, key, change, callerRights, maxKeys: 2, now: Date.now(), rules: quietRules };
}

type Behaviour = (update: Update, apply: (update: Update) => Promise<Attempt>) => Promise<Attempt>;

/** The real table, but that each write in turn goes as told; then as usual. */
function behaving(...behaviours: Behaviour[]): Table {
  const apply = (update: Update) => table.attemptUpdate(update);
  return { ...table, attemptUpdate: (update) => (behaviours.shift() ?? ((same, go) => go(same)))(update, apply) };
}

const applied: Behaviour = (update, apply) => apply(update);
const lostAnswer: Behaviour = async (update, apply) => {
  await apply(update);
  return { outcome: 'unknown', error: new Error('lost') };
};
const lostRequest: Behaviour = async () => ({ outcome: 'unknown', error: new Error('lost') });
const throttled: Behaviour = async () => ({ outcome: 'notApplied', error: new Error('throttled') });

/** Loses the write now, and delivers it when `deliver` is called. */
function late(): { behaviour: Behaviour; deliver(): Promise<Attempt> } {
  let deliver = async (): Promise<Attempt> => expect.fail('nothing was sent');
  return {
    behaviour: async (update, apply) => {
      deliver = () => apply(update);
      return { outcome: 'unknown', error: new Error('late') };
    },
    deliver: () => deliver(),
  };
}

const full = { keyCount: 2 };

describe('what became of a write is found out', () => {
  it('a lost answer is a success', async () => {
    const app = await service.seed();
    const addition = additionTo(app);
    await expect(addApiKey(behaving(lostAnswer), addition, fakeDeadline())).resolves.toEqual({
      key: addition.key,
      handle: addition.handle,
    });
    expect((await service.item(app)).keyCount).toBe(1);
  });

  it('throttling is waited out', async () => {
    const app = await service.seed();
    await addApiKey(behaving(throttled, throttled, throttled), additionTo(app), fakeDeadline());
    expect((await service.item(app)).keyCount).toBe(1);
  });

  it('503 at the deadline, which says whether a key may have been made', async () => {
    const always = (behaviour: Behaviour) => behaving(...Array.from({ length: 100 }, () => behaviour));
    const app = await service.seed();
    await expect(addApiKey(always(throttled), additionTo(app), fakeDeadline())).rejects.toMatchObject({
      code: '503000',
      parts: { retryAfterSeconds: 1 },
    });
    await expect(addApiKey(always(lostRequest), additionTo(app), fakeDeadline())).rejects.toMatchObject({
      code: '503000',
      parts: { cause: expect.stringContaining('not known') },
    });
  });

  it('409305 when the key was deleted before its maker could answer', async () => {
    const app = await service.seed();
    const addition = additionTo(app);
    const deletedAfter: Behaviour = async (update, apply) => {
      await apply(update);
      const removed = { [addition.handle]: aTombstone({ at: Date.now() }) };
      await service.seed({ ...app, keys: {}, keyCount: 0, removed, sealed: addition.key.createdTime });
      return { outcome: 'unknown', error: new Error('lost') };
    };
    await expect(addApiKey(behaving(deletedAfter), addition, fakeDeadline())).rejects.toMatchObject({ code: '409305' });
    expect((await service.item(app)).keyCount).toBe(0);
  });

  it('what cannot be mended by trying again is thrown at once', async () => {
    const missing = openTable('no-such-table');
    await expect(addApiKey(missing, additionTo(await service.seed()), fakeDeadline())).rejects.toThrow(
      /not found|non-existent/i,
    );
  });
});

it('costs 1 write unit while the item is at most 1 KB', async () => {
  const client = DynamoDBDocumentClient.from(localClient(inject('endpoint')));
  const units: unknown[] = [];
  const measured: Behaviour = async (update) => {
    const TableName = service.tableName;
    const written = await client.send(new UpdateCommand({ ...update, TableName, ReturnConsumedCapacity: 'TOTAL' }));
    units.push(written.ConsumedCapacity?.CapacityUnits);
    return { outcome: 'applied' };
  };
  const app = await service.seed();
  await addApiKey(behaving(measured), additionTo(app), fakeDeadline());
  await addApiKey(behaving(measured), additionTo(app), fakeDeadline());
  expect(units).toEqual([1, 1]);
});

describe('a key with scopes', () => {
  const scopes = ['a', 'b'];
  const scoped = (app: App) => ({ ...additionTo(app), key: { ...additionTo(app).key, scopes } });
  const belowCeiling = { code: '400200', parts: { details: [{ source: '$.scopes[1]' }] } };

  it.each<App['restrictions'] | undefined>([undefined, {}, { referrers: ['a.test'] }, { scopes: ['b', 'c', 'a'] }])(
    'is added in one write under the restrictions %j',
    async (restrictions) => {
      const app = await service.seed({ restrictions: restrictions as App['restrictions'] });
      const addition = scoped(app);
      await addApiKey(
        behaving(applied, () => expect.fail('one write is enough')),
        addition,
        fakeDeadline(),
      );
      expect((await service.item(app)).keys).toEqual({ [addition.handle]: addition.key });
    },
  );

  it.each([[['a']], [['a', 'B', 'bb', 'ab']]])(
    '400200 below the ceiling %j, which only the write sees',
    async (ceiling) => {
      const app = await service.seed({ restrictions: { scopes: ceiling } });
      await expect(addApiKey(table, scoped(app), fakeDeadline())).rejects.toMatchObject(belowCeiling);
      expect(await service.item(app)).toMatchObject({ keyCount: 0, keys: {} });
    },
  );

  it('400200 under a ceiling that leaves nothing', async () => {
    const app = await service.seed({ restrictions: { scopes: [] } });
    await expect(addApiKey(table, scoped(app), fakeDeadline())).rejects.toMatchObject({ code: '400200' });
    await expect(addApiKey(table, additionTo(app), fakeDeadline())).resolves.toBeDefined();
  });

  it('400200 when the ceiling is lowered between two attempts', async () => {
    const app = await service.seed();
    const lowered: Behaviour = async (update, apply) => {
      await service.seed({ ...app, rev: app.rev + 1, restrictions: { scopes: ['a'] } });
      return apply(update);
    };
    const refusal = addApiKey(behaving(throttled, lowered), scoped(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject(belowCeiling);
    expect((await service.item(app)).keyCount).toBe(0);
  });

  it('400200 when the ceiling is lowered after an expired key was found to replace', async () => {
    const keys = { a: aKey({ expiresAt: 1_000 }), b: aKey() } as App['keys'];
    const app = await service.seed({ keyCount: 2, keys });
    const lowered: Behaviour = async (update, apply) => {
      await service.seed({ ...app, rev: app.rev + 1, restrictions: { scopes: ['a'] } });
      return apply(update);
    };
    const refusal = addApiKey(behaving(applied, lowered), scoped(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject(belowCeiling);
    expect(Object.keys((await service.item(app)).keys)).toEqual(['a', 'b']);
  });

  it('a late copy adds none once the ceiling has been lowered', async () => {
    const app = await service.seed({ restrictions: { scopes: ['a'] } });
    const copy = late();
    await expect(addApiKey(behaving(copy.behaviour), scoped(app), fakeDeadline())).rejects.toMatchObject(belowCeiling);
    await service.seed({ ...(await service.item(app)), appId: app.appId, restrictions: {} });
    expect(await copy.deliver()).toMatchObject({ outcome: 'refused' });
  });

  it('20 scopes fit into the condition', async () => {
    const many = Array.from({ length: 20 }, (_, index) => `${'s'.repeat(62)}${index + 10}`);
    const app = await service.seed({ restrictions: { scopes: many } });
    const addition = { ...additionTo(app), key: { ...additionTo(app).key, scopes: many } };
    await expect(addApiKey(table, addition, fakeDeadline())).resolves.toMatchObject({ key: { scopes: many } });
  });
});

describe('late copies of a write', () => {
  it('after success: change nothing', async () => {
    const app = await service.seed();
    const copy = late();
    await addApiKey(behaving(copy.behaviour), additionTo(app), fakeDeadline());
    const before = await service.item(app);
    expect(await copy.deliver()).toMatchObject({ outcome: 'refused' });
    expect(await service.item(app)).toEqual(before);
  });

  it('after a rejection: leave no key without an owner, though a slot is free by then', async () => {
    const app = await service.seed(full);
    const copy = late();
    const addition = additionTo(app);
    await expect(addApiKey(behaving(copy.behaviour), addition, fakeDeadline())).rejects.toMatchObject({
      code: '409303',
    });
    await service.seed({ ...(await service.item(app)), appId: app.appId, keyCount: 0 });
    expect(await copy.deliver()).toMatchObject({ outcome: 'refused' });
    expect((await service.item(app)).keyCount).toBe(0);
  });

  it('that arrives between the refusal and the fence: the key counts as made', async () => {
    const app = await service.seed(full);
    const copy = late();
    const addition = additionTo(app);
    const freedBeforeFence: Behaviour = async (update, apply) => {
      await service.seed({ ...app, keyCount: 0 });
      await copy.deliver();
      return apply(update);
    };
    const made = addApiKey(behaving(copy.behaviour, applied, freedBeforeFence), addition, fakeDeadline());
    await expect(made).resolves.toEqual({ key: addition.key, handle: addition.handle });
    expect(Object.keys((await service.item(app)).keys)).toEqual([addition.handle]);
  });

  it('that arrives between the refusal and the fence, and whose key is deleted by then: 409305', async () => {
    const app = await service.seed(full);
    const copy = late();
    const addition = additionTo(app);
    const deletedBeforeFence: Behaviour = async (update, apply) => {
      await service.seed({ ...app, keyCount: 0 });
      await copy.deliver();
      const { rev } = await service.item(app);
      const removed = { [addition.handle]: aTombstone() };
      await service.seed({ ...app, rev: rev + 1, keyCount: 0, removed, sealed: addition.key.createdTime });
      return apply(update);
    };
    const made = addApiKey(behaving(copy.behaviour, applied, deletedBeforeFence), addition, fakeDeadline());
    await expect(made).rejects.toMatchObject({ code: '409305' });
  });

  it('a fence whose own answer is lost is one fence', async () => {
    const app = await service.seed(full);
    const refusal = addApiKey(behaving(lostRequest, applied, lostAnswer), additionTo(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject({ code: '409303' });
    expect(await service.item(app)).toMatchObject({ sealed: 1, rev: app.rev + 1, removed: {} });
  });

  it('unknown, then open, then refused: fenced, because the first copy may still arrive', async () => {
    const key = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: 1_000 };
    const app = await service.seed({ keyCount: 2, keys: { a: key, b: { ...key, expiresAt: -1 } } as App['keys'] });
    const filled: Behaviour = async (update, apply) => {
      await service.seed({
        ...app,
        rev: app.rev + 1,
        keys: { a: { ...key, expiresAt: -1 }, b: { ...key, expiresAt: -1 } } as App['keys'],
      });
      return apply(update);
    };
    const refusal = addApiKey(behaving(lostRequest, applied, filled), additionTo(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject({ code: '409303' });
    expect(await service.item(app)).toMatchObject({ sealed: 1, lastChange: { action: 'fenceApiKey' } });
  });

  it("an application of another realm under a name of the caller's own is not touched by a fence", async () => {
    const app = await service.seed({ realm: 'third' });
    const addition = additionTo({ ...app, realm: 'myrealm' });
    await expect(addApiKey(behaving(lostRequest), addition, fakeDeadline())).rejects.toMatchObject({ code: '404660' });
    expect(await service.item(app)).toMatchObject({ rev: app.rev, sealed: 0 });
  });

  it('an application that is deleted meanwhile is not touched by a fence', async () => {
    const app = await service.seed({ status: 'deleted' });
    await expect(addApiKey(behaving(lostRequest), additionTo(app), fakeDeadline())).rejects.toMatchObject({
      code: '404660',
    });
    expect((await service.item(app)).rev).toBe(app.rev);
  });
});

describe('an application that changes between a refusal and the look at it', () => {
  it('is tried again: a slot that has become free is taken', async () => {
    const app = await service.seed(full);
    const freedAfter: Behaviour = async (update, apply) => {
      await apply(update);
      await service.seed({ ...app, keyCount: 0 });
      return { outcome: 'refused', item: undefined };
    };
    const addition = additionTo(app);
    await expect(addApiKey(behaving(freedAfter), addition, fakeDeadline())).resolves.toEqual({
      key: addition.key,
      handle: addition.handle,
    });
  });

  it('is given up at the deadline, if it changes for ever', async () => {
    const app = await service.seed();
    const refused: Behaviour = async () => ({ outcome: 'refused', item: undefined });
    const fickle = behaving(...Array.from({ length: 100 }, () => refused));
    await expect(addApiKey(fickle, additionTo(app), fakeDeadline())).rejects.toMatchObject({ code: '503000' });
  });

  it('a key that was added in the meantime counts: an expired one does not free two slots', async () => {
    const key = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: 1_000 };
    const keys = { a: key, b: { ...key, expiresAt: -1 } } as App['keys'];
    const app = await service.seed({ keyCount: 2, keys });
    const added: Behaviour = async (update, apply) => {
      await service.seed({
        ...app,
        rev: app.rev + 1,
        keyCount: 3,
        keys: { ...keys, c: { ...key, expiresAt: -1 } } as App['keys'],
      });
      return apply(update);
    };
    const refusal = addApiKey(behaving(applied, added), additionTo(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject({ code: '409303' });
  });

  it('an expired key stays while there is a free slot', async () => {
    const key = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: 1_000 };
    const app = await service.seed({ keyCount: 1, keys: { a: key } as App['keys'] });
    const refused: Behaviour = async () => ({ outcome: 'refused', item: undefined });
    await addApiKey(behaving(refused), additionTo(app), fakeDeadline());
    expect((await service.item(app)).keyCount).toBe(2);
  });

  it('an expired key that was revived keeps its slot', async () => {
    const key = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: 1_000 };
    const keys = { a: key, b: { ...key, expiresAt: -1 } } as App['keys'];
    const app = await service.seed({ keyCount: 2, keys });
    const revived: Behaviour = async (update, apply) => {
      await service.seed({ ...app, rev: app.rev + 1, keys: { ...keys, a: { ...key, expiresAt: -1 } } as App['keys'] });
      return apply(update);
    };
    const refusal = addApiKey(behaving(applied, revived), additionTo(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject({ code: '409303' });
    expect(Object.keys((await service.item(app)).keys)).toEqual(['a', 'b']);
  });
});

const full2 = { [handle('a')]: aKey(), [handle('b')]: aKey() };
const fullOfExpired = { [handle('a')]: aKey(), [handle('b')]: expiredKey() };

/** What the application `app` is asked to add: the key of the handle `n`. */
function wantedOf(app: App, parts: Partial<Addition> = {}): Addition {
  return { ...additionTo(app), handle: handle('n'), key: aKey({ name: 'new' }), now, ...parts };
}

it('an expired key is replaced in the write that adds the new one, under the rev that was read', async () => {
  const app = anApp({ keys: fullOfExpired });
  const table = scriptedTable(app);
  const wanted = wantedOf(app);
  await addApiKey(table, wanted, fakeDeadline());
  expect(table.app).toMatchObject({
    rev: app.rev + 1,
    keyCount: 2,
    keys: { [handle('a')]: aKey(), [handle('n')]: wanted.key },
    sealed: expiredKey().createdTime,
    removed: { [handle('b')]: { why: 'replaced', at: now, op: wanted.change.op } },
    lastChange: wanted.change,
  });
  expect(Object.keys(table.app?.keys ?? {})).toHaveLength(2);
  expect(table.sent[1]).toMatchObject({ ConditionExpression: '(#n3 = :v5)' });
});

it('a key costs one write and no read, which clears nothing away', async () => {
  const table = scriptedTable(anApp());
  await addApiKey(table, wantedOf(anApp()), fakeDeadline());
  expect([table.sent.length, table.reads]).toEqual([1, 0]);
  expect(table.sent[0]?.UpdateExpression).not.toContain('REMOVE');
});

describe('a key that is not younger than one that was removed', () => {
  const createdTime = now - 1_000;

  it.each([createdTime, createdTime + 1])('is never added: its application is sealed at %i', async (sealed) => {
    const app = anApp({ sealed });
    const table = scriptedTable(app);
    expect(await addApiKey(table, wantedOf(app), fakeDeadline())).toEqual({ sealed });
    expect([table.sent.length, table.app]).toEqual([1, expect.objectContaining(app)]);
  });

  it('is added when it is one millisecond younger', async () => {
    const table = scriptedTable(anApp({ sealed: createdTime - 1 }));
    expect(await addApiKey(table, wantedOf(anApp()), fakeDeadline())).toMatchObject({ handle: handle('n') });
  });

  it('needs no fence when it is in doubt: a late copy is rejected as it is', async () => {
    const sealed = { sealed: createdTime };
    const table = scriptedTable(anApp({ ...sealed, keys: full2 }), [fate.lost]);
    await expect(addApiKey(table, wantedOf(anApp()), fakeDeadline())).rejects.toMatchObject({ code: '409303' });
    expect(table.sent).toHaveLength(2);
  });
});

describe('what others do meanwhile', () => {
  it('the second write goes at once, and only later ones wait', async () => {
    const app = anApp({ keys: fullOfExpired });
    const slept: number[] = [];
    const deadline = { ...fakeDeadline(), sleep: async (ms: number) => void slept.push(ms) };
    await addApiKey(scriptedTable(app), wantedOf(app), deadline);
    expect(slept).toEqual([]);
    const refused: Fate = () => ({ outcome: 'refused', item: undefined });
    await addApiKey(scriptedTable(app, [refused, refused]), wantedOf(app), deadline);
    expect(slept).toEqual([50]);
  });

  it('503 for an application that changes for ever tells the operator so', async () => {
    const refused: Fate = () => ({ outcome: 'refused', item: undefined });
    const table = scriptedTable(
      anApp(),
      Array.from({ length: 100 }, () => refused),
    );
    await expect(addApiKey(table, wantedOf(anApp()), fakeDeadline())).rejects.toMatchObject({
      parts: { why: 'the application changed at every attempt' },
    });
  });
});

it('a key whose answer was lost is answered as it stands by then, without a third write', async () => {
  const renamed = aKey({ name: 'renamed' });
  const table: ScriptedTable = scriptedTable(anApp(), [
    () => {
      table.put(anApp({ keys: { [handle('n')]: renamed } }));
      return fate.lost();
    },
  ]);
  const added = addApiKey(table, wantedOf(anApp()), fakeDeadline());
  await expect(added).resolves.toEqual({ key: renamed, handle: handle('n') });
  expect(table.sent).toHaveLength(2);
});

describe('a fence', () => {
  it('is a change of its own, seals the application, and costs one write and no read', async () => {
    const app = anApp({ keys: full2 });
    const table = scriptedTable(app, [fate.lost]);
    const wanted = wantedOf(app);
    await expect(addApiKey(table, wanted, fakeDeadline())).rejects.toMatchObject({ code: '409303' });
    expect(table.app).toMatchObject({
      rev: app.rev + 1,
      lastChange: { ...wanted.change, action: 'fenceApiKey' },
      sealed: wanted.key.createdTime,
      removed: {},
    });
    expect([table.sent.length, table.reads]).toEqual([3, 0]);
  });

  it('is not given up to a busy database: the key may still arrive', async () => {
    const app = anApp({ keys: full2 });
    const table = scriptedTable(app, [fate.lost, fate.asUsual, fate.tooBusy]);
    await expect(addApiKey(table, wantedOf(app), fakeDeadline())).rejects.toMatchObject({ code: '409303' });
    expect(table.app?.sealed).toBe(now - 1_000);
  });

  it.each<[string, App | undefined]>([
    ['is not there', undefined],
    ['is deleted', anApp({ status: 'deleted' })],
    ['is of another realm', anApp({ realm: 'third' })],
  ])('is not tried where the application %s, which bars every key: 404660', async (_, app) => {
    const table = scriptedTable(anApp(), [fate.lost]);
    table.put(app);
    await expect(addApiKey(table, wantedOf(anApp()), fakeDeadline())).rejects.toMatchObject({ code: '404660' });
    expect(table.sent).toHaveLength(2);
  });

  it.each<[string, App | undefined]>([
    ['goes', undefined],
    ['is deleted', anApp({ status: 'deleted' })],
  ])('leaves an application as it is that %s meanwhile; the refusal stays', async (_, meanwhile) => {
    const table = scriptedTable(anApp({ keys: full2 }), [
      fate.lost,
      fate.asUsual,
      (apply) => {
        table.put(meanwhile);
        return apply();
      },
    ]);
    await expect(addApiKey(table, wantedOf(anApp()), fakeDeadline())).rejects.toMatchObject({ code: '409303' });
    expect(table.app).toEqual(meanwhile && expect.objectContaining(meanwhile));
  });
});

describe('a request that may be repeated', () => {
  const request = aRequest();
  const mine = aRecord({ at: now, handle: handle('n') });
  const dayOld = aRecord({ at: now - 86_400_000, handle: handle('a') });
  const yesterdays = { keys: { [handle('a')]: aKey({ name: 'renamed' }) } };

  it('is kept with its key, in the same write', async () => {
    const table = scriptedTable(anApp());
    await addApiKey(table, wantedOf(anApp(), { request, record: mine }), fakeDeadline());
    const dueAt = now + 86_400_000;
    expect(table.app).toMatchObject({ keyCount: 1, requests: { request: mine }, dueAt });
    expect(table.sent).toHaveLength(1);
  });

  it('leaves the application in its place in the index of the sweep where it is due for an older record', async () => {
    const due = { dueShard: 'due#1', dueAt: 5 } as Partial<App>;
    const table = scriptedTable(anApp({ ...due, requests: { older: dayOld } }));
    await addApiKey(table, wantedOf(anApp(), { request, record: mine }), fakeDeadline());
    expect(table.app).toMatchObject({ dueAt: 5 });
  });

  it.each<[string, number | undefined]>([
    ['as it was read', now + 80 * 86_400_000],
    ['at the second attempt where it was not read', undefined],
  ])('makes an application due earlier that is due later for something else: %s', async (_, dueAt) => {
    const notices = { idleDays: 90 };
    const later = { dueShard: 'due#1', dueAt: now + 80 * 86_400_000 } as Partial<App>;
    const table = scriptedTable(anApp(later));
    const wanted = wantedOf(anApp(), { request, record: mine, rules: { hasUses: true, notices }, dueAt });
    await addApiKey(table, wanted, fakeDeadline());
    expect(table.app).toMatchObject({ keyCount: 1, dueAt: now + 86_400_000 });
    expect(table.sent).toHaveLength(dueAt === undefined ? 2 : 1);
  });

  it('leaves an application due when it is where another write has made that earlier meanwhile', async () => {
    const table = scriptedTable(anApp({ dueShard: 'due#1', dueAt: 5 } as Partial<App>));
    const wanted = wantedOf(anApp(), { request, record: mine, dueAt: now + 80 * 86_400_000 });
    await addApiKey(table, wanted, fakeDeadline());
    expect(table.app).toMatchObject({ keyCount: 1, dueAt: 5 });
  });

  it('makes it due for the notices of the key', async () => {
    const table = scriptedTable(anApp());
    const key = aKey({ createdTime: now, expiresAt: now + 9 * 86_400_000 });
    await addApiKey(table, wantedOf(anApp(), { key, rules: { hasUses: true, notices: {} } }), fakeDeadline());
    expect(table.app).toMatchObject({ keyCount: 1, dueAt: now + 2 * 86_400_000 });
  });

  it('is answered with the key that it made, as that stands now, and writes nothing', async () => {
    const record = { ...dayOld, at: dayOld.at + 1 };
    const app = anApp({ ...yesterdays, requests: { request: record } });
    const table = scriptedTable(app);
    const added = await addApiKey(table, wantedOf(app, { request, record: mine }), fakeDeadline());
    expect(added).toEqual({ key: aKey({ name: 'renamed' }), handle: handle('a'), replayed: record });
    expect([table.sent.length, table.app?.rev]).toEqual([1, app.rev]);
  });

  it('is fenced before it is answered with the key of another copy, while its own may still arrive', async () => {
    const record = { ...dayOld, at: dayOld.at + 1 };
    const app = anApp({ ...yesterdays, requests: { request: record } });
    const table = scriptedTable(app, [fate.lost]);
    const wanted = wantedOf(app, { request, record: mine });
    expect(await addApiKey(table, wanted, fakeDeadline())).toMatchObject({ handle: handle('a'), replayed: record });
    expect([table.sent.length, table.app?.sealed]).toEqual([3, wanted.key.createdTime]);
  });

  it('makes another key after a day, at once', async () => {
    const app = anApp({ ...yesterdays, requests: { request: dayOld } });
    const table = scriptedTable(app);
    await addApiKey(table, wantedOf(app, { request, record: mine }), fakeDeadline());
    expect(table.app).toMatchObject({ keyCount: 2, requests: { request: mine } });
    expect(table.sent).toHaveLength(1);
  });
});

it.each<[string, Addition['callerRights'], number]>([
  ['a token that may write, whatever is granted', { fromToken: ['write'], principal: 'stranger' }, 1],
  ['a token that may manage', { fromToken: ['manage'], principal: 'stranger' }, 1],
  ['nobody in particular, who is let in elsewhere', { fromToken: ['manage'], principal: undefined }, 1],
  ['a grant to write', { fromToken: ['read'], principal: 'writer' }, 1],
  ['a grant to manage', { fromToken: [], principal: 'demo' }, 1],
  ['a grant to read alone', { fromToken: ['read'], principal: 'reader' }, 0],
])('the first write itself lets in by the right of %s', async (_, callerRights, made) => {
  const app = anApp({ grants: { demo: ['manage'], writer: ['write'], reader: ['read'] } });
  const table = scriptedTable(app);
  const added = addApiKey(table, wantedOf(app, { callerRights }), fakeDeadline());
  if (made) await added;
  else await expect(added).rejects.toMatchObject({ code: '403403' });
  expect([table.sent.length, table.app?.keyCount]).toEqual([1, made]);
});
