import { createHash } from 'node:crypto';
import { byHand, type Hand, repeat, rotatedOnce, run, wrongAtEnd, wrongIn } from './schedules.ts';
import { type Fate, fates, type Gate, type Mutant, type Request, type World } from './world.ts';

/** One of them: where it is, and all that it has asked and been told there. */
class Actor {
  #place = '';
  #seen: unknown[] = [];
  #resume: ((fate: Fate) => void) | undefined;
  #isDead = false;
  /** what it is about to send */
  request: Request | undefined;

  readonly gate: Gate = Object.assign(
    (request: Request) =>
      new Promise<Fate>((resume) => {
        this.request = request;
        this.#resume = resume;
      }),
    { told: (...seen: [Request, unknown]) => void this.#seen.push(seen) },
  );

  /** A new process, which knows nothing of the one before. */
  enter(place: string): void {
    this.#place = place;
    this.#seen = [];
  }

  go(fate: Fate): void {
    const resume = this.#resume;
    this.request = undefined;
    this.#isDead = fate.startsWith('crash');
    resume?.(fate);
  }

  /** What it will do depends on nothing else but the world. */
  get state(): unknown {
    return this.#isDead ? 'dead' : [this.#place, this.#seen, this.request];
  }
}

/** What is to be explored: one or two schedulers of one rotation, and what somebody does beside them. */
export interface Plan {
  readonly schedulers: 1 | 2;
  readonly maxFaults: number;
  readonly hand: Hand;
  readonly mutant?: Mutant;
}

interface Actors {
  readonly schedulers: readonly Actor[];
  readonly hand: Actor;
}

interface Option {
  readonly actor: Actor;
  readonly fate: Fate;
}

interface Played {
  /** numbers of options that a later run is to try, each behind those that led there */
  readonly others: (readonly number[])[];
  /** nothing when it has come to a state that was seen before */
  readonly end?: 'finished' | 'rejected' | { readonly wrong: string };
}

/** What was found. */
export interface Explored {
  readonly states: number;
  readonly schedules: number;
  /** how the rotation ended, of those that were played to the end: done, or rejected because of what was done by hand */
  readonly finished: number;
  readonly rejected: number;
  readonly bad: readonly string[];
}

/**
 * Plays every schedule of the schedulers and a change by hand with up to so many faults, each from the start. What follows
 * from a state that was seen before is not played again: what the actors do depends on the state alone.
 */
export async function explore(plan: Plan): Promise<Explored> {
  const found = { schedules: 0, finished: 0, rejected: 0, bad: [] as string[] };
  const seen = new Set<string>();
  const open: (readonly number[])[] = [[]];
  for (let choices = open.pop(); choices && found.bad.length < 10; choices = open.pop()) {
    const { others, end } = await play(plan, choices, seen);
    found.schedules += 1;
    if (end === 'finished' || end === 'rejected') found[end] += 1;
    else if (end) found.bad.push(`${end.wrong}, when somebody ${plan.hand}: ${choices.join(',')}`);
    open.push(...others);
  }
  return { ...found, states: seen.size };
}

async function play(
  { schedulers, maxFaults, hand, mutant }: Plan,
  choices: readonly number[],
  seen: Set<string>,
): Promise<Played> {
  const { world, inUse, startedAt } = await rotatedOnce({ isStill: true, ...(mutant && { mutant }) });
  const actors: Actors = { schedulers: Array.from({ length: schedulers }, () => new Actor()), hand: new Actor() };
  for (const actor of actors.schedulers) void schedule(world, actor);
  void byHand(world, hand, inUse, actors.hand.gate);
  const taken: number[] = [];
  const others: (readonly number[])[] = [];
  let faults = 0;
  for (;;) {
    await microtasksDone();
    if (taken.length >= choices.length) {
      const wrong = wrongIn(world, hand, inUse, startedAt);
      if (wrong) return { others, end: { wrong } };
    }
    const options = optionsOf(world, actors, faults < maxFaults);
    // Behind the last given choice the world is in a state that nobody may have seen.
    if (taken.length >= choices.length) {
      const state = stateOf(world, actors, faults);
      if (seen.has(state)) return { others };
      seen.add(state);
      for (let other = 1; other < options.length; other += 1) others.push([...taken, other]);
    }
    const chosen = choices[taken.length] ?? 0;
    const option = options[chosen];
    if (!option) break;
    taken.push(chosen);
    faults += option.fate === 'answered' ? 0 : 1;
    option.actor.go(option.fate);
  }
  const isDone = await repeat(world);
  const wrong = wrongIn(world, hand, inUse, startedAt) ?? wrongAtEnd(world, hand, inUse, isDone);
  return { others, end: wrong ? { wrong } : isDone ? 'finished' : 'rejected' };
}

/** Where it does not matter when somebody goes on, that one goes on before all others. */
function optionsOf(world: World, { schedulers, hand }: Actors, canFail: boolean): Option[] {
  const waiting = [...schedulers, hand].filter(({ request }) => request);
  const settled = waiting.find(({ request }) => request && world.isSettled(request));
  return (settled ? [settled] : waiting).flatMap((actor) =>
    (canFail && actor !== hand ? fates : (['answered'] as const)).map((fate) => ({ actor, fate })),
  );
}

/** Secrets Manager's part, tried twice: each step in a process of its own. */
async function schedule(world: World, actor: Actor): Promise<void> {
  const enter = (attempt: number) => (name: string) => actor.enter(`${attempt} ${name}`);
  if (!(await run(world, actor.gate, enter(1)))) await run(world, actor.gate, enter(2));
  actor.enter('over');
}

/** The schedulers are alike, so that it does not matter which of them is which. */
function stateOf(world: World, { schedulers, hand }: Actors, faults: number): string {
  const rest = [world.state, hand.state, faults];
  const states = schedulers.map(({ state }) => state);
  const texts = [canonical([...rest, ...states]), canonical([...rest, ...states.toReversed()])].sort();
  return createHash('sha1').update(String(texts[0])).digest('base64');
}

/** Random values differ from run to run: each is named by the place at which it comes first. */
function canonical(value: unknown): string {
  const names = new Map<string, string>();
  const text = JSON.stringify(value, (_, part) => (isBytes(part) ? Buffer.from(part).toString('base64url') : part));
  return text.replace(/[A-Za-z0-9+/]{43}=|[\w-]{20,}|secret-\w{6}/g, (random) => {
    const name = names.get(random) ?? `#${names.size}`;
    names.set(random, name);
    return name;
  });
}

/** A Buffer becomes JSON before it can be looked at. */
function isBytes(part: unknown): part is Uint8Array {
  return part instanceof Uint8Array || (part as { type?: unknown } | null)?.type === 'Buffer';
}

/** Node runs what is given to `nextTick` when no microtask is left. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
