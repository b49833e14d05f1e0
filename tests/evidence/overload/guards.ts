import { CrowdLimit } from '../../../lib/store/crowd-limit.ts';
import { RetryBudget } from '../../../lib/store/retry-budget.ts';

/** What keeps an overload from becoming a collapse. */
export const allGuards = ['crowd limit', 'retry budget'] as const;
export type Guard = (typeof allGuards)[number];

const takers: Readonly<Record<Guard, () => () => void>> = {
  'crowd limit': () => {
    const { prototype } = CrowdLimit;
    const { pass } = prototype;
    prototype.pass = (withinMs, send) => send(withinMs);
    return () => Object.assign(prototype, { pass });
  },
  'retry budget': () => {
    const { prototype } = RetryBudget;
    const { take } = prototype;
    prototype.take = () => true;
    return () => Object.assign(prototype, { take });
  },
};

/** Takes guards away from the store of this process, so that a run shows what they are for. @returns what gives them back */
export function takeAway(guards: readonly Guard[]): () => void {
  const giveBack = guards.map((guard) => takers[guard]());
  return () => {
    for (const give of giveBack) give();
  };
}
