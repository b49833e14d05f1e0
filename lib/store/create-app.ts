import type { App } from '../domain/app.ts';
import { appKey } from './app-item.ts';
import { refusedApp } from './get-app.ts';
import { addMember, removeMember } from './members.ts';
import { type Deadline, settle } from './settle.ts';
import type { Table } from './table.ts';

/** The application as it is, and whether this request created it. */
export interface Created {
  readonly app: App;
  readonly isOurs: boolean;
}

/**
 * Writes a new application once, however often responses are lost. Its `appId` is random, or derived from this request.
 * So an application with this ID was created by this request, or by another copy of it.
 * @throws ApiError 503000 if the table does not respond in time
 */
export async function createApp(table: Table, app: App, deadline: Deadline): Promise<Created> {
  const { appId, restrictions, ...others } = app;
  const attributes = { ...others, ...(Object.keys(restrictions).length > 0 && { restrictions }) };
  const stamp = await addMember(table, app, app.createdBy, deadline);
  const put = { Item: { ...appKey(appId), ...attributes }, ConditionExpression: 'attribute_not_exists(pk)' };
  const settled = await settle(deadline, (ms) => table.attemptPut(put, ms));
  if (settled.applied) return { app, isOurs: true };
  const stored = await refusedApp(table, appId, settled, deadline);
  if (!stored) throw new Error('a new application was rejected because it exists, but it does not exist');
  const isSameSortKey = stored.listKey === app.listKey;
  if (!isSameSortKey) await removeMember(table, app, app.createdBy, stamp, deadline, settled.inDoubt);
  const isOurs = settled.inDoubt && isSameSortKey && stored.bodyHash === app.bodyHash;
  return { app: stored, isOurs };
}
