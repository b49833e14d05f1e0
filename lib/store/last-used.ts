import type { KeyHandle } from '../domain/api-key-id.ts';
import { appKey, latestUse } from './app-item.ts';
import { expr, path, toUpdate } from './expression.ts';
import type { Attempt, Table } from './table.ts';

/** A use of a key that was found in the application's item, in ms since the epoch. */
export interface Use {
  readonly appId: string;
  readonly handle: KeyHandle;
  readonly at: number;
  /** a use is written down once in such a period, by whoever comes first */
  readonly periodMs: number;
}

/**
 * Writes down when a key was used, in one attempt. It names no attribute but `lastUsed` and the item's key, so that
 * whoever may do just this can change nothing else.
 */
export function recordUse(table: Table, { appId, handle, at, periodMs }: Use): Promise<Attempt> {
  const lastUsed = path('lastUsed', handle);
  const update = toUpdate({
    key: appKey(appId),
    set: [expr`${lastUsed} = ${at}`, expr`${latestUse} = ${handle}`],
    where: [
      expr`attribute_exists(${path('pk')})`,
      expr`attribute_not_exists(${lastUsed}) OR ${lastUsed} <= ${at - periodMs}`,
    ],
  });
  return table.attemptUpdate({ ...update, ReturnValuesOnConditionCheckFailure: 'NONE' });
}
