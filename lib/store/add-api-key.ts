import {
  type ApiKey,
  type Clearance,
  type Generation,
  judgeGeneration,
  type KeyHandle,
  maxRemoved,
} from '../domain/api-key.ts';
import type { App, Change, Tombstone } from '../domain/app.ts';
import { actionsThatInclude, includes, type Standing } from '../domain/policy.ts';
import { appKey, appOf } from './app-item.ts';
import { expr, type Fragment, path, toUpdate } from './expression.ts';
import { getApp } from './get-app.ts';
import { backOff, type Deadline, settle } from './settle.ts';
import type { Table, Update } from './table.ts';

/** A key to add, with all that its one write needs. */
export interface Addition extends Generation {
  readonly key: ApiKey;
  readonly change: Change;
}

/**
 * Adds a key to an application in one conditional write, which checks in the same step everything that could refuse
 * it. The handle is a hash of 32 random bytes: a key found under it is this request's own, and a second copy of the
 * write is refused.
 * @returns the key as it is stored
 * @throws ApiError 404660, 403403, 409305, 409306, 400337, 409303 or 429003: why the application refuses it
 * @throws ApiError 503000 when the table does not answer in time
 */
export async function addApiKey(table: Table, wanted: Addition, deadline: Deadline): Promise<ApiKey> {
  const { handle, key } = wanted;
  let clearance: Clearance | undefined;
  let doubt = false;
  for (let refusals = 0; ; refusals += 1) {
    const update = additionOf(wanted, clearance);
    const settled = await settle(deadline, () => table.attemptUpdate(update), doubt);
    if (settled.applied) return key;
    doubt = settled.doubt;
    const app = appOf(settled.item) ?? (await getApp(table, wanted.app.appId, deadline, doubt));
    try {
      const judgement = judgeGeneration(app, wanted);
      if (judgement === 'made') return app?.keys[handle] ?? key;
      clearance = judgement;
    } catch (refusal) {
      const late = doubt ? await fence(table, app, wanted, deadline) : undefined;
      if (late) return late;
      throw refusal;
    }
    if (refusals > 0) await backOff(deadline, refusals, 'the application changed at every attempt', doubt);
  }
}

function additionOf({ app, handle, key, standing, maxKeys, now, change }: Addition, clearance?: Clearance): Update {
  const { expired = [], oldTombstones = [] } = clearance ?? {};
  const tombstone: Tombstone = { at: now, op: change.op, why: 'replaced' };
  return toUpdate({
    key: appKey(app.appId),
    set: [
      expr`${path('keys', handle)} = ${key}`,
      expr`${path('keyCount')} = ${path('keyCount')} + ${1 - expired.length}`,
      ...expired.map((gone) => expr`${path('removed', gone.handle)} = ${tombstone}`),
      ...recorded(change),
    ],
    remove: [
      ...expired.map((gone) => path('keys', gone.handle)),
      ...oldTombstones.map((old) => path('removed', old.handle)),
    ],
    where: [
      ...exists(app.realm),
      expr`${path('status')} = ${'active'}`,
      expr`size(${path('issuers')}) = ${0}`,
      ...unused(handle),
      ...roomFor(maxKeys, clearance),
      ...stillGranted(standing),
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

/** A free place, or exactly the expired keys still there whose removal was found to make one; likewise tombstones. */
function roomFor(maxKeys: number, clearance: Clearance | undefined): Fragment[] {
  const { keyCount, expired = [], removedCount, oldTombstones = [] } = clearance ?? {};
  return [
    expired.length > 0 ? expr`${path('keyCount')} = ${keyCount ?? 0}` : expr`${path('keyCount')} < ${maxKeys}`,
    ...expired.map((gone) => expr`${path('keys', gone.handle, 'expiresAt')} = ${gone.expiresAt}`),
    oldTombstones.length > 0
      ? expr`size(${path('removed')}) = ${removedCount ?? 0}`
      : expr`size(${path('removed')}) < ${maxRemoved}`,
  ];
}

/** Where the right to write does not come from the token, the application's grants must still hold it. */
function stillGranted({ fromToken, principal }: Standing): Fragment[] {
  if (includes(fromToken, 'write') || principal === undefined) return [];
  const [write, manage] = actionsThatInclude('write');
  const granted = path('grants', principal);
  return [expr`contains(${granted}, ${write ?? ''}) OR contains(${granted}, ${manage ?? ''})`];
}

function recorded(change: Change): Fragment[] {
  return [expr`${path('rev')} = ${path('rev')} + ${1}`, expr`${path('lastChange')} = ${change}`];
}

/**
 * Before a refusal is answered while a copy of the write may still arrive: bars the handle, so that no late copy
 * leaves a key that nobody holds.
 * @returns the key, when the write turns out to be applied after all
 */
async function fence(
  table: Table,
  app: App | undefined,
  { handle, now, change }: Addition,
  deadline: Deadline,
): Promise<ApiKey | undefined> {
  if (!app || app.status === 'deleted') return undefined;
  const tombstone: Tombstone = { at: now, op: change.op, why: 'fenced' };
  const update = toUpdate({
    key: appKey(app.appId),
    set: [expr`${path('removed', handle)} = ${tombstone}`, ...recorded({ ...change, action: 'fenceApiKey' })],
    where: [...exists(app.realm), expr`${path('status')} <> ${'deleted'}`, ...unused(handle)],
  });
  const settled = await settle(deadline, () => table.attemptUpdate(update), true);
  if (settled.applied) return undefined;
  const seen = appOf(settled.item) ?? (await getApp(table, app.appId, deadline, true));
  return seen?.keys[handle];
}
