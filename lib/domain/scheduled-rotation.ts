import { type ApiKey, type ApiKeyInput, inputOf, isLiveAt, never } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App, Change } from './app.ts';
import { ApiError } from './errors.ts';
import { entriesOf, removeKeys } from './housekeeping.ts';
import { isSameJson } from './idempotency.ts';
import { requireKey } from './keys-of-app.ts';
import { earlierOf } from './lifetime.ts';
import { withinCeiling } from './restrictions.ts';
import type { SecretValue } from './secret-value.ts';

const secretPrefix = 'lambda:rotateSecret:';

/**
 * @param name the last part of a secret's ARN
 * @returns the secret as the creator of its keys
 */
export function creatorOf(name: string): string {
  return secretPrefix + name;
}

/** The next key of a secret: the input, and further fields. */
export interface PendingKey {
  readonly input: ApiKeyInput;
  readonly besides: Pick<ApiKey, 'restrictions' | 'rotatedFrom' | 'pending'>;
}

/** The first key of a secret. Like each later one, it lives as long as the settings allow. */
export const firstInput: ApiKeyInput = { name: 'Secrets Manager', expiresAt: never };

/**
 * @param current handle of the key in use; undefined: the secret has none yet
 * @param by the secret, as the creator of its keys
 * @returns a key like the one in use, but with the latest possible expiry; scopes above the ceiling are left out
 * @throws ApiError 404666 if the key in use is gone, so that nobody knows what its successor must be like
 * @throws ApiError 409306 if somebody has disabled it, which a successor would undo, or it is the key of another secret
 */
export function pendingKeyOf(app: App, current: KeyHandle | undefined, by: string): PendingKey {
  if (current === undefined) return { input: firstInput, besides: { pending: true } };
  const key = requireKey(app, current);
  if (key.disabledReason)
    throw notAllowed(
      'Somebody who holds the API key of the version AWSCURRENT has reported it as leaked. Put the value again without apiKeyId and apiKey.',
    );
  if (!key.enabled) throw notAllowed('The API key of the version AWSCURRENT is disabled. Enable it.');
  if (key.createdBy !== by && key.createdBy.startsWith(secretPrefix))
    throw notAllowed(
      'The API key of the version AWSCURRENT belongs to another secret. Give this secret the value {"app": "…"}.',
    );
  const { restrictions } = key;
  const input = inputOf(key);
  return {
    input: { ...input, expiresAt: never, scopes: withinCeiling(input.scopes, app.restrictions) },
    besides: { ...(restrictions && { restrictions }), rotatedFrom: current, pending: true },
  };
}

/**
 * @param by the secret, as the creator of its keys
 * @param kept keys that stay
 * @returns the handles of keys that rotations of the secret generated, and that were never put into use
 */
export function abandonedKeys(app: App, by: string, kept: readonly (KeyHandle | undefined)[]): KeyHandle[] {
  const isAbandoned = ([handle, key]: [KeyHandle, ApiKey]) =>
    key.pending && !key.rotatedTo && key.createdBy === by && !kept.includes(handle);
  return entriesOf(app.keys).flatMap((entry) => (isAbandoned(entry) ? [entry[0]] : []));
}

/** @returns the application without these keys; the same application if there are none */
export function withoutAbandoned(app: App, abandoned: readonly KeyHandle[], { at, op }: Change): App {
  return abandoned.length === 0 ? app : removeKeys(app, abandoned, { at, op, why: 'deleted' });
}

/**
 * @param replaced the key in the secret until then
 * @returns the application with the key ready for use, so that it no longer counts as abandoned
 * @throws ApiError 404666 if the key is gone; 409306 if it is not valid, or is not a successor of the key to replace
 */
