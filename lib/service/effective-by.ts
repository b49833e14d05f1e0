import { clockDifferenceMs, latestTime } from '../domain/api-key.ts';
import type { StageSettings } from './settings.ts';

/** How long API Gateway waits for the response of an authorizer. It caches the response from its arrival. */
const answerMs = 10_000;

/**
 * The one bound of every revocation. It includes what verifiers and gateways have cached, a response on its way to a
 * gateway, and clock skew.
 * @param end when the revoked access ends, and not before the change was made, in ms since the epoch
 * @returns the time from which no verifier accepts it, in ms since the epoch
 */
export function effectiveByOf({ verify }: Pick<StageSettings, 'verify'>, end: number): number {
  return Math.min(end + verify.maxStaleSeconds * 1_000 + answerMs + clockDifferenceMs, latestTime);
}
