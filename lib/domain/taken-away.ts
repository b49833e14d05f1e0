import { areInBlocks } from './addresses.ts';
import { type ApiKey, never, wishOf } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import { type App, type AppPatch, wishOf as wishOfApp } from './app.ts';
import { type ApiKeyPatch, requireKey } from './keys-of-app.ts';
import { areReferrersOf } from './referrers.ts';

/** An application before a change and after it; the same one if there was nothing to change. */
export interface Changed {
  readonly before: App;
  readonly after: App;
}

/**
 * Says when that ends which a change takes away. A change that changes nothing may be the repetition of one whose answer
 * got lost, so each limit that it names counts as one that it has set.
 * @param now when the change had been made, in ms since the epoch
 * @returns `now`, or when the key expires if that is later; undefined if the change takes nothing away
 */
export function endAfterKeyPatch(
  { before, after }: Changed,
  handle: KeyHandle | undefined,
  patch: ApiKeyPatch,
  now: number,
): number | undefined {
  const [was, is] = [wishOf(requireKey(before, handle)), wishOf(requireKey(after, handle))];
  const isRepeated = before === after;
  const expires = isRepeated ? patch.expiresAt !== undefined : endOf(is) < endOf(was);
  const losesScopes = isRepeated ? patch.scopes !== undefined : !areIn(was.scopes, is.scopes);
  const losesSources = isRepeated
    ? (patch.allowedSources ?? []).length > 0
    : isNarrower(was.allowedSources, is.allowedSources, areInBlocks);
  const ends = [
    ...(expires && is.expiresAt !== never ? [Math.max(now, is.expiresAt)] : []),
    ...(losesScopes || losesSources ? [now] : []),
  ];
  return ends.length > 0 ? Math.max(...ends) : undefined;
}

/** The same for a change of an application. */
export function endAfterAppPatch({ before, after }: Changed, patch: AppPatch, now: number): number | undefined {
  const [was, is] = [wishOfApp(before), wishOfApp(after)];
  const takesAway =
    before === after
      ? patch.status === 'deactivated' || Boolean(patch.scopes) || (patch.referrers ?? []).length > 0
      : isDeactivated(before, after) ||
        isBelow(was.scopes, is.scopes) ||
        isNarrower(was.referrers, is.referrers, areReferrersOf);
  return takesAway ? now : undefined;
}

/**
 * @param from the key that a rotation has replaced
 * @returns when it ends, or `now` if that is later; undefined if somebody has given it no end since
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

function isDeactivated(before: App, after: App): boolean {
  return before.status === 'active' && after.status !== 'active';
}

/** A ceiling that is missing allows every scope. */
function isBelow(was: readonly string[] | undefined, is: readonly string[] | undefined): boolean {
  return is !== undefined && (was === undefined || !areIn(was, is));
}

/** An empty list allows everything. */
function isNarrower(
  was: readonly string[],
  is: readonly string[],
  areCovered: (some: readonly string[], others: readonly string[]) => boolean,
): boolean {
  return is.length > 0 && (was.length === 0 || !areCovered(was, is));
}
