import type { App } from '../domain/app.ts';
import { appKey } from './app-item.ts';
import { refusedApp } from './get-app.ts';
import { addMember, removeMember } from './members.ts';
import { type Deadline, settle } from './settle.ts';
import type { Table } from './table.ts';

/** The application as it stands, and whether this request made it. */
export interface Created {
  readonly app: App;
  readonly isOurs: boolean;
}

/**
 * Writes a new application, once, however often answers are lost. Its `appId` is random, or of this very request: who
 * finds it there has made it, or another copy of the request has.
 * @throws ApiError 503000 when the table does not answer in time
 */
export async function createApp(table: Table, app: App, deadline: Deadline): Promise<Created> {
  const { appId, restrictions, ...others } = app;
  const attributes = { ...others, ...(Object.keys(restrictions).length > 0 && { restrictions }) };
  const stamp = await addMember(table, app, app.createdBy, deadline);
  const put = { Item: { ...appKey(appId), ...attributes }, ConditionExpression: 'attribute_not_exists(pk)' };
  const settled = await settle(deadline, (ms) => table.attemptPut(put, ms));
  if (settled.applied) return { app, isOurs: true };
  const stored = await refusedApp(table, appId, settled, deadline);
  if (!stored) throw new Error('an application was refused because it is there, and is not there');
  const isSameSortKey = stored.listKey === app.listKey;
  if (!isSameSortKey) await removeMember(table, app, app.createdBy, stamp, deadline, settled.inDoubt);
  const isOurs = settled.inDoubt && isSameSortKey && stored.bodyHash === app.bodyHash;
  return { app: stored, isOurs };
}
