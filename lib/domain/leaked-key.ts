import { type ApiKey, isReplaceable } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App, Change } from './app.ts';

/** The action of a change by a report. */
export const leaked = 'apiKeyLeaked';

/** @returns the key, if it is enabled and has not expired */
export function liveKey({ keys }: App, handle: KeyHandle, now: number): ApiKey | undefined {
  const key = Object.hasOwn(keys, handle) ? keys[handle] : undefined;
  return key?.enabled && !isReplaceable(key, now) ? key : undefined;
}

/**
 * @returns the application after a holder of the live key has reported it: the key is disabled. With `referrers`, its
 * keys are public in web pages, so the key stays enabled and only the change is new. The same application if the key is
 * not live, or its report is already the last change
 */
export function reportKey(app: App, handle: KeyHandle, { at, keyHrn }: Change): App {
  const key = liveKey(app, handle, at);
  if (!key) return app;
  if (!isPublic(app))
    return { ...app, keys: { ...app.keys, [handle]: { ...key, enabled: false, disabledReason: 'leaked' } } };
  const { lastChange } = app;
  return lastChange.action === leaked && lastChange.keyHrn === keyHrn ? app : { ...app };
}

function isPublic({ restrictions: { referrers = [] } }: App): boolean {
  return referrers.length > 0;
}
