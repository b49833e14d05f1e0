import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../../lib/domain/app.ts';
import { type Sweeper, type SweepTime, sweep } from '../../../lib/service/use-cases/sweep.ts';
import { openTable } from '../../../lib/store/dynamodb.ts';
import type { Table } from '../../../lib/store/table.ts';
import { aKey, aRecord, aTombstone, handle } from '../../support/apps.ts';
import { fakeDeadline } from '../../support/fake-deadline.ts';
import { startService, type TestService } from '../../support/service.ts';
import { testSettings } from '../../support/settings.ts';

const day = 86_400_000;
let service: TestService;
let table: Table;

beforeAll(async () => {
  service = await startService();
  table = openTable(service.tableName);
});

/** Whatever a test has left behind is swept, a long time later. */
beforeEach(async () => {
  await sweep(over(table), timeOf(Date.UTC(2100, 0, 1)));
});

function over(table: Table): Sweeper {
  return { table, settings: testSettings() };
}

function timeOf(now: number, parts: Partial<SweepTime> = {}): SweepTime {
  return { now, hasTime: () => true, newDeadline: () => fakeDeadline(), ...parts };
}

/** An application that is due for its oldest record. */
function seedDue(records: Record<string, number>, parts: Partial<App> = {}): Promise<App> {
  const requests = Object.fromEntries(
    Object.entries(records).map(([name, at]) => [name, aRecord({ at, handle: handle('a') })]),
  );
  const dueAt = Math.min(...Object.values(records)) + day;
  return service.seed({ keys: { [handle('a')]: aKey() }, keyCount: 1, requests, ...due(dueAt), ...parts });
}

function due(dueAt: number, dueShard = 'due#3'): Partial<App> {
  return { dueShard, dueAt } as Partial<App>;
}

/** Each test has a time of its own. */
let hours = 0;
function nextTime(): number {
  hours += 100;
  return Date.UTC(2031, 0, 1) + hours * 3_600_000;
}

const nothing = { swept: 0, changedMeanwhile: 0, failed: 0, announced: 0, unannounced: 0, ended: 0, isDone: true };

