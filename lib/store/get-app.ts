import type { App } from '../domain/app.ts';
import { appKey, appOf } from './app-item.ts';
import { type Deadline, read } from './settle.ts';
import type { Table } from './table.ts';

/** @returns the application as it is now, one that is deleted included */
export async function getApp(table: Table, appId: string, deadline: Deadline, doubt = false): Promise<App | undefined> {
  return appOf(await read(table, appKey(appId), deadline, doubt));
}
