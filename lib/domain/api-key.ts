import type { ApiKeyId, KeyHandle } from './api-key-id.ts';
import { type AppRef, formatApiKeyHrn, formatAppHrn, formatRealmHrn } from './hrn.ts';
import { type KeyChange, lastChangeOf } from './key-change.ts';
import { type KeyRestrictions, parseSources } from './restrictions.ts';

/** `expiresAt` of a key that never expires. */
export const never = -1;

/** The latest time of a Date, in ms since the epoch. */
export const latestTime = 8_640_000_000_000_000;

/** How far clocks can differ. */
export const clockDifferenceMs = 5_000;

/** What a caller can choose for a new key. `expiresAt` is in ms since the epoch; -1: never. */
export interface ApiKeyInput {
  readonly name: string;
  readonly description?: string;
  readonly expiresAt?: number;
  readonly enabled?: boolean;
  readonly scopes?: readonly string[];
  /** Addresses and CIDR blocks from which the key can be used. Empty: everywhere. */
  readonly allowedSources?: readonly string[];
}

/** All that a caller chose for a key, as it is stored. Empty values are left out. */
interface CompleteInput extends Required<Pick<ApiKeyInput, 'name' | 'expiresAt' | 'enabled'>> {
  readonly description?: string;
  readonly scopes?: readonly string[];
  readonly restrictions?: KeyRestrictions;
}

/** A key as stored, under its handle. Times are in ms since the epoch. */
export interface ApiKey extends CompleteInput {
  readonly createdTime: number;
  readonly createdBy: string;
  readonly rotatedFrom?: KeyHandle;
  /** The successor, while both keys are valid. */
  readonly rotatedTo?: KeyHandle;
  /** The key ends this many seconds after the first use of its successor, if that is before `expiresAt`. */
  readonly graceSeconds?: number;
  /** A scheduled rotation generated the key, and has not put it into use yet. */
  readonly pending?: true;
  /** Why the key is disabled, if a holder of the key reported it. Missing if its owner disabled it. */
  readonly disabledReason?: 'leaked';
  /** Missing while the last change is the creation. */
  readonly lastChange?: KeyChange;
}

/**
 * @param kept restrictions of a newer version, which the input does not mention
 * @returns what is stored of an input: texts trimmed, defaults filled in, lists in canonical form
 * @throws ApiError 400200 with the wrong elements of `allowedSources`
 */
export function completeInput(input: ApiKeyInput, kept: KeyRestrictions = {}): CompleteInput {
  const { name, expiresAt = never, enabled = true, scopes = [] } = input;
  const description = input.description?.trim();
  const allowedSources = parseSources(input.allowedSources ?? []);
  const { allowedSources: _, ...others } = kept;
  const restrictions = { ...others, ...(allowedSources.length > 0 && { allowedSources }) };
  return {
    name: name.trim(),
    expiresAt,
    enabled,
    ...(description && { description }),
    ...(scopes.length > 0 && { scopes }),
    ...(Object.keys(restrictions).length > 0 && { restrictions }),
  };
}

/** @returns the input that a key was created from or changed to, with what `completeInput` left out */
export function inputOf(key: ApiKey): Required<ApiKeyInput> {
  const { name, description = '', expiresAt, enabled, scopes = [], restrictions: { allowedSources = [] } = {} } = key;
  return { name, description, expiresAt, enabled, scopes, allowedSources };
}

/**
 * @param input its `expiresAt` must have been checked
 * @param kept as in `completeInput`
 */
export function newApiKey(input: ApiKeyInput, createdBy: string, createdTime: number, kept?: KeyRestrictions): ApiKey {
  return { ...completeInput(input, kept), createdTime, createdBy };
}

export function isLiveAt({ expiresAt }: Pick<ApiKey, 'expiresAt'>, now: number): boolean {
  return expiresAt === never || expiresAt > now;
}

/** Whether a key expired so long ago that every clock agrees, so that a new key can replace it. */
export function isReplaceable({ expiresAt }: ApiKey, now: number): boolean {
  return !isLiveAt({ expiresAt }, now - clockDifferenceMs);
}

/**
 * The response that shows a key.
 * @param lastUsedTime in ms since the epoch, if it is known
 */
export function formatApiKey(
  handle: KeyHandle,
  key: ApiKey,
  app: AppRef,
  partition: string,
  lastUsedTime: number | undefined,
) {
  const { disabledReason, rotatedTo, graceSeconds, createdBy } = key;
  return {
    ...formatBareApiKey(handle, key, app, partition),
    createdBy,
    lastChange: lastChangeOf(key),
    ...(rotatedTo && { rotatedTo: formatApiKeyHrn(app.realm, rotatedTo, partition) }),
    ...(graceSeconds !== undefined && { untilFirstUse: graceSeconds }),
    ...(disabledReason && { disabledReason }),
    ...(lastUsedTime !== undefined && { lastUsedTime }),
  };
}

/** The fields that every response with a key has. */
export function formatBareApiKey(handle: KeyHandle, key: ApiKey, app: AppRef, partition: string) {
  return {
    apiKey: formatApiKeyHrn(app.realm, handle, partition),
    identity: formatAppHrn(app, partition),
    realm: formatRealmHrn(app.realm, partition),
    ...inputOf(key),
    createdTime: key.createdTime,
    ...(key.rotatedFrom && { rotatedFrom: formatApiKeyHrn(app.realm, key.rotatedFrom, partition) }),
  };
}

/** The response with a new key's secret, the only one that ever has it. */
export function formatNewApiKey(apiKeyId: ApiKeyId, handle: KeyHandle, key: ApiKey, app: AppRef, partition: string) {
  return { apiKeyId, ...formatBareApiKey(handle, key, app, partition) };
}
