import { beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../../lib/domain/app.ts';
import type { ChangingCall } from '../../../lib/service/use-cases/change.ts';
import { endApp, grantRights, revokeRights } from '../../../lib/service/use-cases/members.ts';
import { addMember, readMember } from '../../../lib/store/members.ts';
import type { Table } from '../../../lib/store/table.ts';
import { anApp } from '../../support/apps.ts';
import { type CapturedLog, captureLog } from '../../support/captured-log.ts';
import { changingCall } from '../../support/changing-call.ts';
import { fakeDeadline } from '../../support/fake-deadline.ts';
import { type ScriptedTable, scriptedTable } from '../../support/scripted-table.ts';

let log: CapturedLog;
let table: ScriptedTable;
const app = anApp({ grants: { demo: ['manage'], other: ['read'] } });
const deadline = fakeDeadline();

beforeEach(async () => {
  log = captureLog();
  table = scriptedTable(app);
  for (const principal of Object.keys(app.grants)) await addMember(table, app, principal, deadline);
});

/** A call of `demo`, on a table of which some parts fail. */
function call(failing: Partial<Table> = {}): ChangingCall {
  return changingCall(app, { ...table, ...failing }, { operation: { id: 'test', access: 'manage' }, deadline });
}

const broken = () => Promise.reject(new Error('broken'));
const warning = { event: 'tidyUp', level: 'WARN', why: 'Error: broken' };
const pointersOf = (of: App) =>
  Promise.all(['demo', 'other', 'third'].map(async (who) => (await readMember(table, of, who, deadline))?.actions));

describe('a right', () => {
  it('is given, and has its pointer, which is written before and after', async () => {
    let puts = 0;
    const attemptPut: Table['attemptPut'] = (put) => {
      puts += 1;
      expect(table.app?.grants.third).toEqual(puts === 1 ? undefined : ['read']);
      return table.attemptPut(put);
    };
    await grantRights(call({ attemptPut }), 'third', ['read']);
    expect([puts, table.app?.grants.third]).toEqual([2, ['read']]);
    expect(await pointersOf(app)).toEqual([['manage'], ['read'], ['read']]);
    expect(log.records()).toEqual([]);
  });

  it('is not given where its pointer cannot be written', async () => {
    await expect(grantRights(call({ attemptPut: broken }), 'third', ['read'])).rejects.toThrow('broken');
    expect(table.app?.grants).toEqual(app.grants);
  });

  it('stands where only the second copy of its pointer cannot be written, and the log warns', async () => {
    let puts = 0;
    const attemptPut: Table['attemptPut'] = (put) => {
      puts += 1;
      return puts === 1 ? table.attemptPut(put) : broken();
    };
    await grantRights(call({ attemptPut }), 'third', ['read']);
    expect(table.app?.grants.third).toEqual(['read']);
    expect(log.records()).toMatchObject([warning]);
  });

  it('is taken away with its pointer', async () => {
    await revokeRights(call(), 'other');
    expect(table.app?.grants).toEqual({ demo: ['manage'] });
    expect(await pointersOf(app)).toEqual([['manage'], undefined, undefined]);
    expect(log.records()).toEqual([]);
  });

  it('is changed, and its pointer tells it, which told both meanwhile', async () => {
    const attemptUpdate: Table['attemptUpdate'] = async (update) => {
      expect(await pointersOf(app)).toEqual([['manage'], ['read', 'write'], undefined]);
      return table.attemptUpdate(update);
    };
    await grantRights(call({ attemptUpdate }), 'other', ['write']);
    expect(await pointersOf(app)).toEqual([['manage'], ['write'], undefined]);
  });

  it('that the application rejects leaves no pointer', async () => {
    await expect(grantRights(call(), 'demo', ['read'])).rejects.toMatchObject({ code: '409306' });
    expect(await pointersOf(app)).toEqual([['manage'], ['read'], undefined]);
  });

  it('is taken away from the creator, whose pointer stays and tells none', async () => {
    await grantRights(call(), 'other', ['manage']);
    await revokeRights(call(), 'demo');
    expect(table.app?.grants).toEqual({ other: ['manage'] });
    expect(await pointersOf(app)).toEqual([[], ['manage'], undefined]);
  });

  it('is gone where its pointer cannot be removed, and the log warns', async () => {
    await revokeRights(call({ attemptDelete: broken }), 'other');
    expect(table.app?.grants).toEqual({ demo: ['manage'] });
    expect(log.records()).toMatchObject([warning]);
  });
});

describe('an application that ends', () => {
  it('takes its pointers along', async () => {
    await endApp(call());
    expect(table.app?.status).toBe('deleted');
    expect(await pointersOf(app)).toEqual([undefined, undefined, undefined]);
    expect(log.records()).toEqual([]);
  });

  it('stays ended where one of them cannot be removed: the others go, and the log warns', async () => {
    const attemptDelete: Table['attemptDelete'] = (remove) =>
      String(remove.Key?.pk).endsWith('#demo') ? broken() : table.attemptDelete(remove);
    await endApp(call({ attemptDelete }));
    expect(table.app?.status).toBe('deleted');
    expect(await pointersOf(app)).toEqual([['manage'], undefined, undefined]);
    expect(log.records()).toMatchObject([warning]);
  });
});
