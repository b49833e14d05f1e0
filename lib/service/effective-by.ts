import { clockDifferenceMs, latestTime } from '../domain/api-key.ts';
import type { StageSettings } from './settings.ts';

/** API Gateway waits so long for the answer of an authorizer, and caches it from when it comes. */
const answerMs = 10_000;

/**
 * The one bound of every revocation: what verifiers and gateways have cached, an answer that is on its way to a gateway,
 * and clocks that differ.
 * @param end when what was taken away ends, and not before the change had been made, in ms since the epoch
 * @returns from when on no verifier accepts it, in ms since the epoch
 */
export function effectiveByOf({ verify }: Pick<StageSettings, 'verify'>, end: number): number {
  return Math.min(end + verify.maxStaleSeconds * 1_000 + answerMs + clockDifferenceMs, latestTime);
}
