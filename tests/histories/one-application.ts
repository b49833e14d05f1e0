import { expected, type Model, newModel, type Who } from '../properties/model.ts';
import { realm } from '../support/handlers.ts';
import type { Answer, Entry, Shown, ShownKey } from './history.ts';
import type { Sequential } from './linearizability.ts';

export const owner: Who = { principal: 'demo', realm, fromToken: [] };
export const writer: Who = { principal: 'writer', realm, fromToken: [] };

/** The clock of the service and that of a history differ by less, and times that are given by much more. */
const toleranceMs = 60_000;

const texts = new WeakMap<Model, string>();

/** One application, one call after the other: the model of the contract. */
export const oneApplication: Sequential<Model, Entry> = {
  initial: newModel(owner, 'app'),
  step(model, { call, makes, at, answer }) {
    const wanted = expected(model, call, at);
    if ('code' in wanted) return !answer || isRefusal(answer, wanted.code) ? model : undefined;
    const after = wanted.after(makes);
    if (!answer) return after;
    if (!('status' in answer) || answer.status !== wanted.status) return undefined;
    if (answer.isReplayed !== (wanted.replays !== undefined)) return undefined;
    if (answer.status === 201 && answer.shown.key?.name !== makes) return undefined;
    return isTrueOf(answer.shown, after) ? after : undefined;
  },
  textOf(model) {
    const text = texts.get(model) ?? JSON.stringify(model);
    texts.set(model, text);
    return text;
  },
};

function isRefusal(answer: Answer, code: string): boolean {
  return 'code' in answer && answer.code === code;
}

function isTrueOf({ keys, key, app }: Shown, model: Model): boolean {
  if (app) return app.name === model.name && app.status === model.status;
  if (key) return isSame(model.keys[key.name], key.is);
  const all = Object.entries(keys ?? model.keys);
  return all.length === Object.keys(model.keys).length && all.every(([name, is]) => isSame(model.keys[name], is));
}

function isSame(one: ShownKey | undefined, other: ShownKey): boolean {
  if (!one || one.name !== other.name || one.enabled !== other.enabled) return false;
  const isEndless = (key: ShownKey) => key.expiresAt === -1;
  if (isEndless(one) !== isEndless(other) || Math.abs(one.expiresAt - other.expiresAt) > toleranceMs) return false;
  return one.rotatedFrom === other.rotatedFrom || other.rotatedFrom === 'unseen';
}
