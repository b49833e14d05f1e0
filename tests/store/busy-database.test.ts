import { expect, inject, it } from 'vitest';
import { openTable } from '../../lib/store/dynamodb.ts';
import { type FailurePlan, startFailingDatabase } from '../support/failing-database.ts';
import { startService } from '../support/service.ts';

it('a database that throttles everything is too busy after 100 attempts, and no longer when it answers again', async () => {
  const database = await startFailingDatabase(inject('endpoint'));
  const { tableName } = await startService({}, { AWS_ENDPOINT_URL_DYNAMODB: database.endpoint });
  const table = openTable(tableName);
  const plan: FailurePlan = { needles: ['busy'], failure: 'Throttling', at: undefined, requests: 0 };
  database.plans.add(plan);
  const attempt = () => table.attemptGet({ pk: 'busy', sk: 'app' });
  for (let time = 0; time < 100; time += 1) {
    expect(await attempt()).toMatchObject({ outcome: 'failed', isTooBusy: false });
  }
  expect(await attempt()).toMatchObject({ outcome: 'failed', isTooBusy: true });
  database.plans.clear();
  for (let time = 0; time < 11; time += 1) await attempt();
  database.plans.add(plan);
  expect(await attempt()).toMatchObject({ outcome: 'failed', isTooBusy: false });
  database.stop();
});
