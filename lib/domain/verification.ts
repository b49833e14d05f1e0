import { type ApiKey, formatBareApiKey, isLiveAt } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App } from './app.ts';

/**
 * Why a key is not valid. `malformed`: it is no key at all, wrong checksums included. `unknown`: there is none like it,
 * or none that the caller may ask about. `deleted`: it or its application was, or it was rotated. `deactivated`: its
 * application is.
 */
export const reasons = ['malformed', 'unknown', 'deleted', 'disabled', 'expired', 'deactivated'] as const;
export type Reason = (typeof reasons)[number];

/** A valid key: the HRNs of the key, its application and its realm, and what the key is; times in ms since the epoch. */
export type ValidKey = { readonly valid: true } & Readonly<ReturnType<typeof formatBareApiKey>>;

export interface InvalidKey {
  readonly valid: false;
  readonly reason: Reason;
}

export type Verification = ValidKey | InvalidKey;

/** @param app in whose item the key would stand, as it is now */
export function verificationOf(
  app: App | undefined,
  handle: KeyHandle,
  { now, partition }: { now: number; partition: string },
): Verification {
  if (!app) return { valid: false, reason: 'unknown' };
  const key = Object.hasOwn(app.keys, handle) ? app.keys[handle] : undefined;
  if (!key) return { valid: false, reason: isDeleted(app, handle) ? 'deleted' : 'unknown' };
  const reason = reasonAgainst(key, app, now);
  if (reason) return { valid: false, reason };
  return { valid: true, ...formatBareApiKey(handle, key, app, partition) };
}

function isDeleted({ status, removed }: App, handle: KeyHandle): boolean {
  return status === 'deleted' || Object.hasOwn(removed, handle);
}

function reasonAgainst(key: ApiKey, { status }: App, now: number): Reason | undefined {
  if (!key.enabled) return 'disabled';
  if (!isLiveAt(key, now)) return 'expired';
  return status === 'active' ? undefined : 'deactivated';
}
