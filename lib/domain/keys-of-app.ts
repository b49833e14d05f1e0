import { type ApiKey, type ApiKeyInput, completeInput, inputOf } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App, Change } from './app.ts';
import { ApiError } from './errors.ts';
import { entriesOf, removeKeys } from './housekeeping.ts';
import { isSameJson } from './idempotency.ts';
import { endOf, type Lifetime, requireExpiry } from './lifetime.ts';
import { requireWithinCeiling } from './restrictions.ts';

/** @throws ApiError 404666 if the application has no such key */
export function requireKey(app: App, handle: KeyHandle | undefined): ApiKey {
  const key = handle !== undefined && Object.hasOwn(app.keys, handle) ? app.keys[handle] : undefined;
  if (!key) throw new ApiError('404666');
  return key;
}

/** What a caller can change in a key. */
export type ApiKeyPatch = Partial<Omit<ApiKeyInput, 'enabled'>>;

/**
 * An explicit expiry is final: the first use of a successor no longer moves it.
 * @returns the application with the changed key; the same application if nothing changes
 * @throws ApiError 404666 if it has no such key
 * @throws ApiError 400200 if a list has an element that is not allowed, or the key can't have that expiry
 */
export function patchKey(
  app: App,
  handle: KeyHandle | undefined,
  patch: ApiKeyPatch,
  { now, lifetime }: { readonly now: number; readonly lifetime: Lifetime },
): App {
  const { expiresAt } = patch;
  if (expiresAt === undefined) return editKey(app, handle, patch);
  const key = requireKey(app, handle);
  requireExpiry(expiresAt, now, lifetime, key);
  const { graceSeconds: _, ...byHand } = key;
  const moved = key.graceSeconds === undefined ? app : { ...app, keys: { ...app.keys, [handle as KeyHandle]: byHand } };
  return editKey(moved, handle, { ...patch, expiresAt: endOf(expiresAt, key, lifetime) });
}

/**
 * @param parts its `expiresAt` must have been checked
 * @returns the application with the changed key; the same application if nothing changes
 * @throws ApiError 404666 if it has no such key; 400200 if a list has an element that is not allowed
 */
export function editKey(app: App, handle: KeyHandle | undefined, parts: Partial<ApiKeyInput>): App {
  const key = requireKey(app, handle);
  requireWithinCeiling(parts.scopes ?? [], app.restrictions);
  const { name, description, expiresAt, enabled, scopes, restrictions, disabledReason, ...rest } = key;
  const input = completeInput({ ...inputOf(key), ...parts }, restrictions);
  const edited: ApiKey = { ...input, ...rest, ...(disabledReason && !input.enabled && { disabledReason }) };
  return isSameJson(edited, key) ? app : { ...app, keys: { ...app.keys, [handle as KeyHandle]: edited } };
}

/**
 * @returns the application without the key
 * @throws ApiError 404666 if it has no such key
 */
export function deleteKey(app: App, handle: KeyHandle | undefined, { at, op }: Change): App {
  requireKey(app, handle);
  return removeKeys(app, [handle as KeyHandle], { at, op, why: 'deleted' });
}

/** @returns the application without keys; the same application if it has none */
export function deleteAllKeys(app: App, { at, op }: Change): App {
  const handles = entriesOf(app.keys).map(([handle]) => handle);
  return handles.length === 0 ? app : removeKeys(app, handles, { at, op, why: 'deleted' });
}

/** @returns the keys, oldest first, each with a text that sorts in the same order */
export function keysBySortKey(app: App): { handle: KeyHandle; key: ApiKey; sortKey: string }[] {
  const keys = entriesOf(app.keys).map(([handle, key]) => {
    return { handle, key, sortKey: `${String(key.createdTime).padStart(16, '0')}#${handle}` };
  });
  return keys.sort((one, other) => (one.sortKey < other.sortKey ? -1 : 1));
}
