import { randomBytes } from 'node:crypto';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { localClient } from '../../infra/local/table.ts';
import { formatApiKeyId, handleOf } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import { type Addition, addApiKey } from '../../lib/store/add-api-key.ts';
import { openTable } from '../../lib/store/dynamodb.ts';
import type { Attempt, Table, Update } from '../../lib/store/table.ts';
import { fakeDeadline } from '../support/fake-deadline.ts';
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
  const standing = { fromToken: [], principal: 'demo' };
  return { app, handle, key, change, standing, maxKeys: 2, now: Date.now() };
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
      const removed = {
        [addition.handle]: { at: Date.now(), until: Date.now() + 600_000, op: 'x', why: 'deleted' },
      } as App['removed'];
      await service.seed({ ...app, keys: {}, keyCount: 0, removed });
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

describe('late copies of a write', () => {
  it('after success: change nothing', async () => {
    const app = await service.seed();
    const copy = late();
    await addApiKey(behaving(copy.behaviour), additionTo(app), fakeDeadline());
    const before = await service.item(app);
    expect(await copy.deliver()).toMatchObject({ outcome: 'refused' });
    expect(await service.item(app)).toEqual(before);
  });

  it('after a refusal: leave no key that nobody holds, though a place is free by then', async () => {
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

  it('a fence whose own answer is lost is one fence', async () => {
    const app = await service.seed(full);
    const refusal = addApiKey(behaving(lostRequest, applied, lostAnswer), additionTo(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject({ code: '409303' });
    expect(Object.keys((await service.item(app)).removed)).toHaveLength(1);
  });

  it('unknown, then open, then refused: fenced, because the first copy may still arrive', async () => {
    const key = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: 1_000 };
    const app = await service.seed({ keyCount: 2, keys: { a: key, b: { ...key, expiresAt: -1 } } as App['keys'] });
    const filled: Behaviour = async (update, apply) => {
      await service.seed({
        ...app,
        keys: { a: { ...key, expiresAt: -1 }, b: { ...key, expiresAt: -1 } } as App['keys'],
      });
      return apply(update);
    };
    const refusal = addApiKey(behaving(lostRequest, applied, filled), additionTo(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject({ code: '409303' });
    expect(Object.values((await service.item(app)).removed)).toMatchObject([{ why: 'fenced' }]);
  });

  it("an application of another realm under a name of the caller's own is not touched by a fence", async () => {
    const app = await service.seed({ realm: 'third' });
    const addition = additionTo({ ...app, realm: 'myrealm' });
    await expect(addApiKey(behaving(lostRequest), addition, fakeDeadline())).rejects.toMatchObject({ code: '404660' });
    expect(await service.item(app)).toMatchObject({ rev: app.rev, removed: {} });
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
  it('is tried again: a place that has come free is taken', async () => {
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

  it('a key that was added meanwhile counts: an expired one does not make two places', async () => {
    const key = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: 1_000 };
    const keys = { a: key, b: { ...key, expiresAt: -1 } } as App['keys'];
    const app = await service.seed({ keyCount: 2, keys });
    const added: Behaviour = async (update, apply) => {
      await service.seed({ ...app, keyCount: 3, keys: { ...keys, c: { ...key, expiresAt: -1 } } as App['keys'] });
      return apply(update);
    };
    const refusal = addApiKey(behaving(applied, added), additionTo(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject({ code: '409303' });
  });

  it('tombstones that came meanwhile count: pruning does not let them grow without end', async () => {
    const [old, fresh] = [
      { at: 1, until: 2 },
      { at: Date.now(), until: Date.now() + 600_000 },
    ];
    const many = (count: number, times: object) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          `g${Object.keys(times).length}${i}`,
          { ...times, op: 'x', why: 'deleted' },
        ]),
      );
    const app = await service.seed({ removed: many(100, old) as unknown as App['removed'] });
    const grown: Behaviour = async (update, apply) => {
      await service.seed({
        ...app,
        removed: { ...many(1, old), ...many(100, { ...fresh, n: 1 }) } as unknown as App['removed'],
      });
      return apply(update);
    };
    const refusal = addApiKey(behaving(applied, grown), additionTo(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject({ code: '429003' });
  });

  it('an expired key stays while there is a free place', async () => {
    const key = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: 1_000 };
    const app = await service.seed({ keyCount: 1, keys: { a: key } as App['keys'] });
    const refused: Behaviour = async () => ({ outcome: 'refused', item: undefined });
    await addApiKey(behaving(refused), additionTo(app), fakeDeadline());
    expect((await service.item(app)).keyCount).toBe(2);
  });

  it('an expired key that was revived keeps its place', async () => {
    const key = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: 1_000 };
    const keys = { a: key, b: { ...key, expiresAt: -1 } } as App['keys'];
    const app = await service.seed({ keyCount: 2, keys });
    const revived: Behaviour = async (update, apply) => {
      await service.seed({ ...app, keys: { ...keys, a: { ...key, expiresAt: -1 } } as App['keys'] });
      return apply(update);
    };
    const refusal = addApiKey(behaving(applied, revived), additionTo(app), fakeDeadline());
    await expect(refusal).rejects.toMatchObject({ code: '409303' });
    expect(Object.keys((await service.item(app)).keys)).toEqual(['a', 'b']);
  });
});
