import { createHash } from 'node:crypto';
import { type ApiKey, clockDifferenceMs, isLiveAt, never } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App } from './app.ts';
import { entriesOf } from './housekeeping.ts';
import { dayMs, latestEnd } from './lifetime.ts';

/** What is announced of a key, by the name under which its application remembers it, and the event that announces it. */
export const noticeEvents = {
  expiring7: 'apiKeyExpiring',
  expiring1: 'apiKeyExpiring',
  expired: 'apiKeyExpired',
  idle: 'apiKeyIdle',
  rotate: 'apiKeyRotationDue',
  overAge: 'apiKeyRotationDue',
} as const;
export type NoticeName = keyof typeof noticeEvents;
export type NoticeEvent = (typeof noticeEvents)[NoticeName];

/** When keys are announced, in days; what is missing is not announced. */
export interface NoticeRules {
  /** without a use that is written down */
  readonly idleDays?: number | undefined;
  /** since the creation */
  readonly rotateDays?: number | undefined;
  /** the maximum lifetime, which some keys are older than */
  readonly maxDays?: number | undefined;
}

/**
 * What the sweep remembers of a key, in ms since the epoch. By the name of a notice: the moment for which it was sent, or
 * will not be. `used`: the latest use that it found. `looked`: when it looked for one. `firstUse`: the first use that it
 * found, of a key that has replaced another.
 */
export type Watch = { readonly [Name in NoticeName | 'used' | 'looked' | 'firstUse']?: number };

/** A notice, and the moment from which on it holds, in ms since the epoch. */
export interface Notice {
  readonly handle: KeyHandle;
  readonly name: NoticeName;
  readonly at: number;
}

type Watched = Pick<App, 'status' | 'keys' | 'watched'>;

/** @returns every notice that the keys of an application will be worth, as they are now, and as far as uses are known */
export function noticesOf(app: Watched, rules: NoticeRules): Notice[] {
  return entriesOf(app.keys).flatMap(([handle, key]) => noticesOfKey(app, handle, key, rules));
}

function noticesOfKey(app: Watched, handle: KeyHandle, key: ApiKey, rules: NoticeRules): Notice[] {
  const notice = (name: NoticeName, at: number): Notice => ({ handle, name, at });
  const { expiresAt, createdTime } = key;
  const ending =
    expiresAt === never
      ? []
      : [
          ...[notice('expiring7', expiresAt - 7 * dayMs), notice('expiring1', expiresAt - dayMs)].filter(
            ({ at }) => at > createdTime,
          ),
          notice('expired', expiresAt + clockDifferenceMs),
        ];
  const idleAt = idleTime(app, handle, key, rules);
  const living = [
    ...(idleAt === undefined ? [] : [notice('idle', idleAt)]),
    ...rotationTimes(app, key, rules).map(([name, at]) => notice(name, at)),
  ];
  return [...ending, ...living.filter(({ at }) => isLiveAt(key, at))];
}

/** The moment from which on a key counts as idle. A key that is not accepted anyway does not. */
function idleTime(app: Watched, handle: KeyHandle, key: ApiKey, { idleDays }: NoticeRules): number | undefined {
  if (idleDays === undefined || !key.enabled || app.status !== 'active') return undefined;
  return Math.max(key.createdTime, watchOf(app, handle).used ?? 0) + idleDays * dayMs;
}

/** A key that has a successor is rotated already. Of two rules, the one that comes first counts. */
function rotationTimes(
  { keys }: Watched,
  key: ApiKey,
  { rotateDays, maxDays }: NoticeRules,
): ['rotate' | 'overAge', number][] {
  if (key.rotatedTo && Object.hasOwn(keys, key.rotatedTo)) return [];
  const rotateAt = rotateDays === undefined ? Infinity : key.createdTime + rotateDays * dayMs;
  const limit = latestEnd(key, { maxDays }) ?? Infinity;
  if (rotateAt === Infinity && limit === Infinity) return [];
  return [rotateAt <= limit ? ['rotate', rotateAt] : ['overAge', limit]];
}

function watchOf({ watched = {} }: Watched, handle: KeyHandle): Watch {
  return (Object.hasOwn(watched, handle) && watched[handle]) || {};
}

/** @returns the notices that have not been sent, the earliest first */
export function unsentNotices(app: Watched, rules: NoticeRules): Notice[] {
  const unsent = noticesOf(app, rules).filter(({ handle, name, at }) => watchOf(app, handle)[name] !== at);
  return unsent.sort((one, other) => one.at - other.at);
}

/** @returns the notices that hold now, whether or not they were sent; what is true of a live key is not of an expired one */
export function currentNotices(app: Watched, now: number, rules: NoticeRules): Notice[] {
  const due = noticesOf(app, rules).filter(({ at }) => at <= now);
  const isOutdated = (one: Notice) =>
    due.some(({ handle, name }) => {
      const isLater = name === 'expired' || (name === 'expiring1' && one.name === 'expiring7');
      return handle === one.handle && name !== one.name && isLater;
    });
  return due.filter((notice) => !isOutdated(notice));
}

/** @returns the application, which remembers that the notices were sent */
export function withSent<Some extends Watched>(app: Some, notices: readonly Notice[]): Some {
  return notices.reduce((all, { handle, name, at }) => remembering(all, handle, { [name]: at }), app);
}

function remembering<Some extends Watched>(app: Some, handle: KeyHandle, watch: Watch): Some {
  return { ...app, watched: { ...app.watched, [handle]: { ...watchOf(app, handle), ...watch } } };
}

