import { beforeAll, expect, it, vi } from 'vitest';
import { aKey, aRecord, handle } from '../../support/apps.ts';
import { lambdaContext } from '../../support/events.ts';
import { startService, type TestService } from '../../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

async function runSweep(remainingMs?: number): Promise<void> {
  vi.resetModules();
  const { handler } = await import('../../../functions/sweep.ts');
  await handler({}, lambdaContext(remainingMs) as never);
}

const yesterday = Date.now() - 86_400_000;

function seedDue() {
  const requests = { old: aRecord({ at: yesterday, handle: handle('a') }) };
  const due = { dueShard: 'due#4', dueAt: yesterday };
  return service.seed({ keys: { [handle('a')]: aKey() }, keyCount: 1, requests, ...due } as never);
}

it('the scheduled function drops old records, and tells how many applications it swept', async () => {
  const app = await seedDue();
  await runSweep(300_000);
  expect((await service.item(app)).requests).toEqual({});
  const told = service.log.records().filter(({ event }) => event === 'sweep');
  expect(told).toMatchObject([{ level: 'INFO', swept: 1, changedMeanwhile: 0, failed: 0, isDone: true }]);
});

it('it does nothing when Lambda leaves it too little time, and says that it is not done', async () => {
  const app = await seedDue();
  await runSweep(20_000);
  expect((await service.item(app)).requests).not.toEqual({});
  expect(service.log.records().at(-1)).toMatchObject({ event: 'sweep', swept: 0, isDone: false });
});

it('it fails when it is not configured, so that the error is seen', async () => {
  vi.stubEnv('LAMBDA_TASK_ROOT', '/nowhere');
  await expect(runSweep()).rejects.toThrow('the function is not configured');
});
