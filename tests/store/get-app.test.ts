import { expect, it } from 'vitest';
import { getApp, refusedApp } from '../../lib/store/get-app.ts';
import { anApp } from '../support/apps.ts';
import { fakeDeadline } from '../support/fake-deadline.ts';
import { scriptedTable } from '../support/scripted-table.ts';

const app = anApp();
const told = { pk: app.appId, sk: 'app', name: 'told with the refusal' };

it.each([
  ['that the engine told', told, 'told with the refusal', 0],
  ['none, where the engine told that', null, undefined, 0],
  ['as it is now, where the engine does not tell', undefined, 'an app', 1],
])('the application that refused a write: %s', async (_, item, name, reads) => {
  const table = scriptedTable(app);
  const found = await refusedApp(table, app.appId, { applied: false, item, inDoubt: false }, fakeDeadline());
  expect([found?.name, table.reads]).toEqual([name, reads]);
});

it.each([
  ['in doubt, the end of the time says that it is not known', true],
  ['without doubt, it does not say so', false],
])('%s', async (_, inDoubt) => {
  const table = {
    ...scriptedTable(app),
    attemptGet: async () => ({ outcome: 'failed', error: 'lost', isTooBusy: true }) as const,
  };
  const refused = refusedApp(table, app.appId, { applied: false, item: undefined, inDoubt }, fakeDeadline());
  const refusal = await refused.catch((error) => error);
  expect(refusal).toMatchObject({ code: '503000', parts: { why: 'lost' } });
  expect(/not known/.test(refusal.parts.cause)).toBe(inDoubt);
  await expect(getApp(table, app.appId, fakeDeadline())).rejects.not.toHaveProperty('parts.cause');
});