/**
 * When the times of use of a key are to be read: when it counts as idle as far as is known; and, once that was announced,
 * after as long a time again, so that a key that was used since is announced again in time.
 */
export function usesDueAt(app: Watched, handle: KeyHandle, key: ApiKey, rules: NoticeRules): number | undefined {
  const idleAt = idleTime(app, handle, key, rules);
  if (idleAt === undefined) return undefined;
  const { idle, looked = idleAt } = watchOf(app, handle);
  const at = idle === idleAt ? looked + (rules.idleDays ?? 0) * dayMs : idleAt;
  return isLiveAt(key, at) ? at : undefined;
}

/** @returns the keys of which the times of use are to be read by now, to tell whether they are idle */
export function keysToLookAt(app: Watched, now: number, rules: NoticeRules): KeyHandle[] {
  const isDue = ([handle, key]: [KeyHandle, ApiKey]) => (usesDueAt(app, handle, key, rules) ?? Infinity) <= now;
  return entriesOf(app.keys).flatMap((entry) => (isDue(entry) ? [entry[0]] : []));
}

/** When keys were last used, in ms since the epoch. */
type Uses = ReadonlyMap<KeyHandle, number>;

/** @returns the application, which remembers that these times of use were read, and what they tell */
export function withUses<Some extends Watched>(app: Some, looked: readonly KeyHandle[], uses: Uses, now: number): Some {
  return looked.reduce((all, handle) => {
    const used = Math.max(uses.get(handle) ?? 0, watchOf(all, handle).used ?? 0);
    return remembering(all, handle, { looked: now, ...(used > 0 && { used }) });
  }, app);
}

/** A rotation whose old key ends before its hard end: some time after the first use of its successor. */
export interface Grace {
  readonly from: KeyHandle;
  readonly to: KeyHandle;
  /** when the old key ends, if `isUsed`; else it is the first moment at which that can be, in ms since the epoch */
  readonly at: number;
  /** whether the first use of the successor is known */
  readonly isUsed: boolean;
}

/** The clock that wrote the use down, and the one that reads it, may each differ by 5 seconds. */
const clocksDifferMs = 10_000;

/** Less than an hour, so that an hourly sweep that begins a little early finds it. */
const soonestLookMs = 50 * 60_000;

/** After a look that found no use, the next one comes with the next sweep, or after a tenth of the time since the rotation. */
function nextLook(looked: number, { createdTime }: ApiKey): number {
  return looked + Math.max(soonestLookMs, Math.floor((looked - createdTime) / 10));
}

/**
 * @returns the rotations whose old key may end before its hard end, if they have a first use of the successor to tell; not
 *   while the successor is not valid itself
 */
export function gracesOf(app: Watched, now: number): Grace[] {
  return entriesOf(app.keys).flatMap(([from, key]) => {
    const { rotatedTo: to, graceSeconds } = key;
    const successor = to && app.keys[to];
    if (!to || !successor?.enabled || !isLiveAt(successor, now) || graceSeconds === undefined || !isLiveAt(key, now))
      return [];
    const { firstUse, looked } = watchOf(app, to);
    const over = (firstUse ?? successor.createdTime) + graceSeconds * 1_000 + clocksDifferMs;
    const at = firstUse === undefined && looked !== undefined ? Math.max(over, nextLook(looked, successor)) : over;
    return [{ from, to, at, isUsed: firstUse !== undefined }];
  });
}

/** @returns the application, which remembers the first use of each successor that has been used by now */
export function withFirstUses<Some extends Watched>(app: Some, graces: readonly Grace[], uses: Uses): Some {
  return graces.reduce((all, { to, isUsed }) => {
    const firstUse = isUsed ? undefined : uses.get(to);
    return firstUse === undefined ? all : remembering(all, to, { firstUse });
  }, app);
}

/**
 * Ends the old key of a rotation now, if it has not ended and its end has not been moved by hand.
 * @returns the same application if there is nothing to end
 */
export function endGrace(app: App, { from, to }: Pick<Grace, 'from' | 'to'>, now: number): App {
  if (!gracesOf(app, now).some((grace) => grace.from === from && grace.to === to)) return app;
  const { graceSeconds: _, ...old } = app.keys[from] as ApiKey;
  return { ...app, keys: { ...app.keys, [from]: { ...old, expiresAt: now } } };
}

/**
 * @returns what is to be remembered after a change: nothing of keys that are gone; and of a key whose end was moved, that
 *   a notice before the end whose moment has passed is not sent. The same map if that changes nothing
 */
export function watchedAfter(
  before: Watched,
  after: Watched,
  now: number,
  rules: NoticeRules | undefined,
): App['watched'] {
  const { watched } = after;
  const isMoved = ({ handle }: Notice) =>
    before.keys[handle] && before.keys[handle].expiresAt !== after.keys[handle]?.expiresAt;
  const passed = rules ? unsentNotices(after, {}).filter((notice) => notice.at <= now && isMoved(notice)) : [];
  const kept = entriesOf(withSent(after, passed).watched ?? {}).filter(([handle]) => Object.hasOwn(after.keys, handle));
  if (passed.length === 0 && kept.length === Object.keys(watched ?? {}).length) return watched;
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** @returns what tells a notice from all others, however often it is sent */
export function noticeId(keyHrn: string, { name, at }: Notice): string {
  return createHash('sha256').update(`${keyHrn} ${name} ${at}`).digest('base64url');
}
