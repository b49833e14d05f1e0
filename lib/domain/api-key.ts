import type { ApiKeyId, KeyHandle } from './api-key-id.ts';
import { type AppRef, formatApiKeyHrn, formatAppHrn, formatRealmHrn } from './hrn.ts';
import { type KeyChange, lastChangeOf } from './key-change.ts';
import { type KeyRestrictions, parseSources } from './restrictions.ts';

/** `expiresAt` of a key that never expires. */
export const never = -1;

/** The latest that a Date can be, in ms since the epoch. */
export const latestTime = 8_640_000_000_000_000;

/** Clocks may differ by so much. */
export const clockDifferenceMs = 5_000;

/** What a caller may say of a new key. `expiresAt` is in ms since the epoch; -1: never. */
export interface ApiKeyInput {
  readonly name: string;
  readonly description?: string;
  readonly expiresAt?: number;
  readonly enabled?: boolean;
  readonly scopes?: readonly string[];
  /** addresses and CIDR blocks from which it may be used; none: from everywhere */
  readonly allowedSources?: readonly string[];
}

/** All that a caller said of a key, as it is stored: what is empty is left out. */
interface CompleteInput extends Required<Pick<ApiKeyInput, 'name' | 'expiresAt' | 'enabled'>> {
  readonly description?: string;
  readonly scopes?: readonly string[];
  readonly restrictions?: KeyRestrictions;
}

/** A key as stored, under its handle; times are in ms since the epoch. */
export interface ApiKey extends CompleteInput {
  readonly createdTime: number;
  readonly createdBy: string;
  readonly rotatedFrom?: KeyHandle;
  /** its successor, while both serve */
  readonly rotatedTo?: KeyHandle;
  /** it ends so many seconds after the first use of its successor, if that is before `expiresAt` */
  readonly graceSeconds?: number;
  /** it was made for a rotation by schedule that has not put it into use */
  readonly pending?: true;
  /** why it is disabled, if that is not its owner's decision: somebody who holds it has reported it */
  readonly disabledReason?: 'leaked';
  /** missing while that is its creation */
  readonly lastChange?: KeyChange;
}

/**
 * @param kept restrictions that the input says nothing of, which a newer version has set
 * @returns what is stored of an input: texts trimmed, defaults filled in, lists in canonical form
 * @throws ApiError 400200 that names the elements of `allowedSources` that are wrong
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

/** @returns the input that a key was made from, or changed to: what `completeInput` left out is there again */
export function inputOf(key: ApiKey): Required<ApiKeyInput> {
  const { name, description = '', expiresAt, enabled, scopes = [], restrictions: { allowedSources = [] } = {} } = key;
  return { name, description, expiresAt, enabled, scopes, allowedSources };
}

/** @param input whose `expiresAt` has been checked. @param kept as `completeInput` has it */
export function newApiKey(input: ApiKeyInput, createdBy: string, createdTime: number, kept?: KeyRestrictions): ApiKey {
  return { ...completeInput(input, kept), createdTime, createdBy };
}

export function isLiveAt({ expiresAt }: Pick<ApiKey, 'expiresAt'>, now: number): boolean {
  return expiresAt === never || expiresAt > now;
}

/** Whether a key has been expired for so long that every clock agrees, so that another may take its place. */
export function isReplaceable({ expiresAt }: ApiKey, now: number): boolean {
  return !isLiveAt({ expiresAt }, now - clockDifferenceMs);
}

/**
 * The answer that shows a key.
 * @param lastUsedTime when the key was last used, in ms since the epoch, if that is known
 */
export function formatApiKey(
  handle: KeyHandle,
  key: ApiKey,
  app: AppRef,
  partition: string,
  lastUsedTime: number | undefined,
) {
  const { disabledReason, rotatedTo, createdBy } = key;
  return {
    ...formatBareApiKey(handle, key, app, partition),
    createdBy,
    lastChange: lastChangeOf(key),
    ...(rotatedTo && { rotatedTo: formatApiKeyHrn(app.realm, rotatedTo, partition) }),
    ...(disabledReason && { disabledReason }),
    ...(lastUsedTime !== undefined && { lastUsedTime }),
  };
}

/** What every answer about a key shows. */
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

/** The answer that shows a new key's secret, the only one that ever does. */
export function formatNewApiKey(apiKeyId: ApiKeyId, handle: KeyHandle, key: ApiKey, app: AppRef, partition: string) {
  return { apiKeyId, ...formatBareApiKey(handle, key, app, partition) };
}
