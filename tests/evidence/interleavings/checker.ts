import { isDeepStrictEqual } from 'node:util';
import type { ApiKey } from '../../../lib/domain/api-key.ts';
import type { App } from '../../../lib/domain/app.ts';
import { dueTimeOf } from '../../../lib/domain/due.ts';
import { isOldRecord } from '../../../lib/domain/idempotency.ts';
import { includes } from '../../../lib/domain/policy.ts';
import { sweepRulesOf } from '../../../lib/service/settings.ts';
import { appOf } from '../../../lib/store/app-item.ts';
import { actionsOf, membersKey, sortKeyOf } from '../../../lib/store/members.ts';
import { type Expected, expected, type Model, type ModelKey, newModel } from '../properties/model.ts';
import { type AnyCall, type CreateCall, settings } from './calls.ts';
import { clockOf, type NamedCall, realm, type Scenario } from './scenarios.ts';
import type { Answer, Ended, Finished, Written } from './scheduler.ts';

/**
 * What is wrong with a schedule. `isGoneSince`: it is explained only by a call that was done, and whose answer says that
 * what it made is gone. `isUnlisted`: a list does not show somebody an application, after a late write or a cut.
 */
export interface Verdict {
  readonly fault?: string;
  readonly isGoneSince?: boolean;
  readonly isUnlisted?: boolean;
}

/** The application by the contract alone: nothing of how it is stored. */
interface State {
  readonly model: Model | undefined;
  readonly createdFrom?: string;
}

/** Holds a finished schedule against everything that must be true of it. */
export function check(scenario: Scenario, finished: Finished): Verdict {
  const made = madeBy(scenario, finished.writes);
  const unlisted = lostPointer(finished);
  const doubled = doubleMade(scenario, made, finished.hasForgotten);
  const fault = crashOf(finished) ?? brokenInvariant(scenario, finished.writes) ?? doubled;
  if (fault) return { fault };
  if (unlisted && !finished.isDisturbed) return { fault: unlisted };
  const listed = unlisted ? { isUnlisted: true } : {};
  if (isExplained(scenario, finished, made, false)) return listed;
  if (isExplained(scenario, finished, made, true)) return { ...listed, isGoneSince: true };
  return { fault: 'no order of the calls explains the answers and the application' };
}

function crashOf({ ended }: Finished): string | undefined {
  const crashed = ended.find(({ answer }) => 'crash' in answer);
  return crashed && `a call failed with ${JSON.stringify(crashed.answer)}`;
}

/** Of each call, the handles of the keys that its writes made. */
function madeBy({ calls }: Scenario, writes: readonly Written[]): string[][] {
  const made: string[][] = calls.map(() => []);
  for (const { call, made: handles } of writes) made[call]?.push(...handles);
  return made;
}

/** What must be true after every write, whoever made it. */
function brokenInvariant({ calls }: Scenario, writes: readonly Written[]): string | undefined {
  const gone = new Set<string>();
  for (const { call, before: from, after: to } of writes) {
    const [before, after] = [appOf(from), appOf(to)];
    if (!after) return 'an application is gone without a trace';
    const handles = Object.keys(after.keys);
    if (after.keyCount !== handles.length) return `keyCount is ${after.keyCount}, and there are ${handles.length} keys`;
    if (handles.length > 2) return `there are ${handles.length} keys`;
    if (handles.some((handle) => gone.has(handle))) return 'a removed key is back';
    if (after.sealed < (before?.sealed ?? 0)) return 'the seal is lowered';
    if (before?.status === 'deleted' && after.status !== 'deleted') return 'a deleted application is back';
    if (after.issuers.length > 0 && handles.length > 0) return 'there are keys beside token issuers';
    if (isLate(after)) return `it is due at ${after.dueAt}, too late`;
    if (before && isSweep(calls[call])) {
      if (after.rev === before.rev && isUnchanged(before, after)) continue;
      if (after.rev === before.rev) return 'the sweep has changed the application, and rev is as it was';
    }
    if (after.rev !== (before?.rev ?? 0) + 1) return `rev goes from ${before?.rev} to ${after.rev}`;
    const above = scopeAboveCeiling(before?.keys ?? {}, after);
    if (above !== undefined) return `a key is given the scope ${above}, which is above the ceiling`;
    for (const [handle, { createdTime }] of Object.entries(before?.keys ?? {})) {
      if (handles.includes(handle)) continue;
      if (after.status !== 'deleted' && after.sealed < createdTime) return 'a key is removed and not sealed';
      gone.add(handle);
    }
  }
  return undefined;
}

/** The sweep would come a minute after something is due, or later. */
function isLate(app: App): boolean {
  const dueAt = dueTimeOf(app, clockOf(1), sweepRulesOf(settings, realm));
  return dueAt !== undefined && !((app.dueAt ?? Number.POSITIVE_INFINITY) <= dueAt + 60_000);
}

