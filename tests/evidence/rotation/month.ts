import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import { type Fate, fates, runAll, World } from './world.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const overlapMs = 12 * hourMs;

/** What came of so many applications in so many days. */
export interface Month {
  applications: number;
  rotations: number;
  /** that were not through when the next one was due */
  unfinished: number;
  /** the longest time from the start of a rotation to its end, in ms */
  longestMs: number;
  attempts: number;
  requests: number;
  faults: number;
  uses: number;
  /** uses of a key that was not valid, by a consumer */
  rejected: number;
  mostKeys: number;
}

export interface MonthPlan {
  readonly applications: number;
  readonly days: number;
  /** of each request */
  readonly faultRate: number;
  /** how often a consumer reads the secret, in ms; the docs say: at least once in the overlap */
  readonly readMs?: number;
  /** a number from 0 to 1 */
  readonly random: () => number;
}

interface Consumer {
  nextRead: number;
  handle: KeyHandle | undefined;
}

const consumersEach = 5;
/** Secrets Manager is taken to try again so long after a failure, and all steps then. */
const retryMs = 15 * 60_000;
/** A key is used so often, besides just before each reading. */
const useMs = hourMs;

export async function simulate(plan: MonthPlan): Promise<Month> {
  const month = { applications: plan.applications, rotations: 0, unfinished: 0, longestMs: 0, attempts: 0 };
  const total: Month = { ...month, requests: 0, faults: 0, uses: 0, rejected: 0, mostKeys: 0 };
  for (let application = 0; application < plan.applications; application += 1) await live(plan, total);
  return total;
}

/** The life of one application. */
async function live(plan: MonthPlan, total: Month): Promise<void> {
  const { random, days, readMs = overlapMs } = plan;
  const world = new World(overlapMs / 1_000);
  await rotate(world, 'first', { ...plan, faultRate: 0 }, total, () => {});
  const consumers: Consumer[] = Array.from({ length: consumersEach }, () => {
    return { nextRead: world.now + random() * readMs, handle: world.read() };
  });
  const start = world.now;
  let usedUntil = start;
  /** What consumers do until now, in the order of time. */
  const catchUp = () => {
    for (; usedUntil + useMs <= world.now; usedUntil += useMs)
      for (const consumer of consumers) use(world, consumer, usedUntil, total);
    for (const consumer of consumers) {
      if (consumer.nextRead > world.now) continue;
      use(world, consumer, consumer.nextRead - 1, total);
      consumer.handle = world.read();
      consumer.nextRead = world.now + readMs;
    }
    total.mostKeys = Math.max(total.mostKeys, world.app.keyCount);
  };
  for (let day = 1; day <= days; day += 1) {
    // In the window of an hour.
    const due = start + day * dayMs + random() * hourMs;
    await passTime(world, due, catchUp);
    await rotate(world, `day${day}`, plan, total, catchUp);
  }
  await passTime(world, start + (days + 1) * dayMs, catchUp);
}

/** The clock stops whenever a consumer reads the secret. */
async function passTime(world: World, until: number, catchUp: () => void): Promise<void> {
  for (; world.now < until; world.now = Math.min(until, world.now + 5 * 60_000)) catchUp();
}

function use(world: World, { handle }: Consumer, at: number, total: Month): void {
  if (handle === undefined) return;
  total.uses += 1;
  if (!world.isValid(handle, at)) total.rejected += 1;
}

/** Secrets Manager's part: all steps, until they have been done, or the next rotation is due. */
async function rotate(
  world: World,
  token: string,
  { faultRate, random }: MonthPlan,
  total: Month,
  catchUp: () => void,
): Promise<void> {
  const begun = world.now;
  const gate = (crash: () => void) => async (): Promise<Fate> => {
    total.requests += 1;
    if (random() >= faultRate) return 'answered';
    total.faults += 1;
    const fate = fates[1 + Math.floor(random() * (fates.length - 1))] ?? 'lost';
    if (fate.startsWith('crash')) queueMicrotask(crash);
    return fate;
  };
  world.begin(token);
  total.rotations += 1;
  while (world.now < begun + dayMs - 2 * hourMs) {
    total.attempts += 1;
    if (await runAll(world, token, gate)) {
      total.longestMs = Math.max(total.longestMs, world.now - begun);
      return catchUp();
    }
    await passTime(world, world.now + retryMs, catchUp);
  }
  total.unfinished += 1;
}
