import type { ApiKey } from '../domain/api-key.ts';
import type { KeyHandle } from '../domain/api-key-id.ts';
import type { App, Change } from '../domain/app.ts';
import type { SweepRules } from '../domain/due.ts';
import { ApiError } from '../domain/errors.ts';
import { type Generation, type Judgement, judgeGeneration, replaceExpired } from '../domain/generation.ts';
import { type RequestRecord, repeatableMs } from '../domain/idempotency.ts';
import { actionsThatInclude, type CallerRights, includes } from '../domain/policy.ts';
import { appKey, dueWith, recorded, replacementOf } from './app-item.ts';
import { expr, type Fragment, path, toUpdate } from './expression.ts';
import { refusedApp } from './get-app.ts';
import { backOff, type Deadline, settle } from './settle.ts';
import type { Table, Update } from './table.ts';

/** The `lastChange` of a fence, which is not a change by anybody. */
export const fenced = 'fenceApiKey';

/** A key to add, with everything that its one write needs. */
export interface Addition extends Generation {
  readonly change: Change;
  readonly rules: SweepRules;
  /** When the application was due for the sweep, if it has been read. */
  readonly dueAt?: number | undefined;
}

/** The stored key, and whether this request or an earlier copy of it created the key. */
export interface Added {
  readonly key: ApiKey;
  readonly handle: KeyHandle;
  readonly replayed?: RequestRecord;
}

/** This attempt can never succeed. One with another secret and a `createdTime` after `sealed` can. */
export interface Sealed {
  readonly sealed: number;
}

/**
 * Adds a key to an application in one conditional write, which also checks everything that could reject the key. The
 * handle is a hash of 32 bytes that nobody else has. So a key with this handle is this request's own, and a second copy
 * of the write is rejected.
 * @throws ApiError 404660, 403403, 422409, 409305, 409306, 400337, 400200 or 409303: why the application rejects it
 * @throws ApiError 503000 if the table does not respond in time
 */
export async function addApiKey(table: Table, wanted: Addition, deadline: Deadline): Promise<Added | Sealed> {
  const { handle, key } = wanted;
  let update = additionOf(wanted);
  let inDoubt = false;
  for (let rejections = 0; ; rejections += 1) {
    const settled = await settle(deadline, (ms) => table.attemptUpdate(update, ms), inDoubt);
    if (settled.applied) return { key, handle };
    inDoubt = settled.inDoubt;
    const app = await refusedApp(table, wanted.app.appId, settled, deadline);
    const judgement = judge(app, wanted);
    if (judgement.is === 'made') return { key: app?.keys[handle] ?? key, handle };
    if (judgement.is === 'sealed') return { sealed: app?.sealed ?? 0 };
    if (judgement.is === 'rejected' || judgement.is === 'replay') {
      const late = inDoubt ? await fence(table, app, wanted, deadline) : undefined;
      if (late) return { key: late, handle };
      if (judgement.is === 'rejected') throw judgement.error;
      const { record } = judgement;
      return { key: app?.keys[record.handle] ?? key, handle: record.handle, replayed: record };
    }
    update =
      judgement.is === 'free' ? additionOf({ ...wanted, dueAt: app?.dueAt }) : replacementIn(judgement.app, wanted);
    if (rejections > 0) await backOff(deadline, rejections, 'the application changed at every attempt', inDoubt);
  }
}

function judge(
  app: App | undefined,
  wanted: Addition,
): Judgement | { readonly is: 'rejected'; readonly error: unknown } {
  try {
    return judgeGeneration(app, wanted);
  } catch (error) {
    return { is: 'rejected', error };
  }
}

/** The write that needs no read before it, because it takes a free slot. */
function additionOf(wanted: Addition): Update {
  const { app, handle, key, callerRights, maxKeys, now, change, request, record, rules, dueAt } = wanted;
  const requests = request && record ? { [request.hash]: record } : {};
  const due = dueWith(app.appId, { status: 'active', keys: { [handle]: key }, requests }, now, rules, dueAt);
  return toUpdate({
    key: appKey(app.appId),
    set: [
      expr`${path('keys', handle)} = ${key}`,
      expr`${path('keyCount')} = ${path('keyCount')} + ${1}`,
      ...(request && record ? [expr`${path('requests', request.hash)} = ${record}`] : []),
      ...due.set,
      ...recorded(change),
    ],
    where: [
      ...exists(app.realm),
      expr`${path('status')} = ${'active'}`,
      expr`size(${path('issuers')}) = ${0}`,
      ...stillPossible(handle, key),
      expr`${path('keyCount')} < ${maxKeys}`,
      ...stillGranted(callerRights),
      ...stillWithinCeiling(key),
      ...(request ? [unanswered(request.hash, now)] : []),
      ...due.where,
    ],
  });
}

/** The write that replaces expired keys in the application, as it was read. */
function replacementIn(app: App, wanted: Addition): Update {
  return replacementOf(app, replaceExpired(app, wanted, wanted.change.op), wanted.change, wanted.rules);
}

function exists(realm: string): Fragment[] {
  return [expr`attribute_exists(${path('pk')})`, expr`${path('realm')} = ${realm}`];
}

/** The key is not there, and was not removed. So a late copy of a write neither doubles nor revives a key. */
function stillPossible(handle: KeyHandle, { createdTime }: ApiKey): Fragment[] {
  return [expr`attribute_not_exists(${path('keys', handle)})`, expr`${path('sealed')} < ${createdTime}`];
}

/** No copy of the request has been answered in the last 24 hours. */
function unanswered(hash: string, now: number): Fragment {
  const at = path('requests', hash, 'at');
  return expr`attribute_not_exists(${path('requests', hash)}) OR ${at} <= ${now - repeatableMs}`;
}

/** If the right to write does not come from the token, the application's grants must still include it. */
function stillGranted({ fromToken, principal }: CallerRights): Fragment[] {
  if (includes(fromToken, 'write') || principal === undefined) return [];
  const [write, manage] = actionsThatInclude('write');
  const granted = path('grants', principal);
  return [expr`contains(${granted}, ${write ?? ''}) OR contains(${granted}, ${manage ?? ''})`];
}

/** The application has no ceiling, or one that allows every scope of the key. */
function stillWithinCeiling({ scopes = [] }: ApiKey): Fragment[] {
  const ceiling = path('restrictions', 'scopes');
  return scopes.map((scope) => expr`attribute_not_exists(${ceiling}) OR contains(${ceiling}, ${scope})`);
}

/**
 * Seals the application before a request ends without its own key, while a copy of its write may still arrive. So no
 * late write leaves a key that nobody holds.
 * @returns the key, if the write turns out to be applied after all
 * @throws ApiError 409305 if it was applied, and the key has been removed since
 */
async function fence(
  table: Table,
  app: App | undefined,
  { app: { realm }, handle, key, change }: Addition,
  deadline: Deadline,
): Promise<ApiKey | undefined> {
  if (!app || app.status === 'deleted' || app.realm !== realm || app.sealed >= key.createdTime) return undefined;
  const update = toUpdate({
    key: appKey(app.appId),
    set: [expr`${path('sealed')} = ${key.createdTime}`, ...recorded({ ...change, action: fenced })],
    where: [...exists(realm), expr`${path('status')} <> ${'deleted'}`, ...stillPossible(handle, key)],
  });
  const settled = await settle(deadline, (ms) => table.attemptUpdate(update, ms), true);
  if (settled.applied) return undefined;
  const seen = await refusedApp(table, app.appId, settled, deadline);
  if (seen && Object.hasOwn(seen.removed, handle)) throw new ApiError('409305');
  return seen?.keys[handle];
}
