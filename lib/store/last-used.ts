import type { KeyHandle } from '../domain/api-key-id.ts';
import { expr, path, toUpdate } from './expression.ts';
import { type Deadline, timeLeft } from './settle.ts';
import type { Attempt, Item, ItemKey, Table } from './table.ts';

/** A use of a key, in ms since the epoch. */
export interface Use {
  readonly appId: string;
  readonly handle: KeyHandle;
  readonly at: number;
  /** a use is written down once in such a period, by whichever process comes first */
  readonly periodMs: number;
  /** of the key; -1: never */
  readonly expiresAt: number;
}

/** When keys were last used, in ms since the epoch, as far as that was written down. */
export type LastUses = ReadonlyMap<KeyHandle, number>;

/** A time of use stays so long after the key's expiry; of a key that never expires, after the use. */
const keptSeconds = 400 * 24 * 60 * 60;

/** Clocks may differ by so much. */
const clockSkewMs = 60_000;

/** Each key has an item of its own for this, so that whoever writes it can change nothing that decides about the key. */
function useKey(appId: string, handle: KeyHandle): ItemKey {
  return { pk: `used#${appId}`, sk: handle };
}

/** A read of times of use is given up after so many ms: no answer waits longer for what it can do without. */
const patienceMs = 1_000;

/**
 * Writes down when a key was used, in one attempt. What is there stays if it is less than a period old; what is no time,
 * or lies ahead, does not.
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

/** @returns when one key was last used; undefined also where that cannot be read */
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
 * @returns when they were last used, eventually consistent, as far as that can be read
 */
export async function lastUsesOf(
  table: Table,
  appId: string,
  handles: readonly KeyHandle[],
  deadline: Deadline,
): Promise<LastUses> {
  return (handles.length > 0 && (await readUses(table, appId, handles, deadline))) || new Map();
}

/** The same, but undefined where it cannot be read. */
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

/** Whoever verifies keys can write such an item: what is no time of the past counts as none. */
function timeIn(item: Item | undefined, now: number): number | undefined {
  const at = item?.at;
  return typeof at === 'number' && Number.isSafeInteger(at) && at > 0 && at <= now + clockSkewMs ? at : undefined;
}
