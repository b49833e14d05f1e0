import { randomNumbers } from '../properties/support.ts';
import { check } from './checker.ts';
import type { Mutant } from './mutants.ts';
import {
  ceilings,
  ceilingTriples,
  forgettings,
  grantings,
  pairs,
  randomScenario,
  revivals,
  type Scenario,
  sweepings,
  sweepTriples,
  triples,
} from './scenarios.ts';
import { explore, type Finished, type Limits, type OpenStore, openMemoryStore, Run, replay } from './scheduler.ts';

/** All schedules of these scenarios within these limits. */
export interface Stage {
  readonly name: string;
  readonly scenarios: readonly Scenario[];
  readonly limits: Limits;
  /** to be replayed: it shows what the others leave out, and has bad schedules */
  readonly isOnlyReplayed?: boolean;
}

const usual: Limits = {
  faults: 1,
  fates: 'all',
  pointers: 'interleaved',
  tellsItem: true,
  forgets: 0,
  isIdForeknown: false,
};
const allPairs = pairs();
const ceilingPairs = ceilings();

export const stages: Readonly<Record<string, Stage>> = {
  pairs: {
    name: 'pairs, up to two faults (answer lost, never applied, read failed)',
    scenarios: allPairs,
    limits: { ...usual, faults: 2, fates: 'simple' },
  },
  kinds: {
    name: 'pairs, up to one fault of every kind (also applied late, throttled, time over)',
    scenarios: allPairs,
    limits: usual,
  },
  mute: {
    name: 'pairs, up to one fault, on an engine that does not tell the item with a refusal',
    scenarios: allPairs,
    limits: { ...usual, fates: 'simple', tellsItem: false },
  },
  revivals: {
    name: 'pairs with a PATCH that revives an expired key, up to one fault of every kind',
    scenarios: revivals(),
    limits: usual,
  },
  grants: {
    name: 'pairs that write one pointer: grants of different rights, revocations, deletions; no faults',
    scenarios: grantings(),
    limits: { ...usual, faults: 0 },
  },
  triples: {
    name: 'triples, up to one fault of every kind',
    scenarios: triples(),
    limits: { ...usual, pointers: 'eager' },
  },
  ceilings: {
    name: 'pairs with scopes or a change of the ceiling, up to one fault of every kind',
    scenarios: ceilingPairs,
    limits: usual,
  },
  ceilingsTwice: {
    name: 'the same pairs, up to two faults',
    scenarios: ceilingPairs,
    limits: { ...usual, faults: 2, fates: 'simple' },
  },
  ceilingTriples: {
    name: 'triples with scopes and a change of the ceiling, up to one fault of every kind',
    scenarios: ceilingTriples(),
    limits: { ...usual, pointers: 'eager' },
  },
  forgets: {
    name: 'copies of a creation and of a rotation beside deletions, records of removed keys dropped at any time',
    scenarios: forgettings(),
    limits: { ...usual, forgets: 2 },
  },
  sweeps: {
    name: 'the sweep beside each change and beside itself, up to one fault of every kind',
    scenarios: sweepings(),
    limits: usual,
  },
  sweepsTwice: {
    name: 'the same, up to two faults',
    scenarios: sweepings(),
    limits: { ...usual, faults: 2, fates: 'simple' },
  },
  sweepTriples: {
    name: 'the sweep twice beside what takes or moves the keys that it looks at, up to one fault',
    scenarios: sweepTriples(),
    limits: { ...usual, fates: 'simple', pointers: 'eager' },
  },
  foreknown: {
    name: 'pairs on an application whose id is known before it is created',
    scenarios: allPairs,
    limits: { ...usual, isIdForeknown: true },
    isOnlyReplayed: true,
  },
};

/** A schedule that must not be, and how to see it again. */
export interface Bad {
  readonly sequence: string;
  readonly scenario: string;
  readonly fault: string;
}

/** What was seen; `goneSince` and `unlisted`: how many schedules were good but for what `Verdict` says of it. */
export interface Tally {
  scenarios: number;
  schedules: number;
  faults: number;
  steps: number;
  goneSince: number;
  unlisted: number;
  bad: number;
  /** the first bad ones */
  readonly examples: Bad[];
  /** the first that was good but for that */
  readonly curious: Partial<Record<'goneSince' | 'unlisted', string>>;
}

const maxExamples = 5;
const summed = ['scenarios', 'schedules', 'faults', 'steps', 'goneSince', 'unlisted', 'bad'] as const;

export function newTally(): Tally {
  return {
    scenarios: 0,
    schedules: 0,
    faults: 0,
    steps: 0,
    goneSince: 0,
    unlisted: 0,
    bad: 0,
    examples: [],
    curious: {},
  };
}

export function addTally(sum: Tally, part: Tally): void {
  for (const name of summed) sum[name] += part[name];
  Object.assign(sum.curious, { ...part.curious, ...sum.curious });
  sum.examples.push(...part.examples.slice(0, maxExamples - sum.examples.length));
}

