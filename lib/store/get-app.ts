import type { App } from '../domain/app.ts';
import { appKey, appOf } from './app-item.ts';
import { type Deadline, read, type Settled } from './settle.ts';
import type { Table } from './table.ts';

/** @returns the application as it is now, even if it is deleted */
export async function getApp(
  table: Table,
  appId: string,
  deadline: Deadline,
  inDoubt = false,
): Promise<App | undefined> {
  return appOf(await read(deadline, (ms) => table.attemptGet(appKey(appId), ms), inDoubt));
}

/** @returns the application that rejected a write: the one in the rejection if there is one, otherwise as it is now */
export async function refusedApp(
  table: Table,
  appId: string,
  settled: Settled,
  deadline: Deadline,
): Promise<App | undefined> {
  return settled.item === undefined ? getApp(table, appId, deadline, settled.inDoubt) : appOf(settled.item);
}
