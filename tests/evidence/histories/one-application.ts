import { isDeepStrictEqual } from 'node:util';
import { realm } from '../../support/handlers.ts';
import { expected, type Model, newModel, type Who } from '../properties/model.ts';
import { type Answer, type Entry, type Shown, type ShownKey, unavailable } from './history.ts';
import type { Sequential } from './linearizability.ts';

export const owner: Who = { principal: 'demo', realm, fromToken: [] };
export const writer: Who = { principal: 'writer', realm, fromToken: [] };

/** The clock of the service and that of a history differ by less, and times that are given by much more. */
const toleranceMs = 60_000;

const reading = new Set(['listApiKeys', 'getApiKey', 'getApp', 'listGrants']);

/**
 * What must have become of a key, at some moment, before anything that was called after the time `by`: gone with its
 * application, gone, or as an answer shows it.
 */
interface Debt {
  readonly name: string;
  readonly by: number;
  readonly until: 'deleted' | 'gone' | ShownKey;
}

export interface State {
  readonly model: Model;
  readonly debts: readonly Debt[];
}

const texts = new WeakMap<State, string>();

/** One application, one call after the other: the model of the contract. */
export const oneApplication: Sequential<State, Entry> = {
  initial: { model: newModel(owner, 'app'), debts: [] },
  step(state, entry) {
    if (state.debts.some((debt) => debt.by < entry.invoked && isOpen(debt, state.model))) return undefined;
    const model = answered(state.model, entry);
    if (model === state.model) return state;
    const next = model ? { model, debts: state.debts } : madeBefore(state, entry);
    return next && { ...next, debts: next.debts.filter((debt) => isOpen(debt, next.model)) };
  },
  isRead: ({ call, answer }) => {
    return answer !== undefined && (reading.has(call.id) || ('code' in answer && goneCodes[answer.code] === undefined));
  },
  textOf(state) {
    const text = texts.get(state) ?? JSON.stringify(state);
    texts.set(state, text);
    return text;
  },
};

function isOpen({ name, until }: Debt, { keys, status }: Model): boolean {
  if (until === 'deleted') return status !== 'deleted';
  return until === 'gone' ? keys[name] !== undefined : !isSame(keys[name], until);
}

/** @returns the application after the call; undefined when the call cannot have answered so */
function answered(model: Model, { call, makes, at, answer }: Entry): Model | undefined {
  if (answer && isRefusal(answer, unavailable)) return model;
  const wanted = expected(model, call, at);
  if ('code' in wanted) return !answer || isRefusal(answer, wanted.code) ? model : undefined;
  const after = wanted.after(makes);
  if (!answer) return after;
  if (!('status' in answer) || answer.status !== wanted.status) return undefined;
  if (answer.isReplayed !== (wanted.replays !== undefined)) return undefined;
  if (answer.status === 201 && answer.shown.key?.name !== makes) return undefined;
  return isTrueOf(answer.shown, after) ? after : undefined;
}

/**
 * A call that made a key, and got to know that only after somebody changed it: it answers that the key, or the
 * application, is gone, or shows the key as it is by then.
 */
function madeBefore({ model, debts }: State, { call, makes, at, returned, answer }: Entry): State | undefined {
  const until = makes === '' ? undefined : laterOf(makes, answer);
  const wanted = expected(model, call, at);
  if (until === undefined || 'code' in wanted || wanted.replays) return undefined;
  return { model: wanted.after(makes), debts: [...debts, { name: makes, by: returned, until }] };
}

const goneCodes: Readonly<Record<string, Debt['until']>> = { '409305': 'gone', '404660': 'deleted' };

function laterOf(makes: string, answer: Answer | undefined): Debt['until'] | undefined {
  if (!answer) return undefined;
  if ('code' in answer) return goneCodes[answer.code];
  const { key } = answer.shown;
  return key?.name === makes && !answer.isReplayed ? key.is : undefined;
}

function isRefusal(answer: Answer, code: string): boolean {
  return 'code' in answer && answer.code === code;
}

function isTrueOf({ keys, key, app, grants }: Shown, model: Model): boolean {
  if (grants) return isDeepStrictEqual(grants, model.grants);
  if (app) {
    return app.name === model.name && app.status === model.status && isDeepStrictEqual(app.ceiling, model.ceiling);
  }
  if (key) return isSame(model.keys[key.name], key.is);
  const all = Object.entries(keys ?? model.keys);
  return all.length === Object.keys(model.keys).length && all.every(([name, is]) => isSame(model.keys[name], is));
}

function isSame(one: ShownKey | undefined, other: ShownKey): boolean {
  if (!one || one.name !== other.name || one.enabled !== other.enabled) return false;
  if (other.disabledReason !== 'unseen' && one.disabledReason !== other.disabledReason) return false;
  if (!isDeepStrictEqual(one.scopes ?? [], other.scopes ?? [])) return false;
  const isEndless = (key: ShownKey) => key.expiresAt === -1;
  if (isEndless(one) !== isEndless(other) || Math.abs(one.expiresAt - other.expiresAt) > toleranceMs) return false;
  return one.rotatedFrom === other.rotatedFrom || other.rotatedFrom === 'unseen';
}
