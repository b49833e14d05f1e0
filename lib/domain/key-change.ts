import type { ApiKey } from './api-key.ts';
import type { App, Change } from './app.ts';
import { entriesOf } from './housekeeping.ts';

/** Who last changed a key, when, and by which operation. */
export type KeyChange = Pick<Change, 'at' | 'by' | 'action'>;

/** @returns the application after a change, with `lastChange` set in each key that the change altered */
export function withKeyChanges(before: App, after: App, { at, by, action }: Change): App {
  const keys = entriesOf(after.keys).map(([handle, key]) => {
    const was = before.keys[handle];
    return [handle, was && was !== key ? { ...key, lastChange: { at, by, action } } : key];
  });
  return after.keys === before.keys ? after : { ...after, keys: Object.fromEntries(keys) };
}

/** @returns the last change of a key; nothing is stored for its creation */
export function lastChangeOf({ lastChange, createdTime: at, createdBy: by, rotatedFrom, pending }: ApiKey): KeyChange {
  return lastChange ?? { at, by, action: rotatedFrom && !pending ? 'rotateApiKey' : 'generateApiKey' };
}
