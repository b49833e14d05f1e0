import { beforeAll, describe, expect, it } from 'vitest';
import { type App, deleteApp, patchApp } from '../../lib/domain/app.ts';
import { deleteKey } from '../../lib/domain/keys-of-app.ts';
import { withSuccessor } from '../../lib/domain/rotation.ts';
import { type AppChange, changeApp } from '../../lib/store/change-app.ts';
import { openTable } from '../../lib/store/dynamodb.ts';
import type { Attempt, Table, Update } from '../../lib/store/table.ts';
import { aKey, anApp, aRecord, aTombstone, handle, now, quietRules } from '../support/apps.ts';
import { fakeDeadline } from '../support/fake-deadline.ts';
import { fate, scriptedTable } from '../support/scripted-table.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
let table: Table;

beforeAll(async () => {
  service = await startService();
  table = openTable(service.tableName);
});

let made = 0;

/** A change with an id of its own, by default a new name. */
function changeOf(app: App, parts: Partial<AppChange> = {}): AppChange {
  made += 1;
  const name = `name ${made}`;
  const change = { op: `op ${made}`, at: Date.now(), by: 'demo', action: 'updateApp', correlationId: 'c' };
  const callerRights = { fromToken: [], principal: 'demo' };
  const edit = (found: App) => patchApp(found, { name });
  return { app, callerRights, needed: 'write', change, rules: quietRules, edit, ...parts };
}

type Behaviour = (update: Update, apply: (update: Update) => Promise<Attempt>) => Promise<Attempt>;

/** The real table, but that each write in turn goes as told, then as usual; `sent` has all of them. */
function behaving(...behaviours: Behaviour[]): Table & { readonly sent: Update[] } {
  const sent: Update[] = [];
  const apply = (update: Update) => table.attemptUpdate(update);
  const asUsual: Behaviour = (update, go) => go(update);
  const attemptUpdate = (update: Update) => {
    sent.push(update);
    return (behaviours.shift() ?? asUsual)(update, apply);
  };
  return { ...table, sent, attemptUpdate };
}

const unknown: Attempt = { outcome: 'unknown', error: new Error('lost') };
const throttled: Attempt = { outcome: 'notApplied', error: new Error('throttled') };

/** Applies the write, lets others change the application, and loses the answer. */
function lostAnswer(...others: AppChange[]): Behaviour {
  return async (update, apply) => {
    await apply(update);
    await changeInTurn(others);
    return unknown;
  };
}

/** Lets others change the application, and loses the write. */
function lostRequest(...others: AppChange[]): Behaviour {
  return async () => {
    await changeInTurn(others);
    return unknown;
  };
}

async function changeInTurn(changes: readonly AppChange[]): Promise<void> {
  for (const each of changes) await changeApp(table, each, fakeDeadline());
}

const key = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: -1 };
const keys = { a: key, b: key } as unknown as App['keys'];
const handleA = 'a' as keyof App['keys'];

/** The unknown, told as such: 503, when to come again, and that the change may have been made. */
const notKnown = {
  code: '503000',
  parts: { retryAfterSeconds: expect.any(Number), cause: expect.stringContaining('not known') },
};