function count(tally: Tally, scenario: Scenario, finished: Finished, sequence: () => string): void {
  tally.schedules += 1;
  tally.faults += finished.faults;
  tally.steps += finished.steps;
  const { fault, isGoneSince, isUnlisted } = check(scenario, finished);
  for (const [name, is] of [['goneSince', isGoneSince] as const, ['unlisted', isUnlisted] as const]) {
    if (!is) continue;
    tally[name] += 1;
    tally.curious[name] ??= sequence();
  }
  if (!fault) return;
  tally.bad += 1;
  if (tally.examples.length < maxExamples)
    tally.examples.push({ sequence: sequence(), scenario: scenario.name, fault });
}

/** @param nth scenario of the stage of that id, all of whose schedules are played; until the first bad one if `isBrief` */
export async function exhaust(
  tally: Tally,
  id: string,
  nth: number,
  openStore: OpenStore = openMemoryStore,
  isBrief = false,
): Promise<void> {
  const { scenarios, limits } = stageOf(id);
  const scenario = scenarios[nth];
  if (!scenario) throw new Error(`there is no scenario ${id}:${nth}`);
  tally.scenarios += 1;
  const visit = (finished: Finished, choices: readonly number[]) => {
    count(tally, scenario, finished, () => `${id}:${nth}:${choices.join('.')}`);
    return !(isBrief && tally.bad > 0);
  };
  await explore(scenario, limitsOf(limits, scenario), visit, openStore);
}

/** Plays the schedules of one pair until one is bad: a store that leaves something out must give one. */
export async function firstBad({ openStore, shownBy }: Mutant): Promise<Tally> {
  const tally = newTally();
  for (const id of ['kinds', 'revivals', 'ceilings', 'grants', 'forgets', 'sweeps']) {
    const nth = stageOf(id).scenarios.findIndex(({ name }) => name === shownBy);
    if (nth >= 0) await exhaust(tally, id, nth, openStore, true);
  }
  return tally;
}

/** Plays the random schedule that a seed and its number give. */
export async function wander(tally: Tally, seed: number, nth: number): Promise<void> {
  const { scenario, finished } = await playRandom(seed, nth);
  tally.scenarios += 1;
  count(tally, scenario, finished, () => `random:${seed}:${nth}`);
}

async function playRandom(seed: number, nth: number, trace?: string[]) {
  const random = randomNumbers(Math.imul(seed, 0x9e3779b1) + nth);
  const scenario = randomScenario(random);
  const forgets = random() < 0.3 ? 2 : 0;
  const limits: Limits = { ...usual, faults: Math.floor(random() * 5), tellsItem: random() < 0.8, forgets };
  const finished = await new Run(scenario, limits, openMemoryStore, trace).play((width) => {
    return Math.floor(random() * (random() < 0.6 ? Math.min(width, scenario.calls.length) : width));
  });
  return { scenario, finished };
}

/** @param sequence as it was told with a bad schedule. @returns its readable trace, and what is wrong with it */
export async function retrace(sequence: string): Promise<string[]> {
  const [id = '', first = '', second = ''] = sequence.split(':');
  if (id === 'random') {
    const trace: string[] = [];
    const { scenario, finished } = await playRandom(Number(first), Number(second), trace);
    return report(scenario, finished, trace);
  }
  const { scenarios, limits } = stageOf(id);
  const scenario = scenarios[Number(first)];
  if (!scenario) throw new Error(`there is no scenario ${id}:${first}`);
  const { finished, trace } = await replay(scenario, limitsOf(limits, scenario), second.split('.').map(Number));
  return report(scenario, finished, trace);
}

function report(scenario: Scenario, finished: Finished, trace: readonly string[]): string[] {
  const { fault, isGoneSince, isUnlisted } = check(scenario, finished);
  const curious = `${isGoneSince ? ', but what it made is gone since' : ''}${isUnlisted ? ', but a list lacks it' : ''}`;
  const verdict = fault ?? `good${curious}`;
  return [scenario.name, ...trace, `at the end: ${JSON.stringify(finished.item)}`, verdict];
}

/** Two calls that write one pointer have too many schedules with faults: the stage `grants` plays them without. */
function limitsOf(limits: Limits, { calls }: Scenario): Limits {
  const writing = calls.map(({ call }) => call.id).filter((id) => writesPointers.includes(id));
  const isCrowded = limits.faults > 0 && writing.length > 1 && writing.some((id) => id.endsWith('Grant'));
  return isCrowded ? { ...limits, pointers: 'eager' } : limits;
}

const writesPointers: readonly string[] = ['createApp', 'deleteApp', 'putGrant', 'deleteGrant'];

function stageOf(id: string): Stage {
  const stage = Object.hasOwn(stages, id) ? stages[id] : undefined;
  if (stage) return stage;
  throw new Error(`there is no stage ${id}`);
}