function isSweep(named: NamedCall | undefined): boolean {
  return named?.call.id === 'sweep';
}

/** Whether two applications differ in nothing but old records and what the sweep remembers. */
function isUnchanged(before: App, after: App): boolean {
  const known = (app: App) => ({ ...app, removed: 0, requests: 0, watched: 0, dueAt: 0, dueShard: 0 });
  return isDeepStrictEqual(known(before), known(after));
}

/** A ceiling leaves the scopes alone that keys had before. @returns a scope that a write gave a key all the same */
function scopeAboveCeiling(before: Readonly<Record<string, ApiKey>>, { keys, restrictions }: App): string | undefined {
  const { scopes: ceiling } = restrictions;
  const given = Object.entries(keys).flatMap(([handle, { scopes = [] }]) =>
    isDeepStrictEqual(scopes, before[handle]?.scopes) ? [] : scopes,
  );
  return ceiling && given.find((scope) => !ceiling.includes(scope));
}

/** A request makes one key at most, and so do all its copies together, unless its record was dropped with its key. */
function doubleMade({ calls }: Scenario, made: readonly string[][], hasForgotten: boolean): string | undefined {
  const byRequest = Map.groupBy(made.keys(), (index) => {
    const call = calls[index]?.call;
    const isAlone = call?.idempotencyKey === undefined || hasForgotten;
    return isAlone ? String(index) : `${call.id} ${call.idempotencyKey}`;
  });
  const doubled = [...byRequest.values()].find((copies) => copies.flatMap((copy) => made[copy] ?? []).length > 1);
  return doubled && 'a request has made two keys';
}

/** Who has a right finds the application in the list of those on which it has that right. */
function lostPointer({ ended, item, store }: Finished): string | undefined {
  const app = appOf(item);
  if (!app || ended.some(({ answer }) => isUnknown(answer))) return undefined;
  const [lost] =
    Object.entries(app.grants).find(([principal, actions]) => {
      const pointer = store.get({ pk: membersKey(realm, principal), sk: sortKeyOf(app, principal) });
      return !pointer || !actions.every((action) => includes(actionsOf(pointer), action));
    }) ?? [];
  return lost && `${lost} has a right of which no pointer to the application tells`;
}

/** A search for an order of the calls that gives the answers and the application at the end. */
function isExplained(scenario: Scenario, finished: Finished, made: readonly string[][], allowsGone: boolean): boolean {
  const { ended, item } = finished;
  const { hasForgotten } = finished;
  const wanted = shapeOf(modelOf(appOf(item)), hasForgotten);
  const start: State = { model: modelOf(scenario.start.app) };

  const search = (state: State, left: readonly number[]): boolean => {
    if (left.length === 0) return shapeOf(state.model, hasForgotten) === wanted;
    return left.some((index) => {
      const others = left.filter((other) => other !== index);
      if (others.some((other) => precedes(ended[other], ended[index]))) return false;
      return outcomes(index, state, allowsGone).some((next) => search(next, others));
    });
  };

  const outcomes = (index: number, state: State, isGoneAllowed: boolean): State[] => {
    const known = outcomesIn(index, state, isGoneAllowed);
    if (!hasForgotten) return known;
    const unknown = outcomesIn(index, forgotten(state), isGoneAllowed);
    return [...known, ...unknown, ...unknown.map((next) => remembered(next, state))];
  };

  const outcomesIn = (index: number, state: State, isGoneAllowed: boolean): State[] => {
    const [call, answer] = [scenario.calls[index]?.call, ended[index]?.answer];
    if (!call || !answer) return [];
    const result = next(state, call, clockOf(index));
    const after = 'after' in result ? [result.after(made[index]?.[0] ?? 'never made')] : [];
    if (isUnknown(answer)) return [state, ...after];
    if ('code' in answer && answer.code === '503000') return [state];
    if (isMatch(answer, result, made[index]?.[0])) return 'after' in result ? after : [state];
    return isGoneAllowed && isGoneSince(answer, made[index]?.[0], item) ? after : [];
  };

  return search(start, [...scenario.calls.keys()]);
}

/** Whether the one was answered before the other reached the store. What an unknown one does may come later. */
function precedes(one: Ended | undefined, other: Ended | undefined): boolean {
  return one !== undefined && other !== undefined && !isUnknown(one.answer) && one.endedAt < other.startedAt;
}

function isUnknown(answer: Answer): boolean {
  return 'isUnknown' in answer && answer.isUnknown;
}

/**
 * It was done, but what it made was gone before it could be answered: 409305, or what a deleted application gives. That
 * it is gone must be true.
 */
function isGoneSince(answer: Answer, made: string | undefined, item: Finished['item']): boolean {
  if (!('code' in answer)) return false;
  const app = appOf(item);
  if (answer.code === '409305') return made !== undefined && !Object.hasOwn(app?.keys ?? {}, made);
  return ['404660', '409306'].includes(answer.code) && app?.status === 'deleted';
}

