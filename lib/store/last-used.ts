import type { KeyHandle } from '../domain/api-key-id.ts';
import { expr, path, toUpdate } from './expression.ts';
import { type Deadline, timeLeft } from './settle.ts';
import type { Attempt, Item, ItemKey, Table } from './table.ts';

/** A use of a key, in ms since the epoch. */
export interface Use {
  readonly appId: string;
  readonly handle: KeyHandle;
  readonly at: number;
  /** A use is recorded once in this period, by the process that comes first. */
  readonly periodMs: number;
  /** Expiry of the key; -1: never. */
  readonly expiresAt: number;
}

/** When keys were last used, in ms since the epoch, as far as it was recorded. */
export type LastUses = ReadonlyMap<KeyHandle, number>;

/** How long a time of use is kept after the key's expiry, or after the use if the key never expires. */
const keptSeconds = 400 * 24 * 60 * 60;

/** How far clocks can differ. */
const clockSkewMs = 60_000;

/**
 * Each key has an item of its own for this. So a role that can write times of use can change nothing that decides about
 * the key.
 */
function useKey(appId: string, handle: KeyHandle): ItemKey {
  return { pk: `used#${appId}`, sk: handle };
}

/** How long a read of times of use can take, in ms. Responses don't wait longer for an optional field. */
const patienceMs = 1_000;

/**
 * Records a use of a key, in one attempt. A stored time stays if it is less than a period old. A stored value that is
 * not a time, or is in the future, is replaced.
 */
export function recordUse(
  table: Pick<Table, 'attemptUpdate'>,
  { appId, handle, at, periodMs, expiresAt }: Use,
): Promise<Attempt> {
  const ttl = Math.ceil(Math.max(at, expiresAt) / 1_000) + keptSeconds;
  const stored = path('at');
  const update = toUpdate({
    key: useKey(appId, handle),
    set: [expr`${stored} = ${at}`, expr`${path('ttl')} = ${ttl}`],
    where: [expr`NOT ${stored} > ${at - periodMs} OR ${stored} > ${at + clockSkewMs}`],
  });
  return table.attemptUpdate({ ...update, ReturnValuesOnConditionCheckFailure: 'NONE' });
}

/** @returns when one key was last used; undefined if it is not recorded or can't be read */
export async function lastUseOf(
  table: Table,
  appId: string,
  handle: KeyHandle | undefined,
  deadline: Deadline,
): Promise<number | undefined> {
  if (handle === undefined) return undefined;
  const attempt = await table.attemptGet(useKey(appId, handle), patienceOf(deadline), ['at']);
  return attempt.outcome === 'read' ? timeIn(attempt.found, deadline.now()) : undefined;
}

/**
 * @param handles at most 100
 * @returns when they were last used, eventually consistent; what can't be read is missing
 */
export async function lastUsesOf(
  table: Table,
  appId: string,
  handles: readonly KeyHandle[],
  deadline: Deadline,
): Promise<LastUses> {
  return (handles.length > 0 && (await readUses(table, appId, handles, deadline))) || new Map();
}

/** The same, but undefined if the times can't be read. */
export async function readUses(
  table: Table,
  appId: string,
  handles: readonly KeyHandle[],
  deadline: Deadline,
): Promise<LastUses | undefined> {
  const keys = handles.map((handle) => useKey(appId, handle));
  const attempt = await table.attemptBatchGet(keys, patienceOf(deadline));
  if (attempt.outcome !== 'read') return undefined;
  const items = attempt.found;
  return new Map(
    items.flatMap((item) => {
      const time = timeIn(item, deadline.now());
      return time === undefined ? [] : [[item.sk as KeyHandle, time] as const];
    }),
  );
}

function patienceOf(deadline: Deadline): number {
  return Math.min(patienceMs, timeLeft(deadline, false));
}

/** Every verifier's role can write such an item. So a value that is not a time in the past counts as none. */
function timeIn(item: Item | undefined, now: number): number | undefined {
  const at = item?.at;
  return typeof at === 'number' && Number.isSafeInteger(at) && at > 0 && at <= now + clockSkewMs ? at : undefined;
}
