import type { ApiKey } from './api-key.ts';
import type { App, Change } from './app.ts';
import { entriesOf } from './housekeeping.ts';
import { isSameJson } from './idempotency.ts';

/** Who changed a key last, when, and by which operation. */
export type KeyChange = Pick<Change, 'at' | 'by' | 'action'>;

/** @returns the application as a change leaves it: each key that the change has altered tells so */
export function withKeyChanges(before: App, after: App, { at, by, action }: Change): App {
  const changed = entriesOf(after.keys).filter(([handle, key]) => {
    const was = Object.hasOwn(before.keys, handle) ? before.keys[handle] : undefined;
    return was && !isSameJson(was, key);
  });
  if (changed.length === 0) return after;
  const told = changed.map(([handle, key]) => [handle, { ...key, lastChange: { at, by, action } }]);
  return { ...after, keys: { ...after.keys, ...Object.fromEntries(told) } };
}

/** @returns the last change of a key; nothing is stored of it while that is its creation */
export function lastChangeOf({ lastChange, createdTime: at, createdBy: by, rotatedFrom, pending }: ApiKey): KeyChange {
  return lastChange ?? { at, by, action: rotatedFrom && !pending ? 'rotateApiKey' : 'generateApiKey' };
}
