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

/** @returns a secret as the creator of its keys. @param name the last part of its ARN */
export function creatorOf(name: string): string {
  return secretPrefix + name;
}

/** What a secret's key is to be, and what it has besides the input. */
export interface PendingKey {
  readonly input: ApiKeyInput;
  readonly besides: Pick<ApiKey, 'restrictions' | 'rotatedFrom' | 'pending'>;
}

/** What the first key of a secret is to be. Like each later one, it lives as long as the settings allow. */
export const firstInput: ApiKeyInput = { name: 'Secrets Manager', expiresAt: never };

/**
 * @param current handle of the key in use; undefined: the secret has none yet
 * @param by the secret, as the creator of its keys
 * @returns a key like the one in use, but with the latest end that it may have; scopes above the ceiling are left out
 * @throws ApiError 404666 when the key in use is gone, so that nobody knows what its successor is to be
 * @throws ApiError 409306 when somebody has disabled it, which a successor would undo, or when it is the key of another secret
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
 * @returns the handles of keys that rotations of the secret made, and that never came into use
 */
export function abandonedKeys(app: App, by: string, kept: readonly (KeyHandle | undefined)[]): KeyHandle[] {
  const isAbandoned = ([handle, key]: [KeyHandle, ApiKey]) =>
    key.pending && !key.rotatedTo && key.createdBy === by && !kept.includes(handle);
  return entriesOf(app.keys).flatMap((entry) => (isAbandoned(entry) ? [entry[0]] : []));
}

/** @returns the application without those keys; the same application if there are none */
export function withoutAbandoned(app: App, abandoned: readonly KeyHandle[], { at, op }: Change): App {
  return abandoned.length === 0 ? app : removeKeys(app, abandoned, { at, op, why: 'deleted' });
}

/**
 * @param replaced the key that the secret holds until then
 * @returns the application with the key ready for use: from now on it is abandoned no more
 * @throws ApiError 404666 when the key is gone, 409306 when it is not valid, or is no successor of the key to be replaced
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
 * Whether a pending key may do what the key in use may do now. One that is gone says nothing.
 * @throws ApiError 409306 when somebody has disabled it, which a successor would undo
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

/** @returns the application with a key of the secret that is in use, and so not pending; the same one if it was not */
export function inUse(app: App, handle: KeyHandle, by: string): App {
  const key = keyIn(app, handle);
  return key?.pending && key.createdBy === by ? withoutMark(app, handle, key) : app;
}

function withoutMark(app: App, handle: KeyHandle, { pending: _, ...key }: ApiKey): App {
  return { ...app, keys: { ...app.keys, [handle]: key } };
}

/** A key that a secret holds in AWSCURRENT or AWSPREVIOUS, and who made its keys. */
export interface Succession {
  readonly to: KeyHandle;
  /** the key of AWSCURRENT, which is not ended */
  readonly current: KeyHandle | undefined;
  /** the secret, as the creator of its keys */
  readonly by: string;
}

/** @returns the key that a rotation of the secret has replaced by that one, if it has not been given its end yet */
export function predecessorOf(app: App, { to, current, by }: Succession): KeyHandle | undefined {
  const successor = keyIn(app, to);
  const from = successor?.createdBy === by ? successor.rotatedFrom : undefined;
  const old = from && from !== current ? keyIn(app, from) : undefined;
  return old && old.rotatedTo !== to ? from : undefined;
}

/**
 * Gives the key before its end, once: a repetition does not move it.
 * @param end when the overlap is over, in ms since the epoch
 * @returns the same application if no key needs an end
 */
export function endPredecessor(app: App, succession: Succession, end: number): App {
  const from = predecessorOf(app, succession);
  const old = from && keyIn(app, from);
  if (!old) return app;
  // The grace was that of another rotation.
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
 * @param replaced what the secret holds until the new version is put into use
 * @throws ApiError 409306 when that is not what the new version was made from, so that a change by hand would be lost
 */
export function requireSameBasis(replaced: SecretValue, pending: SecretValue): void {
  const { apiKeyId, apiKey } = pending;
  // Whoever changes the order of a list means that.
  if (JSON.stringify({ ...replaced, apiKeyId, apiKey }) !== JSON.stringify(pending)) throw notAllowed(basisChanged);
}

/** @param cause what does not hold, and what to do: all that the log tells */
export function notAllowed(cause: string): ApiError {
  return new ApiError('409306', { cause });
}
