import { type ApiKey, type ApiKeyWish, isLiveAt, never, wishOf } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App, Change } from './app.ts';
import { ApiError } from './errors.ts';
import { entriesOf, removeKeys } from './housekeeping.ts';
import { requireKey } from './keys-of-app.ts';
import { withinCeiling } from './restrictions.ts';

const secretPrefix = 'lambda:rotateSecret:';

/** @returns a secret as the creator of its keys. @param name the last part of its ARN */
export function creatorOf(name: string): string {
  return secretPrefix + name;
}

/** What a secret's key is to be, and what it has besides the wish. */
export interface PendingKey {
  readonly wish: ApiKeyWish;
  readonly besides: Pick<ApiKey, 'restrictions' | 'rotatedFrom' | 'pending'>;
}

/**
 * @param current handle of the key in use; undefined: the secret has none yet
 * @param by the secret, as the creator of its keys
 * @returns a key like the one in use, but without its end; scopes above the ceiling are left out
 * @throws ApiError 404666 when the key in use is gone, so that nobody knows what its successor is to be
 * @throws ApiError 409306 when somebody has disabled it, which a successor would undo, or when it is the key of another secret
 */
export function pendingKeyOf(app: App, current: KeyHandle | undefined, by: string): PendingKey {
  if (current === undefined) return { wish: { name: 'Secrets Manager' }, besides: { pending: true } };
  const key = requireKey(app, current);
  if (!key.enabled) throw notAllowed('The API key of the version AWSCURRENT is disabled.', 'Enable the API key');
  if (key.createdBy !== by && key.createdBy.startsWith(secretPrefix))
    throw notAllowed(
      'The API key of the version AWSCURRENT belongs to another secret.',
      'Give this secret the value {"app": "…"}',
    );
  const { expiresAt: _, ...wish } = wishOf(key);
  const { restrictions } = key;
  return {
    wish: { ...wish, scopes: withinCeiling(wish.scopes, app.restrictions) },
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
 * @returns the application with the key ready for use: from now on it is abandoned no more
 * @throws ApiError 404666 when the key is gone, 409306 when it is not valid
 */
export function promote(app: App, handle: KeyHandle, now: number): App {
  const { pending, ...key } = requireKey(app, handle);
  if (!key.enabled) throw notAllowed('The pending API key is disabled.', 'Enable the API key');
  if (!isLiveAt(key, now)) throw notAllowed('The pending API key has expired.', 'Set another end of the API key');
  if (app.status !== 'active') throw new ApiError('409306');
  return pending ? { ...app, keys: { ...app.keys, [handle]: key } } : app;
}

/** The key that a secret holds now, and the one that it held before. */
export interface Succession {
  readonly from: KeyHandle;
  readonly to: KeyHandle;
  /** the secret, as the creator of its keys */
  readonly by: string;
  /** when the overlap is over, in ms since the epoch */
  readonly end: number;
}

/**
 * Gives the key before its end, once: a repetition does not move it.
 * @returns the same application if the key is gone or has been given its end, or if no rotation of the secret has made
 *   the other key its successor
 */
export function endPredecessor(app: App, { from, to, by, end }: Succession): App {
  const old = Object.hasOwn(app.keys, from) ? app.keys[from] : undefined;
  const successor = Object.hasOwn(app.keys, to) ? app.keys[to] : undefined;
  if (!old || old.rotatedTo === to || successor?.createdBy !== by || successor.rotatedFrom !== from) return app;
  const expiresAt = old.expiresAt === never ? end : Math.min(old.expiresAt, end);
  return { ...app, keys: { ...app.keys, [from]: { ...old, expiresAt, rotatedTo: to } } };
}

export function notAllowed(cause: string, action: string): ApiError {
  return new ApiError('409306', { cause, action: `${action}, then let Secrets Manager try again.` });
}