describe('after an unknown outcome', () => {
  it('own id seen: success, written once', async () => {
    const app = await service.seed();
    const wanted = changeOf(app);
    const lossy = behaving(lostAnswer());
    await expect(changeApp(lossy, wanted, fakeDeadline())).resolves.toMatchObject({
      rev: 2,
      lastChange: wanted.change,
    });
    expect(await service.item(app)).toMatchObject({ rev: 2, lastChange: wanted.change });
  });

  it('rev still seen: the same write again', async () => {
    const app = await service.seed();
    const lossy = behaving(lostRequest(), lostRequest());
    await changeApp(lossy, changeOf(app), fakeDeadline());
    expect(lossy.sent).toHaveLength(3);
    expect(new Set(lossy.sent.map((update) => JSON.stringify(update))).size).toBe(1);
    expect((await service.item(app)).rev).toBe(2);
  });

  it('rev = seen + 1 without the own id: starts over, and keeps what the other changed', async () => {
    const app = await service.seed();
    const lossy = behaving(
      lostRequest(changeOf(app, { edit: (found) => patchApp(found, { description: 'of another' }) })),
    );
    const wanted = changeOf(app);
    const changed = await changeApp(lossy, wanted, fakeDeadline());
    expect(changed).toMatchObject({ rev: 3, description: 'of another', lastChange: wanted.change });
    expect(await service.item(app)).toMatchObject({ rev: 3, description: 'of another', lastChange: wanted.change });
  });

  it('rev = seen + 1 without the own id, and the right is gone: the refusal of a new request', async () => {
    const app = await service.seed({ grants: { demo: ['manage'], writer: ['write'] } });
    const revoked = changeOf(app, { edit: (found) => ({ ...found, grants: { demo: ['manage'] } }) });
    const wanted = changeOf(app, { callerRights: { fromToken: [], principal: 'writer' } });
    await expect(changeApp(behaving(lostRequest(revoked)), wanted, fakeDeadline())).rejects.toMatchObject({
      code: '404660',
    });
    expect((await service.item(app)).lastChange).toEqual(revoked.change);
  });

  it('rev = seen + 1 without the own id, twice: starts over twice', async () => {
    const app = await service.seed();
    const asUsual: Behaviour = (update, apply) => apply(update);
    const lossy = behaving(lostRequest(changeOf(app)), asUsual, lostRequest(changeOf(app)));
    await changeApp(lossy, changeOf(app), fakeDeadline());
    expect((await service.item(app)).rev).toBe(4);
  });

  it.each([
    ['made', lostAnswer],
    ['not made', lostRequest],
  ])('further on, %s: 503 with Retry-After, which says that it is not known', async (_, lost) => {
    const app = await service.seed();
    const lossy = behaving(lost(changeOf(app), changeOf(app)));
    await expect(changeApp(lossy, changeOf(app), fakeDeadline())).rejects.toMatchObject(notKnown);
    expect(lossy.sent).toHaveLength(2);
  });

  it('further on, though the state is as wanted: that proves nothing', async () => {
    const app = await service.seed();
    const wanted = changeOf(app, { edit: (found) => patchApp(found, { name: 'wanted' }) });
    const same = changeOf(app, { edit: (found) => patchApp(found, { name: 'wanted' }) });
    const lossy = behaving(lostRequest(changeOf(app), same));
    await expect(changeApp(lossy, wanted, fakeDeadline())).rejects.toMatchObject(notKnown);
  });

  it('a deletion further on is known by its tombstone', async () => {
    const app = await service.seed({ keyCount: 2, keys });
    const deletion = changeOf(app);
    const wanted = { ...deletion, edit: (found: App) => deleteKey(found, handleA, deletion.change) };
    const lossy = behaving(lostAnswer(changeOf(app), changeOf(app), changeOf(app)));
    await expect(changeApp(lossy, wanted, fakeDeadline())).resolves.toBeDefined();
    expect(await service.item(app)).toMatchObject({ rev: 5, keyCount: 1, removed: { a: { op: deletion.change.op } } });
  });

  it('a deletion that another did meanwhile is not one’s own: 404666 where it came right after', async () => {
    const app = await service.seed({ keyCount: 2, keys });
    const deletionOf = (change: AppChange) => ({
      ...change,
      edit: (found: App) => deleteKey(found, handleA, change.change),
    });
    const lossy = behaving(lostRequest(deletionOf(changeOf(app))));
    await expect(changeApp(lossy, deletionOf(changeOf(app)), fakeDeadline())).rejects.toMatchObject({ code: '404666' });
    expect((await service.item(app)).keyCount).toBe(1);
  });

  it('a rotation further on is known by its successor, as it stands by then', async () => {
    const app = await service.seed({ keyCount: 2, keys });
    const wanted = rotationOf(app);
    const renamed = changeOf(app, {
      edit: (found) => {
        const successor = Object.entries(found.keys).find(([handle]) => handle === 'c')?.[1] ?? key;
        return { ...found, keys: { ...found.keys, c: { ...successor, name: 'renamed' } } };
      },
    });
    const changed = await changeApp(behaving(lostAnswer(renamed, changeOf(app))), wanted, fakeDeadline());
    expect(changed.keys).toMatchObject({ b: key, c: { name: 'renamed' } });
    expect(changed.keyCount).toBe(2);
  });

  it('a rotation further on whose successor is gone already: 409305', async () => {
    const app = await service.seed({ keyCount: 2, keys });
    const ended = changeOf(app);
    const deletion = {
      ...ended,
      edit: (found: App) => deleteKey(found, 'c' as keyof App['keys'], ended.change),
    };
    const rotation = changeApp(behaving(lostAnswer(deletion, changeOf(app))), rotationOf(app), fakeDeadline());
    await expect(rotation).rejects.toMatchObject({ code: '409305' });
    expect((await service.item(app)).keyCount).toBe(1);
  });

  it('a rotation that another did instead: 409304', async () => {
    const app = await service.seed({ keyCount: 2, keys });
    const rotation = changeApp(behaving(lostRequest(rotationOf(app, 'd'))), rotationOf(app), fakeDeadline());
    await expect(rotation).rejects.toMatchObject({ code: '409304' });
    expect(Object.keys((await service.item(app)).keys).sort()).toEqual(['b', 'd']);
  });

  it('the end of the application is known by the own id', async () => {
    const app = await service.seed({ keyCount: 2, keys });
    const wanted = changeOf(app, { needed: 'manage', edit: deleteApp });
    await expect(changeApp(behaving(lostAnswer()), wanted, fakeDeadline())).resolves.toMatchObject({
      status: 'deleted',
    });
  });

  it('the application was deleted meanwhile: 404660, and nothing of it comes back', async () => {
    const app = await service.seed({ keyCount: 2, keys });
    const ending = changeOf(app, { needed: 'manage', edit: deleteApp });
    const lossy = behaving(lostRequest(ending));
    await expect(changeApp(lossy, changeOf(app), fakeDeadline())).rejects.toMatchObject({ code: '404660' });
    expect(await service.item(app)).toMatchObject({ status: 'deleted', rev: 2, keyCount: 0, keys: {} });
  });

  it('503 at the deadline, which says that it is not known', async () => {
    const app = await service.seed();
    const lossy = behaving(...Array.from({ length: 100 }, () => lostRequest()));
    await expect(changeApp(lossy, changeOf(app), fakeDeadline())).rejects.toMatchObject(notKnown);
  });
});