export function promote(app: App, handle: KeyHandle, replaced: KeyHandle | undefined, now: number): App {
  const key = requireKey(app, handle);
  if (key.rotatedFrom !== replaced || !isLike(key, app, replaced)) throw notAllowed(basisChanged);
  if (key.rotatedTo) throw notAllowed('Somebody has rotated the pending API key. Give the rotation up.');
  if (!key.enabled) throw notAllowed('The pending API key is disabled. Enable it.');
  if (!isLiveAt(key, now)) throw notAllowed('The pending API key has expired. Set a later expiry.');
  if (app.status !== 'active') throw notAllowed('The application is deactivated. Activate it.');
  return key.pending ? withoutMark(app, handle, key) : app;
}

/**
 * Whether a pending key has the same rights as the key in use now. If the key in use is gone, there is nothing to
 * compare.
 * @throws ApiError 409306 if somebody has disabled the key in use, which a successor would undo
 */
function isLike(pending: ApiKey, app: App, current: KeyHandle | undefined): boolean {
  if (current === undefined || !keyIn(app, current)) return true;
  const { input, besides } = pendingKeyOf(app, current, pending.createdBy);
  const scopes = withinCeiling(pending.scopes ?? [], app.restrictions);
  return isSameJson(
    { scopes, restrictions: pending.restrictions ?? {} },
    { scopes: input.scopes ?? [], restrictions: besides.restrictions ?? {} },
  );
}

/** @returns the application with the secret's key marked as in use; the same application if it was not pending */
export function inUse(app: App, handle: KeyHandle, by: string): App {
  const key = keyIn(app, handle);
  return key?.pending && key.createdBy === by ? withoutMark(app, handle, key) : app;
}

function withoutMark(app: App, handle: KeyHandle, { pending: _, ...key }: ApiKey): App {
  return { ...app, keys: { ...app.keys, [handle]: key } };
}

/** A key that a secret contains in AWSCURRENT or AWSPREVIOUS, and the creator of its keys. */
export interface Succession {
  readonly to: KeyHandle;
  /** The key of AWSCURRENT, which is never ended. */
  readonly current: KeyHandle | undefined;
  /** The secret, as the creator of its keys. */
  readonly by: string;
}

/** @returns the key that `to` has replaced in a rotation of the secret, if that key has no end yet */
export function predecessorOf(app: App, { to, current, by }: Succession): KeyHandle | undefined {
  const successor = keyIn(app, to);
  const from = successor?.createdBy === by ? successor.rotatedFrom : undefined;
  const old = from && from !== current ? keyIn(app, from) : undefined;
  return old && old.rotatedTo !== to ? from : undefined;
}

/**
 * Sets the end of the predecessor, once: a repetition does not move it.
 * @param end when the overlap is over, in ms since the epoch
 * @returns the same application if no key needs an end
 */
export function endPredecessor(app: App, succession: Succession, end: number): App {
  const from = predecessorOf(app, succession);
  const old = from && keyIn(app, from);
  if (!old) return app;
  // That grace belonged to another rotation.
  const { graceSeconds: _, ...kept } = old;
  const expiresAt = earlierOf(old.expiresAt, end);
  return { ...app, keys: { ...app.keys, [from]: { ...kept, expiresAt, rotatedTo: succession.to } } };
}

function keyIn({ keys }: App, handle: KeyHandle): ApiKey | undefined {
  return Object.hasOwn(keys, handle) ? keys[handle] : undefined;
}

const basisChanged =
  'The value of the version AWSCURRENT has changed since this rotation generated its API key. Give the rotation up.';

/**
 * @param replaced the secret's value until the new version is put into use
 * @throws ApiError 409306 if the new version was made from another value, so that a change by hand would be lost
 */
export function requireSameBasis(replaced: SecretValue, pending: SecretValue): void {
  const { apiKeyId, apiKey } = pending;
  // A changed order of a list is a change.
  if (JSON.stringify({ ...replaced, apiKeyId, apiKey }) !== JSON.stringify(pending)) throw notAllowed(basisChanged);
}

/** @param cause what is wrong, and what to do: all that the log tells */
export function notAllowed(cause: string): ApiError {
  return new ApiError('409306', { cause });
}
