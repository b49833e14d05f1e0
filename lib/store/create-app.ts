import type { App } from '../domain/app.ts';
import { appKey, appOf } from './app-item.ts';
import { getApp } from './get-app.ts';
import { type Deadline, settle } from './settle.ts';
import type { Table } from './table.ts';

/**
 * Writes a new application, once, however often answers are lost: its random `appId` makes it ours.
 * @returns the application as it stands after the write
 * @throws ApiError 503000 when the table does not answer in time
 */
export async function createApp(table: Table, app: App, deadline: Deadline): Promise<App> {
  const { appId, ...attributes } = app;
  const { applied, item } = await settle(deadline, () =>
    table.attemptPut({
      Item: { ...appKey(appId), ...attributes },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  if (applied) return app;
  const stored = appOf(item) ?? (await getApp(table, appId, deadline, true));
  if (stored?.createdBy !== app.createdBy || stored.createdTime !== app.createdTime) {
    throw new Error('a generated application id is taken');
  }
  return stored;
}