describe('without doubt', () => {
  it('another change that comes first is no reason for 503, however far on it is', async () => {
    const app = await service.seed();
    const overtaken: Behaviour = async (update, apply) => {
      await changeInTurn([changeOf(app), changeOf(app), changeOf(app)]);
      return apply(update);
    };
    await changeApp(behaving(overtaken), changeOf(app), fakeDeadline());
    expect((await service.item(app)).rev).toBe(5);
  });

  it('throttling is waited out, and its end does not say that the change may have been made', async () => {
    const app = await service.seed();
    const always = Array.from({ length: 100 }, (): Behaviour => async () => throttled);
    await changeApp(behaving(...always.slice(0, 3)), changeOf(app), fakeDeadline());
    const refusal = changeApp(behaving(...always), changeOf(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject({ code: '503000', parts: { retryAfterSeconds: 1 } });
    await expect(refusal).rejects.not.toMatchObject({ parts: { cause: expect.stringContaining('not known') } });
    expect((await service.item(app)).rev).toBe(2);
  });

  it('nothing to change: nothing is written', async () => {
    const app = await service.seed();
    const quiet = behaving();
    await changeApp(quiet, changeOf(app, { edit: (found) => found }), fakeDeadline());
    expect(quiet.sent).toEqual([]);
  });
});

/** The rotation of the key `a`, without overlap. */
function rotationOf(app: App, to = 'c'): AppChange {
  const wanted = changeOf(app);
  const { op, at: now } = wanted.change;
  const rotation = {
    from: handleA,
    to: to as keyof App['keys'],
    input: {},
    by: 'demo',
    op,
    now,
    maxKeys: 2,
    lifetime: {},
  };
  return { ...wanted, makes: rotation.to, edit: (found) => withSuccessor(found, rotation) };
}

describe('what a change writes', () => {
  const [a, b] = [handle('a'), handle('b')];
  const before = anApp({ keys: { [a]: aKey(), [b]: aKey() } });

  it.each<[string, Partial<App>]>([
    ['the name', { name: 'another' }],
    ['the description', { description: 'another' }],
    ['the status', { status: 'deactivated' }],
    ['token issuers', { issuers: ['https://issuer.test'] }],
    ['grants', { grants: { demo: ['manage'], other: ['read'] } }],
    ['a tombstone', { removed: { [handle('c')]: aTombstone({ at: Date.now() }) } }],
    ['the seal', { sealed: 1 }],
  ])('%s, and nothing else but the change itself', async (_, parts) => {
    const table = scriptedTable(before);
    const wanted = changeOf(before, { edit: (found) => ({ ...found, ...parts }) });
    const changed = await changeApp(table, wanted, fakeDeadline());
    const after = { ...before, ...parts, rev: before.rev + 1, lastChange: wanted.change };
    expect(table.app).toEqual(expect.objectContaining(after));
    expect(changed).toMatchObject(after);
    const [update] = table.sent;
    const named = Object.values(update?.ExpressionAttributeNames ?? {});
    expect(named).toEqual([...Object.keys(parts), 'rev', 'lastChange']);
    expect(table.reads).toBe(1);
  });

  it('a key, its own last change, and nothing of the other key', async () => {
    const table = scriptedTable(before);
    const disabled = aKey({ enabled: false });
    const wanted = changeOf(before, { edit: (found) => ({ ...found, keys: { ...found.keys, [a]: disabled } }) });
    const changed = await changeApp(table, wanted, fakeDeadline());
    const { at, by, action } = wanted.change;
    const told = { ...before.keys, [a]: { ...disabled, lastChange: { at, by, action } } };
    expect([table.app?.keys, changed.keys]).toEqual([told, told]);
    const named = Object.values(table.sent[0]?.ExpressionAttributeNames ?? {});
    expect([named, table.sent.length]).toEqual([['keys', 'rev', 'lastChange'], 1]);
  });

  it('what is old among tombstones and records goes along', async () => {
    const [old, young] = [aTombstone({ at: now - 600_000 }), aTombstone()];
    const records = { old: aRecord({ at: now - 86_400_000 }), young: aRecord() };
    const table = scriptedTable(anApp({ removed: { [a]: old, [b]: young }, requests: records }));
    const wanted = changeOf(before);
    await changeApp(table, { ...wanted, change: { ...wanted.change, at: now } }, fakeDeadline());
    expect([table.app?.removed, table.app?.requests]).toEqual([{ [b]: young }, { young: records.young }]);
  });

  it('a deleted application loses its place in a list', async () => {
    const table = scriptedTable(before);
    await changeApp(table, changeOf(before, { needed: 'manage', edit: deleteApp }), fakeDeadline());
    expect(table.app).toMatchObject({ status: 'deleted', keyCount: 0 });
    expect(table.app).not.toHaveProperty('listKey');
  });

  it('an application is due for the sweep when the first of its records is a day old, and no more without one', async () => {
    const at = Date.now();
    const requests = { one: aRecord({ at: at - 5 }), other: aRecord({ at }) };
    const table = scriptedTable(before);
    await changeApp(table, changeOf(before, { edit: (found) => ({ ...found, requests }) }), fakeDeadline());
    expect(table.app).toMatchObject({ dueShard: expect.stringMatching(/^due#\d$/), dueAt: at - 5 + 86_400_000 });
    await changeApp(table, changeOf(before, { edit: (found) => ({ ...found, requests: {} }) }), fakeDeadline());
    expect(table.app).toMatchObject({ requests: {} });
    expect(table.app).not.toHaveProperty('dueShard');
    expect(table.app).not.toHaveProperty('dueAt');
  });
});

describe('the end of a change that others overtake', () => {
  const makes = handle('c');

  it.each<[string, Partial<App>, object]>([
    ['the key that it made is there', { keys: { [makes]: aKey() } }, {}],
    ['its key is gone, with a tombstone of another', { removed: { [makes]: aTombstone() } }, { code: '409305' }],
    ['nothing of it is there', {}, notKnown],
  ])('in doubt, further on, %s', async (_, parts, outcome) => {
    const before = anApp();
    const further = anApp({ ...parts, rev: before.rev + 2 });
    const table = scriptedTable(before, [
      () => {
        table.put(further);
        return fate.lost();
      },
    ]);
    const wanted = changeOf(before, { makes });
    const ended = await changeApp(table, wanted, fakeDeadline()).catch((error) => error);
    expect(ended).toMatchObject('code' in outcome ? outcome : further);
    expect(table.sent).toHaveLength(2);
  });

  it('in doubt, an application that is gone is none: 404660', async () => {
    const table = scriptedTable(anApp(), [
      () => {
        table.put(undefined);
        return fate.lost();
      },
    ]);
    const refusal = changeApp(table, changeOf(anApp()), fakeDeadline());
    await expect(refusal).rejects.toMatchObject({ code: '404660' });
  });

  it('503 where that happens every time: it was not made, and the operator is told why', async () => {
    const overtaken = () => ({ outcome: 'refused', item: undefined }) as const;
    const table = scriptedTable(
      anApp(),
      Array.from({ length: 100 }, () => overtaken),
    );
    const refusal = await changeApp(table, changeOf(anApp()), fakeDeadline()).catch((error) => error);
    expect(refusal).toMatchObject({
      code: '503000',
      parts: { why: 'another change came first every time', retryAfterSeconds: 1 },
    });
    expect(refusal.parts).not.toHaveProperty('cause');
  });

  it('503 in doubt says what to do', async () => {
    const table = scriptedTable(anApp(), [
      () => {
        table.put(anApp({ rev: 3 }));
        return fate.lost();
      },
    ]);
    await expect(changeApp(table, changeOf(anApp()), fakeDeadline())).rejects.toMatchObject({
      parts: {
        cause:
          'Database responses were lost while other requests changed the application, so it is not known whether this change was made.',
        action: 'Check the application, and send the request again if the change is missing.',
        retryAfterSeconds: 1,
      },
    });
  });
});
