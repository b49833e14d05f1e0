import fc from 'fast-check';
import { errorsOf } from '../../../lib/contract/openapi.ts';
import { type Operation, operations } from '../../../lib/contract/operations.ts';
import { requireThat } from './checks.ts';
import { anyPlan, type Plan, plans, type Target } from './requests.ts';
import { send } from './send.ts';
import type { HostileService } from './service.ts';
import { appNames } from './world.ts';

/** What came of requests, by what was asked for: how often it was done, and how often refused as what. */
export type Seen = Map<string, { requests: number; done: Map<string, number>; refused: Map<string, number> }>;

/**
 * A whole attack. `path` is fast-check's, to send one request again. `only`: just what asks for that, and what fails is
 * not made smaller.
 */
export interface AttackOptions {
  readonly runs: number;
  readonly seed: number;
  readonly path?: string | undefined;
  readonly only?: Target | undefined;
}

/** Sends as many generated requests, until one has what must not be. */
export async function attack(service: HostileService, options: AttackOptions) {
  const { runs, seed, path, only } = options;
  const seen: Seen = new Map();
  await service.world.create();
  service.takeWrites();
  const property = fc.asyncProperty(only ? plans[only] : anyPlan, async (one) => {
    service.takeLog();
    for (const came of await send(one, service)) count(seen, one, came);
  });
  const which = path === undefined ? { numRuns: runs } : { numRuns: 1, path };
  const details = await fc.check(property, { ...which, seed, endOnFailure: only !== undefined });
  if (!details.failed)
    for (const name of appNames) requireThat(await service.world.isUntouched(name), `${name} was changed by the way`);
  return { seen, failure: details.failed ? failureOf(details, options) : undefined };
}

function count(seen: Seen, { target }: Plan, { isDone, as }: { isDone: boolean; as: string }): void {
  const row = seen.get(target) ?? { requests: 0, done: new Map(), refused: new Map() };
  seen.set(target, row);
  const side = isDone ? row.done : row.refused;
  row.requests += 1;
  side.set(as, (side.get(as) ?? 0) + 1);
}

/** The smallest request that still fails, in words, and how to send it again. */
function failureOf(details: fc.RunDetails<[Plan]>, { only }: AttackOptions): string {
  const { counterexample, counterexamplePath, errorInstance, seed, numRuns, numShrinks } = details;
  return [
    `BROKEN after ${numRuns} requests, ${numShrinks} times made smaller: ${(errorInstance as Error)?.stack}`,
    JSON.stringify(counterexample?.[0], null, 2).slice(0, 4_000),
    `again: npx -c "node tests/evidence/hostile.ts --seed ${seed}${only ? ` --only ${only}` : ''} --path ${counterexamplePath}"`,
  ].join('\n');
}

/** @returns what the grammar does not reach: each target must be done, and refused for several reasons */
export function unreached(seen: Seen): string[] {
  return Object.keys(plans).flatMap((target) => {
    const row = seen.get(target);
    const faults = [];
    if (!row?.done.size) faults.push(`${target} is never done`);
    if ((row?.refused.size ?? 0) < leastRefusals(target)) faults.push(`${target} is refused for too few reasons`);
    return faults;
  });
}

/** Of the errors that a caller can bring about. */
function leastRefusals(target: string): number {
  const operation = (operations as Readonly<Record<string, Operation>>)[target];
  if (!operation) return 4;
  const others = errorsOf(operation).filter((code) => !['429003', '500000', '503000'].includes(code));
  return Math.min(4, others.length);
}

/** @returns one line for each target: how often it was asked for, done and refused */
export function tableOf(seen: Seen): string[] {
  return [...seen].sort().map(([target, { requests, done, refused }]) => {
    const counts = [...done, ...[...refused].sort()].map(([as, times]) => `${as} ${times}`);
    return `  ${target.padEnd(22)} ${String(requests).padStart(6)}  ${counts.join(', ')}`;
  });
}