type Next =
  | { readonly code: string }
  | { readonly replays?: string; readonly ended?: number; after(made: string): State; isReplayed?: boolean };

function isMatch(answer: Answer, result: Next, made: string | undefined): boolean {
  if ('code' in answer) {
    return 'code' in result && result.code === answer.code;
  }
  if ('crash' in answer || 'code' in result) return false;
  if (answer.isReplayed !== undefined && answer.isReplayed !== (result.replays !== undefined || !!result.isReplayed))
    return false;
  if (answer.ended !== result.ended) return false;
  return answer.handle === undefined || answer.handle === (result.replays ?? made);
}

/** What the contract says that a call gives. */
function next(state: State, call: AnyCall, now: number): Next {
  if (call.id === 'createApp') return created(state, call);
  if (call.id === 'sweep') return sweptOnce(state, now);
  if (!state.model) return { code: '404660' };
  const result: Expected = expected(state.model, call, now);
  if ('code' in result) return result;
  const replays = result.replays === undefined ? {} : { replays: result.replays };
  return { ...replays, after: (made) => ({ ...state, model: result.after(made) }) };
}

/** The old key of a rotation ends now, if its end has not come, its successor is there, and nobody has moved it by hand. */
function sweptOnce(state: State, now: number): Next {
  const keys = state.model?.keys ?? {};
  const over = Object.entries(keys).flatMap(([handle, key]): [string, ModelKey][] => {
    const { graceSeconds, ...old } = key;
    const isOver = graceSeconds !== undefined && key.expiresAt > now && Object.hasOwn(keys, key.rotatedTo ?? '');
    return isOver ? [[handle, { ...old, expiresAt: now }]] : [];
  });
  const { model } = state;
  const ended = { ended: over.length };
  return {
    ...ended,
    after: () => (model ? { ...state, model: { ...model, keys: { ...keys, ...Object.fromEntries(over) } } } : state),
  };
}

function created(state: State, { who, body }: CreateCall): Next {
  const model = newModel(who, body.name);
  if (!state.model) return { isReplayed: false, after: () => ({ model, createdFrom: body.name }) };
  if (state.model.status === 'deleted') return { code: '409306' };
  return state.createdFrom === body.name ? { isReplayed: true, after: () => state } : { code: '422409' };
}

/** @returns what a stored application is to its callers */
function modelOf(app: App | undefined): Model | undefined {
  if (!app) return undefined;
  const { status, name, description, restrictions, issuers, grants, keys, removed, requests, sealed } = app;
  const rotated = Object.keys(removed).filter((handle) =>
    Object.entries(removed).some(([gone, { why }]) => gone === handle && why === 'rotated'),
  );
  const answered = Object.fromEntries(
    Object.entries(requests).flatMap(([hash, record]) =>
      isOldRecord(record, clockOf(0)) ? [] : [[hash, { body: '', handle: record.handle }]],
    ),
  );
  return {
    realm: app.realm,
    status,
    name,
    description,
    ceiling: restrictions.scopes,
    issuers,
    grants,
    keys,
    rotated,
    latestRemoved: sealed,
    answered,
  };
}

/** @returns the application without what is known of removed keys */
function forgotten(state: State): State {
  if (!state.model) return state;
  const { keys, answered } = state.model;
  const left = Object.entries(answered).filter(([, { handle }]) => Object.hasOwn(keys, handle));
  return { ...state, model: { ...state.model, rotated: [], answered: Object.fromEntries(left) } };
}

/** @returns the application with what an earlier one knew of removed keys: a write that had read it brings it back */
function remembered(state: State, { model: earlier }: State): State {
  if (!state.model || !earlier) return state;
  const { rotated, answered } = state.model;
  const known = { rotated: [...earlier.rotated, ...rotated], answered: { ...earlier.answered, ...answered } };
  return { ...state, model: { ...state.model, ...known } };
}

/** @returns a text that is the same for models that are the same to their callers */
function shapeOf(model: Model | undefined, hasForgotten: boolean): string {
  if (!model) return 'none';
  const { status, name, description, ceiling, issuers, grants, keys, rotated, answered } = model;
  if (status === 'deleted') return status;
  // The time of a key that was made anew depends on others; `brokenInvariant` looks at it.
  const timeless = Object.entries(keys).map(([handle, { createdTime: _, ...key }]) => {
    // The contract does not order who changed a key last.
    const { lastChange: __, ...told } = key as Partial<ApiKey>;
    return [handle, told];
  });
  const handles = Object.values(answered).map(({ handle }) => handle);
  const known = hasForgotten ? [] : [rotated.toSorted(), handles.toSorted()];
  return JSON.stringify([
    ...[status, name, description, ceiling, issuers, sorted(grants)],
    ...[sorted(Object.fromEntries(timeless)), known],
  ]);
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, found]) => [name, sorted(found)]);
}
