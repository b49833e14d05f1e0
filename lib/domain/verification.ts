import { type ApiKey, formatBareApiKey, isLiveAt } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App } from './app.ts';
import {
  type Demands,
  isKnown,
  type RequestOrigin,
  type Restricted,
  reasonNotToAccept,
  restrictionReasons,
  withinCeiling,
} from './restrictions.ts';

/**
 * Why a key is not valid.
 * - `malformed`: it is not a key. A wrong checksum counts too.
 * - `unknown`: no such key exists, the caller can't verify it, or it has a restriction that this version does not know.
 * - `deleted`: it or its application was deleted, or it was rotated.
 * - `deactivated`: its application is.
 * - The others: it is not accepted for this API, or for this request.
 */
export const reasons = [
  'malformed',
  'unknown',
  'deleted',
  'disabled',
  'expired',
  'deactivated',
  ...restrictionReasons,
] as const;
export type Reason = (typeof reasons)[number];

/**
 * A valid key: the HRNs of the key, its application and its realm, and the key's fields; times in ms since the epoch.
 * Its scopes are those that its application's ceiling allows.
 */
export type ValidKey = { readonly valid: true } & Readonly<ReturnType<typeof formatBareApiKey>>;

export interface InvalidKey {
  readonly valid: false;
  readonly reason: Reason;
}

export type Verification = ValidKey | InvalidKey;

/** What an application says about one of its keys. `restricted` is present if the key is valid. */
export interface Finding {
  readonly verification: Verification;
  readonly restricted?: Restricted | undefined;
}

const invalid = (reason: Reason): Finding => ({ verification: { valid: false, reason } });

/** @param app the application whose item would contain the key, as it is now */
export function findingOf(
  app: App | undefined,
  handle: KeyHandle,
  { now, partition }: { now: number; partition: string },
): Finding {
  if (!app) return invalid('unknown');
  const key = Object.hasOwn(app.keys, handle) ? app.keys[handle] : undefined;
  if (!key) return invalid(isDeleted(app, handle) ? 'deleted' : 'unknown');
  const reason = reasonAgainst(key, app, now);
  if (reason) return invalid(reason);
  const scopes = withinCeiling(key.scopes ?? [], app.restrictions);
  return {
    verification: { valid: true, ...formatBareApiKey(handle, key, app, partition), scopes },
    restricted: { ...app.restrictions, ...key.restrictions, realm: app.realm, appId: app.appId, scopes },
  };
}

/** @returns the result of the finding for a request to an API */
export function judge({ verification, restricted }: Finding, demands: Demands, origin: RequestOrigin): Verification {
  const reason = restricted && reasonNotToAccept(restricted, demands, origin);
  return reason ? { valid: false, reason } : verification;
}

function isDeleted({ status, removed }: App, handle: KeyHandle): boolean {
  return status === 'deleted' || Object.hasOwn(removed, handle);
}

function reasonAgainst(key: ApiKey, { status, restrictions }: App, now: number): Reason | undefined {
  if (!key.enabled) return 'disabled';
  if (!isLiveAt(key, now)) return 'expired';
  if (status !== 'active') return 'deactivated';
  return isKnown(key.restrictions ?? {}, restrictions) ? undefined : 'unknown';
}
