import type { ApiKey } from '../domain/api-key.ts';
import type { KeyHandle } from '../domain/api-key-id.ts';
import type { App, Change } from '../domain/app.ts';
import { ApiError } from '../domain/errors.ts';
import { type Clearance, type Generation, type Judgement, judgeGeneration } from '../domain/generation.ts';
import { maxRecords, tombstoneOf } from '../domain/housekeeping.ts';
import { type RequestRecord, repeatableMs } from '../domain/idempotency.ts';
import { actionsThatInclude, includes, type Standing } from '../domain/policy.ts';
import { appKey, latestUse, recorded } from './app-item.ts';
import { expr, type Fragment, path, toUpdate } from './expression.ts';
import { refusedApp } from './get-app.ts';
import { backOff, type Deadline, settle } from './settle.ts';
import type { Table, Update } from './table.ts';

/** What `lastChange` says of a fence, which is no change that anybody made. */
export const fenced = 'fenceApiKey';

/** A key to add, with all that its one write needs. */
export interface Addition extends Generation {
  readonly key: ApiKey;
  readonly change: Change;
  /** what is kept of the request, if it came with an Idempotency-Key */
  readonly record?: RequestRecord | undefined;
}

/** The key as it is stored, and whose it is: this request's own, or that of an earlier copy of it. */
export interface Added {
  readonly key: ApiKey;
  readonly handle: KeyHandle;
  readonly replayed?: RequestRecord;
}

/**
 * Adds a key to an application in one conditional write, which checks in the same step everything that could refuse
 * it. The handle is a hash of 32 bytes that nobody else has: a key found under it is this request's own, and a second
 * copy of the write is refused.
 * @throws ApiError 404660, 403403, 422409, 409305, 409306, 400337, 409303 or 429003: why the application refuses it
 * @throws ApiError 503000 when the table does not answer in time
 */
export async function addApiKey(table: Table, wanted: Addition, deadline: Deadline): Promise<Added> {
  const { handle, key } = wanted;
  let clearance: Clearance | undefined;
  let doubt = false;
  for (let refusals = 0; ; refusals += 1) {
    const update = additionOf(wanted, clearance);
    const settled = await settle(deadline, (ms) => table.attemptUpdate(update, ms), doubt);
    if (settled.applied) return { key, handle };
    doubt = settled.doubt;
    const app = await refusedApp(table, wanted.app.appId, settled, deadline);
    try {
      const judgement = judgeGeneration(app, wanted);
      const added = app && addedBy(judgement, app, wanted);
      if (added) return added;
      clearance = judgement.is === 'open' ? judgement.clearance : undefined;
    } catch (refusal) {
      const late = doubt ? await fence(table, app, wanted, deadline) : undefined;
      if (late) return { key: late, handle };
      throw refusal;
    }
    if (refusals > 0) await backOff(deadline, refusals, 'the application changed at every attempt', doubt);
  }
}

function addedBy(judgement: Judgement, app: App, { handle, key }: Addition): Added | undefined {
  if (judgement.is === 'made') return { key: app.keys[handle] ?? key, handle };
  if (judgement.is === 'open') return undefined;
  const { record } = judgement;
  return { key: app.keys[record.handle] ?? key, handle: record.handle, replayed: record };
}

function additionOf(wanted: Addition, clearance?: Clearance): Update {
  const { app, handle, key, standing, maxKeys, now, change, request, record } = wanted;
  const { seen, expired = [], oldTombstones = [], oldRecords = [] } = clearance ?? {};
  const replaced = { at: now, op: change.op, why: 'replaced' } as const;
  return toUpdate({
    key: appKey(app.appId),
    set: [
      expr`${path('keys', handle)} = ${key}`,
      expr`${path('keyCount')} = ${path('keyCount')} + ${1 - expired.length}`,
      ...(seen
        ? expired.map((gone) => expr`${path('removed', gone.handle)} = ${tombstoneOf(seen, gone.handle, replaced)}`)
        : []),
      ...(request && record ? [expr`${path('requests', request.hash)} = ${record}`] : []),
      ...recorded(change),
    ],
    remove: [
      latestUse,
      ...expired.flatMap((gone) => [path('keys', gone.handle), path('lastUsed', gone.handle)]),
      ...oldTombstones.map((old) => path('removed', old)),
      ...oldRecords.filter((hash) => hash !== request?.hash).map((hash) => path('requests', hash)),
    ],
    where: [
      ...exists(app.realm),
      expr`${path('status')} = ${'active'}`,
      expr`size(${path('issuers')}) = ${0}`,
      ...unused(handle),
      ...roomFor(maxKeys, clearance),
      ...stillGranted(standing),
      ...(request ? [unanswered(request.hash, now)] : []),
    ],
  });
}

