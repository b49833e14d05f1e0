import { beforeAll, expect, it } from 'vitest';
import { makeDue } from '../../infra/scripts/due.ts';
import { sweep } from '../../lib/service/use-cases/sweep.ts';
import { openTable } from '../../lib/store/dynamodb.ts';
import { aKey, handle } from '../support/apps.ts';
import { database } from '../support/calls.ts';
import { fakeDeadline } from '../support/fake-deadline.ts';
import { startService, type TestService } from '../support/service.ts';
import { testSettings } from '../support/settings.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

it('lets the sweep find what is due by other settings, in each application but deleted ones', async () => {
  const keys = { keys: { [handle('a')]: aKey({ createdTime: 1 }) }, keyCount: 1 };
  const apps = [await service.seed(keys), await service.seed(keys)];
  const { listKey: _, ...unlisted } = await service.seed({ status: 'deleted' });
  await service.seed({ ...unlisted, listKey: undefined } as never);
  const now = Date.now();
  expect(await makeDue(database(), service.tableName, now)).toBe(2);
  const sweeper = {
    table: openTable(service.tableName),
    settings: testSettings({ eventBus: 'audit' }),
    announce: async (_: unknown, notices: readonly unknown[]) => notices.length,
  };
  const swept = await sweep(sweeper, { now, hasTime: () => true, newDeadline: () => fakeDeadline() });
  expect(swept).toMatchObject({ swept: 2, announced: 2 });
  for (const app of apps) expect((await service.item(app)).rev).toBe(app.rev);
});
