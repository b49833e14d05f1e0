import { beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import type { Action } from '../../lib/domain/policy.ts';
import { addMember, raiseMember, readMember, removeMember, settleMember } from '../../lib/store/members.ts';
import type { Table } from '../../lib/store/table.ts';
import { MemoryTable, openMemoryTable } from '../evidence/interleavings/memory-table.ts';
import { anApp } from '../support/apps.ts';
import { fakeDeadline } from '../support/fake-deadline.ts';

const app = appWith(['read']);
const key = { pk: 'member#myrealm#other', sk: app.listKey ?? 'none' };
const deadline = fakeDeadline();
let memory: MemoryTable;
let table: Table;

beforeEach(() => {
  memory = new MemoryTable();
  table = openMemoryTable(memory);
});

function appWith(actions: Action[] | undefined, parts: Partial<App> = {}): App {
  return anApp({ grants: actions ? { demo: ['manage'], other: actions } : { demo: ['manage'] }, ...parts });
}

/** Puts the application there, as it is from now on. */
function store({ appId, ...attributes }: App): void {
  memory.write({ kind: 'put', put: { Item: { pk: appId, sk: 'app', ...attributes } } });
}

const told = () => memory.get(key)?.actions;
const raise = (to: App) => raiseMember(table, to, 'other', deadline);
const settle = (to: App, stamp: string | undefined) => settleMember(table, to, 'other', stamp, deadline);

describe('a copy of a pointer', () => {
  it('goes by its stamp, and a copy that was written since stays', async () => {
    expect(await readMember(table, app, 'other', deadline)).toBeUndefined();
    const first = await addMember(table, app, 'other', deadline);
    expect(memory.get(key)).toEqual({ ...key, appId: app.appId, actions: ['read'], stamp: first });
    expect(await readMember(table, app, 'other', deadline)).toEqual({ stamp: first, actions: ['read'] });
    const second = await addMember(table, app, 'other', deadline);
    expect(second).not.toBe(first);
    expect(await removeMember(table, app, 'other', first, deadline)).toBe(false);
    expect(memory.get(key)).toMatchObject({ stamp: second });
    expect(await removeMember(table, app, 'other', second, deadline)).toBe(true);
    expect(memory.get(key)).toBeUndefined();
  });

  it('is not removed where none was read, and nothing is written', async () => {
    const attemptDelete = async () => expect.fail('something was written');
    expect(await removeMember({ ...table, attemptDelete }, app, 'other', undefined, deadline)).toBe(true);
  });

  it('of an older version tells no rights, and can stand for any', async () => {
    memory.write({ kind: 'put', put: { Item: { ...key, appId: app.appId, stamp: 'old' } } });
    expect(await readMember(table, app, 'other', deadline)).toEqual({ stamp: 'old', actions: ['manage'] });
  });
});

describe('before a right is given', () => {
  it('the pointer gains it, and loses none', async () => {
    await raise(app);
    expect(told()).toEqual(['read']);
    const stamp = await raise(appWith(['read', 'manage']));
    expect(memory.get(key)).toMatchObject({ actions: ['read', 'manage'], stamp });
    await raise(app);
    expect(told()).toEqual(['read', 'manage']);
  });

  it('the pointer has also what another request adds meanwhile', async () => {
    let puts = 0;
    const attemptPut: Table['attemptPut'] = async (put) => {
      puts += 1;
      if (puts === 1) await raise(appWith(['manage']));
      return table.attemptPut(put);
    };
    await raiseMember({ ...table, attemptPut }, app, 'other', deadline);
    expect(told()).toEqual(['manage', 'read']);
  });

  it('a late copy of the write changes nothing', async () => {
    const copies: Parameters<Table['attemptPut']>[0][] = [];
    const attemptPut: Table['attemptPut'] = (put) => {
      copies.push(put);
      return table.attemptPut(put);
    };
    await raiseMember({ ...table, attemptPut }, app, 'other', deadline);
    const stamp = await raise(appWith(['manage']));
    for (const put of copies) await table.attemptPut(put);
    expect(memory.get(key)).toMatchObject({ actions: ['read', 'manage'], stamp });
  });
});

describe('after a change', () => {
  it.each<[string, App, unknown]>([
    ['tells less', app, ['read']],
    ['tells other rights', appWith(['write']), ['write']],
    ['is gone with the grant', appWith(undefined), undefined],
    ['is gone with the application', appWith(['read'], { status: 'deleted' }), undefined],
    ['stays for the creator, without rights', appWith(undefined, { createdBy: 'other' }), []],
  ])('the pointer %s', async (_, changed, actions) => {
    const before = { ...changed, grants: { other: ['read', 'manage'] } } as const;
    await settle(changed, await addMember(table, before, 'other', deadline));
    expect((await readMember(table, changed, 'other', deadline))?.actions).toEqual(actions);
  });

  it('there is one where none was read before', async () => {
    await settle(app, undefined);
    expect(told()).toEqual(['read']);
  });

  it.each<[string, App, unknown]>([
    ['more', appWith(['manage']), ['manage']],
    ['nothing', appWith(undefined), undefined],
    ['that it is deleted', appWith(undefined, { status: 'deleted' }), undefined],
  ])('where another copy came first, it tells what the application says now: %s', async (_, now, actions) => {
    const stamp = await raise(app);
    await raise(appWith(['write']));
    store(now);
    await settle(app, stamp);
    expect(told()).toEqual(actions);
  });

  it('503000 where another copy comes first every time', async () => {
    store(app);
    const attemptPut = async () => ({ outcome: 'refused', item: undefined }) as const;
    await expect(settleMember({ ...table, attemptPut }, app, 'other', 'x', deadline)).rejects.toMatchObject({
      code: '503000',
    });
  });
});
