import { type ApiKey, type ApiKeyInput, inputOf, isLiveAt, newApiKey } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App } from './app.ts';
import { ApiError, errorTable, invalidField } from './errors.ts';
import { addKey, requireTakesKeys } from './generation.ts';
import { expiredKeys, prune, removeKeys } from './housekeeping.ts';
import { findRecord, type RepeatableRequest, type RequestRecord } from './idempotency.ts';
import { earlierOf, endOf, type Lifetime } from './lifetime.ts';
import { parseSources, withinCeiling } from './restrictions.ts';

/** What a caller can choose for a rotation. `expiresAt` must have been checked. */
export interface RotationInput extends Partial<Omit<ApiKeyInput, 'enabled'>> {
  /** How long both keys are valid. 0, the default: the old key ends at once. */
  readonly overlapSeconds?: number;
  /**
   * Instead of overlapSeconds: the old key ends this many seconds after the first use of its successor, and at the
   * latest after `atMost`.
   */
  readonly overlap?: { readonly untilFirstUse: number; readonly atMost: number };
}

/**
 * @returns what an input asks for, for comparison: texts trimmed, defaults filled in, lists in canonical form
 * @throws ApiError 400200 with the wrong elements of `allowedSources`, or if it has both overlaps
 */
export function completeRotationInput({ overlapSeconds: given, ...input }: RotationInput): RotationInput {
  const { name, description, allowedSources } = input;
  if (input.overlap && given !== undefined)
    throw invalidField('$.overlap', 'cannot be given together with overlapSeconds');
  return {
    ...input,
    overlapSeconds: given ?? 0,
    ...(name !== undefined && { name: name.trim() }),
    ...(description !== undefined && { description: description.trim() }),
    ...(allowedSources && { allowedSources: parseSources(allowedSources) }),
  };
}

/** A rotation of the key `from` into the key `to`. */
export interface Rotation {
  readonly from: KeyHandle;
  readonly to: KeyHandle;
  readonly input: RotationInput;
  readonly by: string;
  readonly op: string;
  readonly now: number;
  readonly maxKeys: number;
  readonly lifetime: Lifetime;
  readonly request?: RepeatableRequest | undefined;
  /** The idempotency record to store. */
  readonly record?: RequestRecord | undefined;
}

/**
 * @returns the application with the successor; the same application if the request was answered before, which its
 * record shows
 * @throws ApiError 422409, 409305, 404666, 409304, 409306, 400337, 400201 or 409303
 */
export function withSuccessor(app: App, rotation: Rotation): App {
  const { from, to, input, now, request, record } = rotation;
  if (findRecord(app, request, now)) return app;
  const old = requireUnrotated(app, from);
  requireTakesKeys(app);
  const successor = successorOf(app, old, rotation);
  const pruned = prune(app, now);
  const cleared =
    input.overlapSeconds || input.overlap ? overlap(pruned, old, rotation) : replaceKeys(pruned, [from], rotation);
  return addKey(cleared, to, successor, request, record);
}

/** @throws ApiError 404666 if there is no such key; 409304 if it already has a successor */
function requireUnrotated(app: App, handle: KeyHandle): ApiKey {
  const key = Object.hasOwn(app.keys, handle) ? app.keys[handle] : undefined;
  const tombstone = Object.hasOwn(app.removed, handle) ? app.removed[handle] : undefined;
  if (key?.rotatedTo || tombstone?.why === 'rotated') throw new ApiError('409304');
  if (!key) throw new ApiError('404666');
  return key;
}

/**
 * The successor is like the old key, except for what the input says. Scopes above the ceiling are left out, and the
 * expiry is at most the maximum.
 */
function successorOf(app: App, old: ApiKey, { from, input, by, now, lifetime }: Rotation): ApiKey {
  const { overlapSeconds: _, overlap: __, ...requested } = input;
  const { scopes, expiresAt, ...others } = { ...inputOf(old), ...requested };
  const end = endOf(expiresAt, { createdTime: now }, lifetime);
  const inherited = { ...others, expiresAt: end, scopes: withinCeiling(scopes, app.restrictions) };
  const successor = newApiKey(inherited, by, now, old.restrictions);
  if (!isLiveAt(successor, now)) throw missingExpiry();
  return { ...successor, rotatedFrom: from };
}

function missingExpiry(): ApiError {
  const message = 'is required, because the API key to rotate has expired';
  return new ApiError('400201', { details: [{ title: errorTable['400201'].title, source: '$.expiresAt', message }] });
}

/** The old key stays until the end of the overlap, but never longer than its own expiry. */
function overlap(app: App, old: ApiKey, rotation: Rotation): App {
  const { from, to, input, now, maxKeys } = rotation;
  const end = now + (input.overlap?.atMost ?? input.overlapSeconds ?? 0) * 1_000;
  const expiresAt = earlierOf(old.expiresAt, end);
  const grace = input.overlap && { graceSeconds: input.overlap.untilFirstUse };
  const shortened = { ...app, keys: { ...app.keys, [from]: { ...old, expiresAt, rotatedTo: to, ...grace } } };
  if (app.keyCount < maxKeys) return shortened;
  const expired = expiredKeys(app, now).map(([handle]) => handle);
  const cleared = replaceKeys(shortened, expired, rotation);
  if (cleared.keyCount < maxKeys) return cleared;
  throw new ApiError('409303', {
    cause: 'Rotating with an overlap needs a free slot, but the application has reached its key limit.',
    action: 'Delete the other API key first, or rotate with overlapSeconds 0.',
  });
}

/** @returns the application without these keys; the old key's tombstone names the successor */
function replaceKeys(app: App, handles: readonly KeyHandle[], { from, to, now: at, op }: Rotation): App {
  const replaced = removeKeys(app, handles, { at, op, why: 'replaced' });
  return handles.includes(from) ? removeKeys(replaced, [from], { at, op, why: 'rotated', successor: to }) : replaced;
}
