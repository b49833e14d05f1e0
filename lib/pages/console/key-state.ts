import type { ApiKey, App } from '../../package/client/client.ts';
import { days, endFromNow, fromNow } from './times.ts';
import { areUsesRecorded } from './uses.ts';

export interface KeyBadge {
  readonly kind: 'active' | 'ending' | 'disabled' | 'leaked' | 'expired' | 'idle' | 'old';
  readonly text: string;
}

const endingMs = days(14);
/** A key that nobody uses for so long, or that is so old, is worth a look. */
const idleMs = days(90);
const oldMs = days(365);

const reasons: Readonly<Record<string, string>> = { leaked: 'reported as leaked' };

/** What holds of a key first: an expired one serves nobody, whether it is enabled or not. */
export function stateOf({ enabled, expiresAt, disabledReason }: ApiKey, now: number): KeyBadge {
  const why = disabledReason ? `: ${reasons[disabledReason] ?? disabledReason}` : '';
  if (expiresAt !== -1 && expiresAt <= now) return { kind: 'expired', text: `Expired${why}` };
  if (!enabled) return { kind: disabledReason ? 'leaked' : 'disabled', text: `Disabled${why}` };
  const isEnding = expiresAt !== -1 && expiresAt - now <= endingMs;
  return isEnding ? { kind: 'ending', text: `Ends ${endFromNow(expiresAt, now)}` } : { kind: 'active', text: 'Active' };
}

/** Whether a verifier accepts the key, as far as that depends on the key alone. */
export function isUsable(key: ApiKey, now: number): boolean {
  return ['active', 'ending'].includes(stateOf(key, now).kind);
}

/**
 * @returns the state of a key, then what is worth a look besides: that nobody uses it, or that it is old. No key of a
 *   deactivated application is active.
 */
export function badgesOf(key: ApiKey, { status }: App, now: number): [KeyBadge, ...KeyBadge[]] {
  const { createdTime, lastUsedTime } = key;
  const idle: KeyBadge[] =
    areUsesRecorded && now - (lastUsedTime ?? createdTime) >= idleMs
      ? [{ kind: 'idle', text: lastUsedTime === undefined ? 'Never used' : `Not used since ${monthOf(lastUsedTime)}` }]
      : [];
  const old: KeyBadge[] =
    now - createdTime >= oldMs ? [{ kind: 'old', text: `Created ${fromNow(createdTime, now)}` }] : [];
  const state: KeyBadge =
    status !== 'active' && isUsable(key, now)
      ? { kind: 'disabled', text: 'Application deactivated' }
      : stateOf(key, now);
  return [state, ...idle, ...old];
}

const month = new Intl.DateTimeFormat('en', { year: 'numeric', month: 'long' });
const monthOf = (time: number) => month.format(time);

/** @returns the last part of a key's HRN, the fingerprint of its secret: of two keys with one name it tells which */
export function handleOf(apiKey: string): string {
  return apiKey.split('/').at(-1) ?? '';
}
