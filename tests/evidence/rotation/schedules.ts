import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import type { App, Change } from '../../../lib/domain/app.ts';
import { ApiError } from '../../../lib/domain/errors.ts';
import { deleteKey, editKey } from '../../../lib/domain/keys-of-app.ts';
import { fullRights } from '../../../lib/domain/policy.ts';
import { completeRotationInput, withSuccessor } from '../../../lib/domain/rotation.ts';
import { type StepName, stepNames } from '../../../lib/service/use-cases/rotate-secret.ts';
import { changeApp } from '../../../lib/store/change-app.ts';
import { type Fate, fates, type Gate, runAll, World } from './world.ts';

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
      input: completeRotationInput({ overlapSeconds: overlap }),
      by,
      op,
      now,
      maxKeys: 2,
      lifetime: {},
    });
}

/** A rotation that is tried until it is through, with every fault at every request, and with every two of them. */
export async function exhaustFaults(): Promise<{ rotations: number; bad: string[] }> {
  const tally = { rotations: 0, bad: [] };
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
  return tally;
}

/** @param plan of each fault, the number of its request. @returns how many requests there were */
async function playFaults(
  plan: ReadonlyMap<number, Fate>,
  tally: { rotations: number; bad: string[] },
): Promise<number> {
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
  tally.rotations += 1;
  if (wrong) tally.bad.push(`${wrong}: ${JSON.stringify([...plan])}`);
  return requests;
}

/** A secret that has been rotated once, and whose next rotation has begun. */
export async function rotatedOnce(
  how: ConstructorParameters<typeof World>[1] = {},
): Promise<{ world: World; inUse: KeyHandle; startedAt: number }> {
  const world = new World(overlapSeconds, how);
  world.begin('first');
  for (const name of stepNames) await world.step(name, 'first', async () => 'answered');
  world.begin('token');
  return { world, inUse: world.read() as KeyHandle, startedAt: world.now };
}

/** @returns whether all steps have been done */
export async function run(world: World, gate: Gate, enter: (name: StepName) => void = () => {}): Promise<boolean> {
  for (const name of stepNames) {
    enter(name);
    if (!(await world.step(name, 'token', gate))) return false;
  }
  return true;
}

export async function repeat(world: World): Promise<boolean> {
  const answered: Gate = async () => 'answered';
  for (let time = 0; time < 3; time += 1) if (await run(world, answered)) return true;
  return false;
}

export async function byHand(world: World, hand: Hand, inUse: KeyHandle, gate: Gate): Promise<void> {
  const done = hands[hand];
  if (!done) return;
  // It comes at any time, so at its own first turn it looks which key is pending.
  await gate({});
  const pending = (Object.keys(world.app.keys) as KeyHandle[]).find((handle) => world.app.keys[handle]?.pending);
  const key = done.of === 'current' ? inUse : pending;
  if (!key) return;
  const app = { realm: 'myrealm', appId: 'billing' };
  const change = { op: 'hand', at: world.now, by: 'demo', action: 'byHand', correlationId: 'c' };
  const edit = (found: App) => done.edit(found, key, change);
  try {
    await changeApp(
      world.table(gate),
      { app, callerRights: fullRights, needed: 'write', change, rules: { hasUses: false }, edit },
      world.deadline(),
    );
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

/** @returns what is wrong with the world, if something is */
export function wrongIn(world: World, hand: Hand, inUse: KeyHandle, startedAt: number): string | undefined {
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
export function wrongAtEnd(world: World, hand: Hand, inUse: KeyHandle, isDone: boolean): string | undefined {
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
