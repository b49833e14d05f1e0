import type { ApiKey } from '../../package/client/client.ts';
import { days, fromNow } from './times.ts';

export interface KeyState {
  readonly kind: 'active' | 'ending' | 'disabled' | 'expired';
  readonly text: string;
}

const endingMs = days(3);

/** What holds of a key first: an expired one serves nobody, whether it is enabled or not. */
export function stateOf({ enabled, expiresAt, disabledReason }: ApiKey, now: number): KeyState {
  const why = disabledReason ? `: ${disabledReason}` : '';
  if (expiresAt !== -1 && expiresAt <= now) return { kind: 'expired', text: `Expired${why}` };
  if (!enabled) return { kind: 'disabled', text: `Disabled${why}` };
  const isEnding = expiresAt !== -1 && expiresAt - now <= endingMs;
  return isEnding ? { kind: 'ending', text: `Ends ${fromNow(expiresAt, now)}` } : { kind: 'active', text: 'Active' };
}

/** @returns the last part of a key's HRN, the fingerprint of its secret: of two keys with one name it tells which */
export function handleOf(apiKey: string): string {
  return apiKey.split('/').at(-1) ?? '';
}
