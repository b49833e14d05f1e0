import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import type { App, Change } from '../../../lib/domain/app.ts';
import { ApiError } from '../../../lib/domain/errors.ts';
import { deleteKey, editKey } from '../../../lib/domain/keys-of-app.ts';
import { fullStanding } from '../../../lib/domain/policy.ts';
import { completeRotationWish, withSuccessor } from '../../../lib/domain/rotation.ts';
import { stepNames } from '../../../lib/service/use-cases/rotate-secret.ts';
import { changeApp } from '../../../lib/store/change-app.ts';
import { type Fate, fates, type Gate, type Mutant, runAll, World } from './world.ts';

const overlapSeconds = 3_600;
const faulty = fates.slice(1);

/** What somebody does by hand beside two schedulers of one rotation, and to which key. */
export const hands = {
  nothing: undefined,
  'rotates the key in use': { edit: rotated(0), of: 'current' },
  'rotates the key in use with an overlap': { edit: rotated(60), of: 'current' },
  'rotates the pending key': { edit: rotated(0), of: 'pending' },
  'deletes the pending key': {
    edit: (app: App, key: KeyHandle, made: Change) => deleteKey(app, key, made),
    of: 'pending',
  },
  'disables the pending key': {
    edit: (app: App, key: KeyHandle) => editKey(app, key, { enabled: false }),
    of: 'pending',
  },
} as const;
export type Hand = keyof typeof hands;

function rotated(overlap: number) {
  return (app: App, from: KeyHandle, { op, at: now, by }: Change) =>
    withSuccessor(app, {
      from,
      to: 'h'.repeat(43) as KeyHandle,
      wish: completeRotationWish({ overlapSeconds: overlap }),
      by,
      op,
      now,
      maxKeys: 2,
    });
}

export interface Tally {
  schedules: number;
  /** in which the rotation came to its end at once, or by repeating it */
  finished: number;
  /** in which it is refused from then on, because of what was done by hand */
  refused: number;
  faults: number;
  bad: string[];
}

export const newTally = (): Tally => ({ schedules: 0, finished: 0, refused: 0, faults: 0, bad: [] });

interface Waiting {
  readonly actor: number;
  readonly go: (fate: Fate) => void;
}

/** A rotation that is tried until it is through, with every fault at every request, and with every two of them. */
export async function exhaustFaults(tally: Tally): Promise<void> {
  const count = await playFaults(new Map(), tally);
  for (let first = 0; first < count; first += 1) {
    for (const fate of faulty) {
      const ofOne = await playFaults(new Map([[first, fate]]), tally);
      for (let second = first + 1; second < ofOne; second += 1) {
        for (const other of faulty) {
          const plan = new Map<number, Fate>([
            [first, fate],
            [second, other],
          ]);
          await playFaults(plan, tally);
        }
      }
    }
  }
}

/** @param plan of each fault, the number of its request. @returns how many requests there were */
async function playFaults(plan: ReadonlyMap<number, Fate>, tally: Tally): Promise<number> {
  const { world, inUse, startedAt } = await rotatedOnce();
  let requests = 0;
  let wrong: string | undefined;
  for (let attempts = 0; attempts < 4; attempts += 1) {
    const isDone = await runAll(world, 'token', (crash) => async () => {
      wrong ??= wrongIn(world, 'nothing', inUse, startedAt);
      const fate = plan.get(requests) ?? 'answered';
      requests += 1;
      if (fate.startsWith('crash')) queueMicrotask(crash);
      return fate;
    });
    if (isDone) break;
  }
  wrong ??=
    wrongIn(world, 'nothing', inUse, startedAt) ?? wrongAtEnd(world, 'nothing', inUse, world.isCurrent('token'));
  tally.schedules += 1;
  tally.faults += plan.size;
  if (wrong) tally.bad.push(`${wrong}: ${JSON.stringify([...plan])}`);
  else tally.finished += 1;
  return requests;
}

/** A secret that has been rotated once, and whose next rotation has begun. */
async function rotatedOnce(mutant?: Mutant): Promise<{ world: World; inUse: KeyHandle; startedAt: number }> {
  const world = new World(overlapSeconds, mutant);
  world.begin('first');
  for (const name of stepNames) await world.step(name, 'first', async () => 'answered');
  world.begin('token');
  return { world, inUse: world.read() as KeyHandle, startedAt: world.now };
}

