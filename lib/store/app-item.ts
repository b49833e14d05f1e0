import type { App, Change } from '../domain/app.ts';
import { expr, type Fragment, path } from './expression.ts';
import type { Item, ItemKey } from './table.ts';

export function appKey(appId: string): ItemKey {
  return { pk: appId, sk: 'app' };
}

/** @returns the application that an item holds; what this service wrote is not checked again */
export function appOf(item: Item | null | undefined): App | undefined {
  if (item?.sk !== 'app') return undefined;
  const maps = { grants: {}, keys: {}, removed: {}, requests: {}, lastUsed: {}, issuers: [] };
  return { ...maps, ...item, appId: item.pk } as unknown as App;
}

/** What every change to an application writes beside what it changes. */
export function recorded(change: Change): Fragment[] {
  return [expr`${path('rev')} = ${path('rev')} + ${1}`, expr`${path('lastChange')} = ${change}`];
}

/**
 * Set by the writes that only tell when a key was used, and removed by every change, so that the table's stream can
 * leave those writes out.
 */
export const latestUse = path('lastUsed', 'latest');