describe('the sweep', () => {
  it('drops records of 24 hours and no others, and is no change to the application', async () => {
    const now = nextTime();
    const app = await seedDue({ old: now - day, young: now - day + 1 }, { removed: { [handle('t')]: aTombstone() } });
    expect(await sweep(over(table), timeOf(now))).toEqual({ ...nothing, swept: 1 });
    const { requests, removed, rev, lastChange, ...rest } = await service.item(app);
    expect([Object.keys(requests), removed, rev, lastChange]).toEqual([['young'], {}, app.rev, app.lastChange]);
    expect(rest).toMatchObject({ dueAt: now + 1, keyCount: 1, keys: app.keys });
  });

  it('takes an application without records out of its index, and finds nothing the next time', async () => {
    const now = nextTime();
    const app = await seedDue({ old: now - day });
    await sweep(over(table), timeOf(now));
    expect(await service.item(app)).not.toHaveProperty('dueAt');
    expect(await sweep(over(table), timeOf(now))).toMatchObject({ swept: 0, isDone: true });
  });

  it('finds the record of a real request a day later', async () => {
    const app = await service.seed();
    await service.generate(app, { name: 'x' }, { 'Idempotency-Key': 'swept' });
    const [record] = Object.values((await service.item(app)).requests);
    const at = record?.at ?? expect.fail();
    await sweep(over(table), timeOf(at + day - 1));
    expect(Object.keys((await service.item(app)).requests)).toHaveLength(1);
    await sweep(over(table), timeOf(at + day));
    expect((await service.item(app)).requests).toEqual({});
  });

  it('goes through more than one page of each part of the index', async () => {
    const now = nextTime();
    await Promise.all(
      Array.from({ length: 210 }, (_, index) =>
        seedDue({ old: now - day - index }, due(now - index, `due#${index % 2}`)),
      ),
    );
    expect(await sweep(over(table), timeOf(now))).toMatchObject({ swept: 210, isDone: true });
  });

  it('ends when its time is over, and the next run does the rest', async () => {
    const now = nextTime();
    await seedDue({ old: now - day }, due(now, 'due#1'));
    await seedDue({ old: now - day }, due(now, 'due#2'));
    const turns = [true, false];
    const first = await sweep(over(table), timeOf(now, { hasTime: () => turns.shift() ?? false }));
    expect(first).toMatchObject({ swept: 1, isDone: false });
    expect(await sweep(over(table), timeOf(now))).toMatchObject({ swept: 1, isDone: true });
  });

  it('twice at once does no harm', async () => {
    const now = nextTime();
    const app = await seedDue({ old: now - day, young: now - 1 });
    const runs = await Promise.all([sweep(over(table), timeOf(now)), sweep(over(table), timeOf(now))]);
    expect(runs.map(({ failed }) => failed)).toEqual([0, 0]);
    expect(Object.keys((await service.item(app)).requests)).toEqual(['young']);
  });

  it('leaves an application to a change that comes first, which drops the records itself', async () => {
    const now = nextTime();
    const app = await seedDue({ old: now - day });
    const overtaken: Table = {
      ...table,
      async attemptUpdate(...write) {
        await service.call('updateApp', {
          path: { app: encodeURIComponent(`hrn:here:account::myrealm:app/${app.appId}`) },
          body: { name: 'new' },
        });
        return table.attemptUpdate(...write);
      },
    };
    expect(await sweep(over(overtaken), timeOf(now))).toMatchObject({ swept: 0, changedMeanwhile: 1 });
  });

  it('goes past what no application is, and one that is broken, and says so in the log', async () => {
    const now = nextTime();
    const ghosts = ['used#ghost', 'rate#ghost', 'member#ghost'].map((pk) => ({ pk, sk: 'app' }));
    const foreign = [...ghosts, { pk: 'foreign', sk: 'x' }];
    const broken = { pk: 'broken', sk: 'app' };
    for (const key of foreign) await table.attemptPut({ Item: { ...key, dueShard: 'due#0', dueAt: 0 } });
    await table.attemptPut({ Item: { ...broken, requests: 7, dueShard: 'due#0', dueAt: now - 1 } });
    await seedDue({ old: now - day }, due(now, 'due#0'));
    expect(await sweep(over(table), timeOf(now))).toMatchObject({ swept: 1, failed: 1, isDone: true });
    const failures = service.log.records().filter(({ event }) => event === 'sweep');
    expect(failures).toMatchObject([{ level: 'ERROR', appId: 'broken' }]);
    for (const key of [...foreign, broken]) await table.attemptDelete({ Key: key });
  });

  it('finds more applications than one page holds though all are due at the same millisecond', async () => {
    const now = nextTime();
    await Promise.all(Array.from({ length: 210 }, () => seedDue({ old: now - day }, due(now, 'due#5'))));
    expect(await sweep(over(table), timeOf(now))).toMatchObject({ swept: 210, isDone: true });
  });

  it('goes on after one application that cannot be reached, and gives up after three in a row', async () => {
    const now = nextTime();
    const apps = await Promise.all(Array.from({ length: 3 }, () => seedDue({ old: now - day })));
    const failing = (ids: readonly string[]): Table => ({
      ...table,
      attemptGet: async (key, ...rest) =>
        ids.includes(key.pk) ? { outcome: 'failed', error: 'down' } : table.attemptGet(key, ...rest),
    });
    const ids = apps.map(({ appId }) => appId);
    expect(await sweep(over(failing(ids.slice(0, 1))), timeOf(now))).toMatchObject({
      swept: 2,
      failed: 1,
      isDone: true,
    });
    await Promise.all(apps.slice(1).map(({ appId }) => seedDue({ old: now - day }, { appId })));
    await expect(sweep(over(failing(ids)), timeOf(now))).rejects.toMatchObject({ code: '503000' });
  });

  it('503000 when the table cannot be reached', async () => {
    const down: Table = { ...table, attemptQuery: async () => ({ outcome: 'failed', error: 'down' }) };
    await expect(sweep(over(down), timeOf(nextTime()))).rejects.toMatchObject({ code: '503000' });
  });
});