/** Two schedulers run one rotation, and somebody does something by hand; a schedule says who goes on, and what fails. */
export async function playOnce(
  hand: Hand,
  { maxFaults, random, mutant }: { maxFaults: number; random: () => number; mutant?: Mutant },
  tally: Tally,
): Promise<void> {
  tally.schedules += 1;
  const { world, inUse, startedAt } = await rotatedOnce(mutant);
  const trace: string[] = [];
  const waiting: Waiting[] = [];
  const gateOf =
    (actor: number): Gate =>
    () =>
      new Promise((go) => waiting.push({ actor, go }));
  void scheduler(world, gateOf(0));
  void scheduler(world, gateOf(1));
  void byHand(world, hand, inUse, gateOf(2));
  let faults = 0;
  for (;;) {
    await settled();
    const next = choose(waiting, random);
    if (!next) break;
    const isFaulty = next.actor < 2 && faults < maxFaults && random() < 0.08;
    const fate = isFaulty ? (faulty[Math.floor(random() * faulty.length)] ?? 'lost') : 'answered';
    faults += isFaulty ? 1 : 0;
    trace.push(`${next.actor} ${fate}`);
    next.go(fate);
    await settled();
    const wrong = wrongIn(world, hand, inUse, startedAt);
    if (wrong) return note(tally, hand, wrong, trace);
  }
  tally.faults += faults;
  const isDone = await repeat(world);
  const wrong = wrongIn(world, hand, inUse, startedAt) ?? wrongAtEnd(world, hand, inUse, isDone);
  if (wrong) return note(tally, hand, wrong, trace);
  if (isDone) tally.finished += 1;
  else tally.refused += 1;
}

/** Takes one out. What is done by hand is two requests among many, so its turn comes seldom while others wait. */
function choose(waiting: Waiting[], random: () => number): Waiting | undefined {
  const ofSchedulers = waiting.filter(({ actor }) => actor < 2);
  const among = ofSchedulers.length > 0 && random() < 0.95 ? ofSchedulers : waiting;
  const chosen = among[Math.floor(random() * among.length)];
  if (chosen) waiting.splice(waiting.indexOf(chosen), 1);
  return chosen;
}

function note(tally: Tally, hand: Hand, wrong: string, trace: readonly string[]): void {
  tally.bad.push(`${wrong}, when somebody ${hand}: ${trace.join(', ')}`);
}

/** Secrets Manager's part, tried twice. */
async function scheduler(world: World, gate: Gate): Promise<void> {
  if (!(await run(world, gate))) await run(world, gate);
}

async function run(world: World, gate: Gate): Promise<boolean> {
  for (const name of stepNames) if (!(await world.step(name, 'token', gate))) return false;
  return true;
}

async function repeat(world: World): Promise<boolean> {
  const answered: Gate = async () => 'answered';
  for (let time = 0; time < 3; time += 1) if (await run(world, answered)) return true;
  return false;
}

async function byHand(world: World, hand: Hand, inUse: KeyHandle, gate: Gate): Promise<void> {
  const done = hands[hand];
  if (!done) return;
  // It comes at any time, so at its own first turn it looks which key is pending.
  await gate();
  const pending = (Object.keys(world.app.keys) as KeyHandle[]).find((handle) => world.app.keys[handle]?.pending);
  const key = done.of === 'current' ? inUse : pending;
  if (!key) return;
  const app = { realm: 'myrealm', appId: 'billing' };
  const change = { op: 'hand', at: world.now, by: 'demo', action: 'byHand', correlationId: 'c' };
  const edit = (found: App) => done.edit(found, key, change);
  try {
    await changeApp(
      world.table(gate),
      { app, standing: fullStanding, needed: 'write', change, edit },
      world.deadline(),
    );
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

/** @returns what is wrong with the world, if something is */
function wrongIn(world: World, hand: Hand, inUse: KeyHandle, startedAt: number): string | undefined {
  const { keys, keyCount, removed } = world.app;
  if (keyCount > 2 || keyCount !== Object.keys(keys).length) return 'too many keys';
  const current = world.read() as KeyHandle;
  if (!keys[current] && !isByHand(removed[current]?.op)) return 'the key of AWSCURRENT is gone';
  if (keys[current] && !keys[current].enabled && hand !== 'disables the pending key') return 'AWSCURRENT is disabled';
  const isTouched = hand.startsWith('rotates the key in use');
  if (!keys[inUse] && !isByHand(removed[inUse]?.op)) return 'the key in use is gone';
  if (keys[inUse] && !isTouched && !world.isValid(inUse, startedAt + overlapSeconds * 1_000 - 1))
    return 'a key in use ends early';
  if (current === inUse && keys[inUse] && !isTouched && keys[inUse].expiresAt !== -1)
    return 'the key in use ends before it has a successor';
  return undefined;
}

/** @returns what is wrong once nothing fails any more, if something is */
function wrongAtEnd(world: World, hand: Hand, inUse: KeyHandle, isDone: boolean): string | undefined {
  if (!isDone) return hand === 'nothing' ? 'not finished' : undefined;
  if (!world.isCurrent('token')) return 'finished, but AWSCURRENT is another version';
  const { keys } = world.app;
  const current = world.read() as KeyHandle;
  // Of a successor that somebody has removed meanwhile, the key before stays as it is.
  if (keys[current] && keys[inUse] && keys[inUse].rotatedTo !== current)
    return 'finished, but the key before has no end';
  return undefined;
}

const isByHand = (op: string | undefined) => op === 'hand';

/** All that can go on without the schedule has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
