import type { App } from '../../lib/domain/app.ts';
import { appKey, appOf } from '../../lib/store/app-item.ts';
import type { Attempt, Table, Update } from '../../lib/store/table.ts';
import { MemoryTable, openMemoryTable } from '../evidence/interleavings/memory-table.ts';

/** What becomes of one update; `apply` carries it out. */
export type Fate = (apply: () => Attempt) => Attempt;

/** The fates that tests tell of. `lost` never arrives. */
export const fate = {
  asUsual: (apply) => apply(),
  lost: () => ({ outcome: 'unknown', error: 'lost' }),
  answerLost(apply) {
    apply();
    return { outcome: 'unknown', error: 'lost' };
  },
  tooBusy: () => ({ outcome: 'notApplied', error: 'throttled', isTooBusy: true }),
} as const satisfies Record<string, Fate>;

/** A memory table with at most one application, whose updates go as told, one after the other, and then as usual. */
export interface ScriptedTable extends Table {
  /** all updates that were tried */
  readonly sent: Update[];
  /** how many reads there were */
  readonly reads: number;
  /** the application as it stands */
  readonly app: App | undefined;
  /** what others make of the application; undefined: its item is gone */
  put(app: App | undefined): void;
}

export function scriptedTable(app: App | undefined, fates: readonly Fate[] = []): ScriptedTable {
  const memory = new MemoryTable();
  const table = openMemoryTable(memory);
  const key = appKey(app?.appId ?? 'none');
  const sent: Update[] = [];
  let reads = 0;
  const put = (changed: App | undefined) => {
    if (!changed) return void memory.write({ kind: 'delete', remove: { Key: { ...key } } });
    const { appId: _, ...attributes } = changed;
    memory.write({ kind: 'put', put: { Item: { ...key, ...attributes } } });
  };
  put(app);
  return {
    ...table,
    sent,
    put,
    get reads() {
      return reads;
    },
    get app() {
      return appOf(memory.get(key));
    },
    attemptUpdate: async (update) => {
      const told = fates[sent.length] ?? fate.asUsual;
      sent.push(update);
      return told(() => memory.write({ kind: 'update', update }));
    },
    attemptGet: (wanted) => {
      reads += 1;
      return table.attemptGet(wanted);
    },
  };
}

/** @returns a table on which others make this of the application just before the first update comes */
export function overtakenTable(app: App, others: App | undefined): ScriptedTable {
  const table: ScriptedTable = scriptedTable(app, [
    (apply) => {
      table.put(others);
      return apply();
    },
  ]);
  return table;
}
