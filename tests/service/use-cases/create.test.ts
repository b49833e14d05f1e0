import { describe, expect, it } from 'vitest';
import { deleteApp } from '../../../lib/domain/app.ts';
import { type RequestId, repeatable, requestId } from '../../../lib/domain/idempotency.ts';
import type { Caller } from '../../../lib/domain/policy.ts';
import { create } from '../../../lib/service/use-cases/create.ts';
import type { Table } from '../../../lib/store/table.ts';
import { anApp } from '../../support/apps.ts';
import { aCaller, changingCall } from '../../support/changing-call.ts';
import { type ScriptedTable, scriptedTable } from '../../support/scripted-table.ts';

const body = { name: ' x ', description: ' y ' };
const request = requestId(['demo', 'key']);
/** of the application that the request makes */
const appId = '4Q9o02GaP7luLZnJJa8d';

function callOf(table: Table, parts: { request?: RequestId; caller?: Caller } = {}) {
  return { ...changingCall(anApp(), table), request: undefined, ...parts };
}

/** A table on which the request has been answered, and what has become of its application since. */
async function answered(later: Partial<ReturnType<typeof anApp>> = {}): Promise<ScriptedTable> {
  const table = scriptedTable(anApp({ appId }));
  table.put(undefined);
  const { app } = await create(callOf(table, { request }), body);
  table.put({ ...app, ...later });
  return table;
}

describe('an application that is created', () => {
  it("is in the caller's realm and hands, and is stored", async () => {
    const memory = scriptedTable(undefined);
    const items: unknown[] = [];
    const attemptPut: Table['attemptPut'] = (put) => {
      items.push(put.Item);
      return memory.attemptPut(put);
    };
    const call = callOf({ ...memory, attemptPut }, { caller: aCaller({ realm: 'other' }) });
    const { app, isReplayed } = await create(call, body);
    expect(isReplayed).toBe(false);
    expect(app).toMatchObject({
      appId: expect.stringMatching(/^[A-Za-z0-9]{20}$/),
      realm: 'other',
      name: 'x',
      description: 'y',
      createdTime: call.deadline.now(),
      createdBy: 'demo',
      grants: { demo: ['manage'] },
      lastChange: { op: expect.stringMatching(/^[\da-f-]{36}$/), action: 'createApp', correlationId: 'c' },
    });
    expect(app).not.toHaveProperty('bodyHash');
    const { appId: pk, restrictions: _, ...attributes } = app;
    expect(items).toMatchObject([{ pk: 'member#other#demo' }, { pk, sk: 'app', ...attributes }]);
  });

  it('is another one each time, made by another operation', async () => {
    const made = [await create(callOf(scriptedTable(undefined)), body)];
    made.push(await create(callOf(scriptedTable(undefined)), body));
    expect(new Set(made.map(({ app }) => app.appId)).size).toBe(2);
    expect(new Set(made.map(({ app }) => app.lastChange.op)).size).toBe(2);
  });

  it('is the same for the same request, by every version of the service', async () => {
    const { app } = await create(callOf(scriptedTable(undefined), { request }), body);
    expect(app).toMatchObject({ appId, bodyHash: repeatable(request, { name: 'x', description: 'y' }).bodyHash });
  });
});

it('an application whose answer was lost is answered as it stands, though others have taken it away since', async () => {
  const table = scriptedTable(anApp({ appId }));
  table.put(undefined);
  const attemptPut: Table['attemptPut'] = async (put) => {
    const attempt = await table.attemptPut(put);
    if (put.Item?.sk !== 'app' || attempt.outcome !== 'applied') return attempt;
    const made = table.app ?? expect.fail();
    table.put({ ...made, grants: { other: ['manage'] } });
    return { outcome: 'unknown', error: 'lost' };
  };
  const { app, isReplayed } = await create(callOf({ ...table, attemptPut }, { request }), body);
  expect([app.grants, isReplayed]).toEqual([{ other: ['manage'] }, false]);
});

describe('a request that was answered before', () => {
  it('is answered with the application as it stands', async () => {
    const table = await answered({ name: 'renamed' });
    const { app, isReplayed } = await create(callOf(table, { request }), body);
    expect([app.name, isReplayed]).toEqual(['renamed', true]);
  });

  it.each([
    ['from the application', { grants: { demo: ['read'] } }, []],
    ['from a token of this partition', { grants: {} }, ['account:read:hrn:olp:account::myrealm:app/*']],
  ] as const)('is answered to who may read it by a right %s', async (_, later, permissions) => {
    const call = callOf(await answered(later), { request, caller: aCaller({ permissions }) });
    expect((await create(call, body)).isReplayed).toBe(true);
  });

  it.each([
    { name: 'x', description: 'y' },
    { description: 'y\t', name: 'x' },
  ])('is answered to %j too, which asks for the same', async (same) => {
    expect((await create(callOf(await answered(), { request }), same)).isReplayed).toBe(true);
  });

  it('422409 with another body', async () => {
    const call = callOf(await answered(), { request });
    await expect(create(call, { ...body, name: 'other' })).rejects.toMatchObject({ code: '422409' });
  });

  it('404660, whatever the body, where the caller has lost every right', async () => {
    const table = await answered({ grants: { other: ['manage'] } });
    for (const name of [body.name, 'other']) {
      const again = create(callOf(table, { request }), { ...body, name });
      await expect(again).rejects.toMatchObject({ code: '404660' });
    }
  });

  it('404660 where another principal has deleted the application, and the caller has no right on it', async () => {
    const table = await answered();
    const made = table.app ?? expect.fail();
    table.put({ ...deleteApp(made), lastChange: { ...made.lastChange, by: 'other', action: 'deleteApp' } });
    for (const name of [body.name, 'other']) {
      const again = create(callOf(table, { request }), { ...body, name });
      await expect(again).rejects.toMatchObject({ code: '404660' });
    }
    const permissions = ['account:read:hrn:olp:account::myrealm:app/*'];
    const call = callOf(table, { request, caller: aCaller({ permissions }) });
    await expect(create(call, body)).rejects.toMatchObject({ code: '409306' });
  });

  it('409306 where the caller has deleted the application since', async () => {
    const table = await answered();
    table.put(deleteApp(table.app ?? expect.fail()));
    await expect(create(callOf(table, { request }), body)).rejects.toMatchObject({
      code: '409306',
      parts: {
        cause: 'The application that this request created has been deleted since.',
        action: 'Create another application with a new Idempotency-Key.',
      },
    });
  });
});
