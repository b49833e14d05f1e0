import type { Figures } from './load.ts';
import { normalP99Ms, type Promised } from './scenarios.ts';

/** @returns what of the claims does not hold, one line each */
export function brokenClaims(
  { before, overload, after, goodput, answeredAfterMs }: Figures,
  promised: Promised,
): string[] {
  const shed = (overload.byStatus[503] ?? 0) + (overload.byStatus[429] ?? 0);
  const isCalm = [before, after].every(
    ({ byStatus, p99Ms }) => Object.keys(byStatus).every((status) => Number(status) < 300) && p99Ms < normalP99Ms,
  );
  const claims: [string, boolean][] = [
    ['there is an overload: something is shed', shed > 0],
    ['every request is answered 2xx, or 429 or 503 with Retry-After', overload.strange === 0],
    [
      `no answer comes later than ${promised.latestMs} ms`,
      overload.latestMs <= promised.latestMs && answeredAfterMs <= promised.latestMs,
    ],
    [`at least ${promised.goodput * 100} % of the sustainable rate are served`, goodput >= promised.goodput],
    ['no answer is belied by the store', before.untrue + overload.untrue + after.untrue === 0],
    ['before and after all answers are normal', isCalm],
  ];
  return claims.filter(([, holds]) => !holds).map(([claim]) => `Not so: ${claim}.`);
}
