import { createHash } from 'node:crypto';
import { type ApiKey, clockDifferenceMs, isLiveAt, never } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import type { App } from './app.ts';
import { entriesOf } from './housekeeping.ts';
import { dayMs, latestEnd } from './lifetime.ts';

/** The notices: the name under which an application remembers one, and its event. */
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

/** When notices are sent, in days. A missing rule sends none. */
export interface NoticeRules {
  /** After the last recorded use. */
  readonly idleDays?: number | undefined;
  /** After the creation. */
  readonly rotateDays?: number | undefined;
  /** The maximum lifetime, which some keys exceed. */
  readonly maxDays?: number | undefined;
}

/**
 * What the sweep remembers about a key, in ms since the epoch.
 * - The name of a notice: the time for which it was sent, or will not be sent.
 * - `used`: the latest use found.
 * - `looked`: when it was looked for.
 * - `firstUse`: the first use found, for the successor of another key.
 */
export type Watch = { readonly [Name in NoticeName | 'used' | 'looked' | 'firstUse']?: number };

/** A notice, and the time from which it is true, in ms since the epoch. */
export interface Notice {
  readonly handle: KeyHandle;
  readonly name: NoticeName;
  readonly at: number;
}

type Watched = Pick<App, 'status' | 'keys' | 'watched'>;

/** @returns every notice that the keys of an application will have, as they are now and as far as uses are known */
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

/** When a key begins to count as idle. A key that is not accepted anyway does not count. */
function idleTime(app: Watched, handle: KeyHandle, key: ApiKey, { idleDays }: NoticeRules): number | undefined {
  if (idleDays === undefined || !key.enabled || app.status !== 'active') return undefined;
  return Math.max(key.createdTime, watchOf(app, handle).used ?? 0) + idleDays * dayMs;
}

/** A key with a successor is already rotated. Of two rules, the earlier one counts. */
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

/** @returns the notices that are true now, sent or not; the expiry of a key replaces its other notices */
export function currentNotices(app: Watched, now: number, rules: NoticeRules): Notice[] {
  const due = noticesOf(app, rules).filter(({ at }) => at <= now);
  const isOutdated = (one: Notice) =>
    due.some(({ handle, name }) => {
      const isLater = name === 'expired' || (name === 'expiring1' && one.name === 'expiring7');
      return handle === one.handle && name !== one.name && isLater;
    });
  return due.filter((notice) => !isOutdated(notice));
}

/** @returns the application, with a note that the notices were sent */
export function withSent<Some extends Watched>(app: Some, notices: readonly Notice[]): Some {
  return notices.reduce((all, { handle, name, at }) => remembering(all, handle, { [name]: at }), app);
}

function remembering<Some extends Watched>(app: Some, handle: KeyHandle, watch: Watch): Some {
  return { ...app, watched: { ...app.watched, [handle]: { ...watchOf(app, handle), ...watch } } };
}

/**
 * When the times of use of a key must be read: when the key seems idle; after its notice, again after the same time. So
 * a key that was used since then gets its next notice in time.
 */
export function usesDueAt(app: Watched, handle: KeyHandle, key: ApiKey, rules: NoticeRules): number | undefined {
  const idleAt = idleTime(app, handle, key, rules);
  if (idleAt === undefined) return undefined;
  const { idle, looked = idleAt } = watchOf(app, handle);
  const at = idle === idleAt ? looked + (rules.idleDays ?? 0) * dayMs : idleAt;
  return isLiveAt(key, at) ? at : undefined;
}

/** @returns the keys whose times of use must be read by now, to decide whether they are idle */
export function keysToLookAt(app: Watched, now: number, rules: NoticeRules): KeyHandle[] {
  const isDue = ([handle, key]: [KeyHandle, ApiKey]) => (usesDueAt(app, handle, key, rules) ?? Infinity) <= now;
  return entriesOf(app.keys).flatMap((entry) => (isDue(entry) ? [entry[0]] : []));
}

/** When keys were last used, in ms since the epoch. */
type Uses = ReadonlyMap<KeyHandle, number>;

/** @returns the application, with a note that these times of use were read, and their result */
export function withUses<Some extends Watched>(app: Some, looked: readonly KeyHandle[], uses: Uses, now: number): Some {
  return looked.reduce((all, handle) => {
    const used = Math.max(uses.get(handle) ?? 0, watchOf(all, handle).used ?? 0);
    return remembering(all, handle, { looked: now, ...(used > 0 && { used }) });
  }, app);
}

/** A rotation whose old key ends some time after the first use of its successor, before its final expiry. */
export interface Grace {
  readonly from: KeyHandle;
  readonly to: KeyHandle;
  /** If `isUsed`, when the old key ends, otherwise the earliest time at which it can end. In ms since the epoch. */
  readonly at: number;
  /** Whether the first use of the successor is known. */
  readonly isUsed: boolean;
}

/** The clock that recorded the use and the clock that reads it can each differ by 5 seconds. */
const clocksDifferMs = 10_000;

/** Less than an hour, for an hourly sweep that begins a little early. */
const soonestLookMs = 50 * 60_000;

/** If a read finds no use, the next read comes with the next sweep, or after a tenth of the time since the rotation. */
function nextLook(looked: number, { createdTime }: ApiKey): number {
  return looked + Math.max(soonestLookMs, Math.floor((looked - createdTime) / 10));
}

/**
 * @returns the rotations whose old key can end early, once its successor has a first use. The successor must be valid
 * itself
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

/** @returns the application, with the first use of each successor that has been used */
export function withFirstUses<Some extends Watched>(app: Some, graces: readonly Grace[], uses: Uses): Some {
  return graces.reduce((all, { to, isUsed }) => {
    const firstUse = isUsed ? undefined : uses.get(to);
    return firstUse === undefined ? all : remembering(all, to, { firstUse });
  }, app);
}

/**
 * Ends the old key of a rotation now, unless it has ended or its expiry was changed by hand.
 * @returns the same application if there is nothing to end
 */
export function endGrace(app: App, { from, to }: Pick<Grace, 'from' | 'to'>, now: number): App {
  if (!gracesOf(app, now).some((grace) => grace.from === from && grace.to === to)) return app;
  const { graceSeconds: _, ...old } = app.keys[from] as ApiKey;
  return { ...app, keys: { ...app.keys, [from]: { ...old, expiresAt: now } } };
}

/**
 * @returns what to remember after a change. Notes about removed keys are dropped. If an expiry was moved, a notice
 * whose time has passed is not sent. The same map if nothing changes
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

/** @returns the ID of a notice, which is the same however often the notice is sent */
export function noticeId(keyHrn: string, { name, at }: Notice): string {
  return createHash('sha256').update(`${keyHrn} ${name} ${at}`).digest('base64url');
}
