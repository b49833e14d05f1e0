import { areInBlocks } from './addresses.ts';
import { type ApiKey, inputOf, never } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import { type App, type AppPatch, inputOf as inputOfApp } from './app.ts';
import { type ApiKeyPatch, requireKey } from './keys-of-app.ts';
import { areReferrersOf } from './referrers.ts';

/** An application before and after a change; the same one if nothing changed. */
export interface Changed {
  readonly before: App;
  readonly after: App;
}

/**
 * Says when the access ends that a change takes away. A limit that the change names, and that did not change, counts as
 * set by it: the change can be the repetition of one whose response was lost.
 * @param now when the change had been made, in ms since the epoch
 * @returns `now`, or the key's expiry if that is later; undefined if the change takes nothing away
 */
export function endAfterKeyPatch(
  { before, after }: Changed,
  handle: KeyHandle | undefined,
  patch: ApiKeyPatch,
  now: number,
): number | undefined {
  const [was, is] = [inputOf(requireKey(before, handle)), inputOf(requireKey(after, handle))];
  const expires = patch.expiresAt !== undefined && is.expiresAt !== never && endOf(is) <= endOf(was);
  const losesScopes = patch.scopes !== undefined && !isWider(is.scopes, was.scopes, areIn);
  const losesSources =
    patch.allowedSources !== undefined && isNoWider(is.allowedSources, was.allowedSources, areInBlocks);
  const ends = [...(expires ? [Math.max(now, is.expiresAt)] : []), ...(losesScopes || losesSources ? [now] : [])];
  return ends.length > 0 ? Math.max(...ends) : undefined;
}

/** The same for a change of an application. */
export function endAfterAppPatch({ before, after }: Changed, patch: AppPatch, now: number): number | undefined {
  const [was, is] = [inputOfApp(before), inputOfApp(after)];
  const losesScopes = patch.scopes && is.scopes && !(was.scopes && isWider(is.scopes, was.scopes, areIn));
  const losesPages = patch.referrers !== undefined && isNoWider(is.referrers, was.referrers, areReferrersOf);
  return patch.status === 'deactivated' || losesScopes || losesPages ? now : undefined;
}

/**
 * @param from the key that a rotation has replaced
 * @returns when it ends, or `now` if that is later; undefined if its end was removed since
 */
export function endOfPredecessor({ keys }: App, from: KeyHandle, now: number): number | undefined {
  const old = Object.hasOwn(keys, from) ? keys[from] : undefined;
  if (!old?.enabled) return now;
  return old.expiresAt === never ? undefined : Math.max(now, old.expiresAt);
}

function endOf({ expiresAt }: Pick<ApiKey, 'expiresAt'>): number {
  return expiresAt === never ? Number.POSITIVE_INFINITY : expiresAt;
}

function areIn(some: readonly string[], others: readonly string[]): boolean {
  return some.every((one) => others.includes(one));
}

type AreCovered = (some: readonly string[], others: readonly string[]) => boolean;

/** Whether the new list allows more than the old one, and everything that the old one allowed. */
function isWider(is: readonly string[], was: readonly string[], areCovered: AreCovered): boolean {
  return areCovered(was, is) && !areCovered(is, was);
}

/** The same for lists that allow everything when they are empty. */
function isNoWider(is: readonly string[], was: readonly string[], areCovered: AreCovered): boolean {
  return is.length > 0 && (was.length === 0 || !isWider(is, was, areCovered));
}
