import type { App } from '../domain/app.ts';
import type { Item, ItemKey } from './table.ts';

export function appKey(appId: string): ItemKey {
  return { pk: appId, sk: 'app' };
}

/** @returns the application that an item holds; what this service wrote is not checked again */
export function appOf(item: Item | undefined): App | undefined {
  if (item?.sk !== 'app') return undefined;
  const maps = { grants: {}, keys: {}, removed: {}, requests: {}, lastUsed: {}, issuers: [] };
  return { ...maps, ...item, appId: item.pk } as unknown as App;
}