function exists(realm: string): Fragment[] {
  return [expr`attribute_exists(${path('pk')})`, expr`${path('realm')} = ${realm}`];
}

/** The handle is neither a key nor was one: a late copy of a write neither doubles nor revives a key. */
function unused(handle: KeyHandle): Fragment[] {
  return [expr`attribute_not_exists(${path('keys', handle)})`, expr`attribute_not_exists(${path('removed', handle)})`];
}

/** No copy of the request has been answered in the last 24 hours. */
function unanswered(hash: string, now: number): Fragment {
  const at = path('requests', hash, 'at');
  return expr`attribute_not_exists(${path('requests', hash)}) OR ${at} <= ${now - repeatableMs}`;
}

/** A free place, or exactly the expired keys still there whose removal was found to make one; and room for records. */
function roomFor(maxKeys: number, clearance: Clearance | undefined): Fragment[] {
  const { seen, expired = [], oldTombstones = [], oldRecords = [] } = clearance ?? {};
  return [
    seen && expired.length > 0 ? expr`${path('keyCount')} = ${seen.keyCount}` : expr`${path('keyCount')} < ${maxKeys}`,
    ...expired.map((gone) => expr`${path('keys', gone.handle, 'expiresAt')} = ${gone.expiresAt}`),
    roomIn('removed', seen && oldTombstones.length > 0 ? Object.keys(seen.removed).length : undefined),
    roomIn('requests', seen && oldRecords.length > 0 ? Object.keys(seen.requests).length : undefined),
  ];
}

/** @param seenSize where old records go in the same write: how many there were when it was found that this makes room */
function roomIn(map: 'removed' | 'requests', seenSize: number | undefined): Fragment {
  return seenSize === undefined ? expr`size(${path(map)}) < ${maxRecords}` : expr`size(${path(map)}) = ${seenSize}`;
}

/** Where the right to write does not come from the token, the application's grants must still hold it. */
function stillGranted({ fromToken, principal }: Standing): Fragment[] {
  if (includes(fromToken, 'write') || principal === undefined) return [];
  const [write, manage] = actionsThatInclude('write');
  const granted = path('grants', principal);
  return [expr`contains(${granted}, ${write ?? ''}) OR contains(${granted}, ${manage ?? ''})`];
}

/**
 * Before a refusal is answered while a copy of the write may still arrive: bars the handle, so that no late copy
 * leaves a key that nobody holds.
 * @returns the key, when the write turns out to be applied after all
 * @throws ApiError 409305 when it was applied, and somebody else has removed the key since
 */
async function fence(
  table: Table,
  app: App | undefined,
  { app: { realm }, handle, now: at, change }: Addition,
  deadline: Deadline,
): Promise<ApiKey | undefined> {
  if (!app || app.status === 'deleted' || app.realm !== realm) return undefined;
  const tombstone = tombstoneOf(app, handle, { at, op: change.op, why: 'fenced' });
  const update = toUpdate({
    key: appKey(app.appId),
    set: [expr`${path('removed', handle)} = ${tombstone}`, ...recorded({ ...change, action: fenced })],
    remove: [latestUse],
    where: [...exists(realm), expr`${path('status')} <> ${'deleted'}`, ...unused(handle)],
  });
  const settled = await settle(deadline, (ms) => table.attemptUpdate(update, ms), true);
  if (settled.applied) return undefined;
  const seen = await refusedApp(table, app.appId, settled, deadline);
  if ((seen?.removed[handle]?.op ?? change.op) !== change.op) throw new ApiError('409305');
  return seen?.keys[handle];
}
