import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import { type Announced, SweepWorld } from '../../support/sweep-world.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const settings = { keys: { maxDays: 180 }, notices: { idleDays: 60, rotateDays: 120 } } as const;

/** What is known of a key without a look at how it is stored; times in ms since the epoch. */
interface Fate {
  readonly created: number;
  /** from when on it has which end; -1: never */
  readonly ends: { readonly from: number; readonly end: number }[];
  readonly uses: number[];
  rotated?: number;
  gone?: number;
}

/** A notice that must come, or may: if it is no longer true within an hour of its moment, the sweep need not have seen it. */
interface Expected {
  readonly at: number;
  readonly isSure: boolean;
}

export interface Year {
  readonly applications: number;
  readonly keys: number;
  /** events by their kind */
  readonly announced: Record<string, number>;
  /** that were sent more than once, under the same id */
  readonly repeated: number;
  /** what is wrong: a notice that is missing, that nobody expects, that came late, or that has two ids */
  readonly faults: string[];
  /** the longest time between a moment and its notice, while the bus was up, in ms */
  readonly latestMs: number;
  readonly requests: number;
}

export interface YearPlan {
  readonly applications: number;
  readonly days: number;
  /** the bus is down from this day on, for one day */
  readonly outageDay: number;
  /** a number from 0 to 1 */
  readonly random: () => number;
  /** by so much the clock of the sweep is late, to see that it is found */
  readonly lateMs?: number;
}

/** Lets applications live for a year with a sweep in each hour, and holds what was announced against what should be. */
export async function simulate(plan: YearPlan): Promise<Year> {
  const year = new Simulation(plan);
  await year.run();
  return year.result();
}

class Simulation {
  readonly #plan: YearPlan;
  readonly #world = new SweepWorld(settings);
  readonly #keys = new Map<string, Fate>();
  readonly #deeds = new Map<number, (() => Promise<void>)[]>();
  readonly #start = this.#world.now;

  constructor(plan: YearPlan) {
    this.#plan = plan;
  }

  async run(): Promise<void> {
    const { applications, days, outageDay, random, lateMs = 0 } = this.#plan;
    for (let count = 0; count < applications; count += 1) {
      const appId = this.#world.createApp();
      this.#in(random() * 60 * 24, () => this.#generate(appId));
    }
    for (let hour = 0; hour < days * 24; hour += 1) {
      this.#world.isBusUp = hour < outageDay * 24 || hour >= (outageDay + 1) * 24;
      for (const deed of this.#deeds.get(hour) ?? []) await deed();
      this.#deeds.delete(hour);
      this.#world.now += hourMs;
      await this.#world.sweep({ now: this.#world.now - lateMs });
    }
  }

  #in(hours: number, deed: () => Promise<void>): void {
    const hour = Math.floor((this.#world.now - this.#start) / hourMs + Math.max(1, hours));
    this.#deeds.set(hour, [...(this.#deeds.get(hour) ?? []), deed]);
  }

  /** A key that ends after 20 to 180 days; the first of some applications has no use at all. */
  async #generate(appId: string): Promise<void> {
    const { random } = this.#plan;
    const end = this.#world.now + Math.floor((20 + random() * 159) * dayMs);
    const handle = await this.#world.generate(appId, { expiresAt: end });
    this.#note(handle, end);
    this.#live(appId, handle, random());
  }

  #note(handle: KeyHandle, end: number): void {
    const from = this.#world.now;
    this.#keys.set(handle, { created: from, ends: [{ from, end }], uses: [] });
  }

  #fate(handle: KeyHandle): Fate {
    const fate = this.#keys.get(handle);
    if (!fate) throw new Error('a key that nobody has made');
    return fate;
  }

  /** What its owner does: uses it now and then, and before its end rotates it, moves its end, deletes it, or forgets it. */
  #live(appId: string, handle: KeyHandle, kind: number): void {
    const { random } = this.#plan;
    const fate = this.#fate(handle);
    const left = ((fate.ends[0]?.end ?? 0) - this.#world.now) / hourMs;
    for (let use = random() * 100; kind > 0.2 && use < left; use += 24 * (10 + random() * 100))
      this.#in(use, () => this.#use(appId, handle));
    const near = left - random() * 10 * 24;
    if (kind < 0.5) this.#in(near, () => this.#rotate(appId, handle));
    else if (kind < 0.7) this.#in(near, () => this.#patch(appId, handle));
    else if (kind < 0.8) this.#in(near, () => this.#delete(appId, handle));
    else this.#in(left + 24, () => this.#replace(appId, handle));
  }

  #isLive(handle: KeyHandle): boolean {
    const fate = this.#fate(handle);
    return fate.gone === undefined && (fate.ends.at(-1)?.end ?? 0) > this.#world.now;
  }

  async #use(appId: string, handle: KeyHandle): Promise<void> {
    if (!this.#isLive(handle)) return;
    await this.#world.use(appId, handle);
    this.#fate(handle).uses.push(this.#world.now);
  }

  /** With an overlap of two days; the successor inherits an end that is near, so its owner gives it another. */
  async #rotate(appId: string, handle: KeyHandle): Promise<void> {
    if (!this.#isLive(handle) || Object.keys(this.#world.app(appId).keys).length > 1) return;
    const now = this.#world.now;
    const end = now + 90 * dayMs;
    const successor = await this.#world.rotate(appId, handle, { expiresAt: end, overlapSeconds: 2 * 86_400 });
    const fate = this.#fate(handle);
    fate.rotated = now;
    fate.ends.push({ from: now, end: Math.min(fate.ends.at(-1)?.end ?? 0, now + 2 * dayMs) });
    this.#note(successor, end);
    this.#in(24 * 5, async () => this.#delete(appId, handle));
    this.#live(appId, successor, this.#plan.random());
  }

  async #patch(appId: string, handle: KeyHandle): Promise<void> {
    if (!this.#isLive(handle)) return;
    const { created, ends } = this.#fate(handle);
    const end = Math.min(created + 180 * dayMs, this.#world.now + Math.floor(dayMs * (2 + this.#plan.random() * 40)));
    await this.#world.patch(appId, handle, { expiresAt: end });
    ends.push({ from: this.#world.now, end });
  }

  async #delete(appId: string, handle: KeyHandle): Promise<void> {
    const fate = this.#fate(handle);
    if (fate.gone !== undefined) return;
    await this.#world.delete(appId, handle);
    fate.gone = this.#world.now;
  }

  /** Some expired keys are deleted later, and another key is generated. */
  async #replace(appId: string, handle: KeyHandle): Promise<void> {
    await this.#delete(appId, handle);
    await this.#generate(appId);
  }

  result(): Year {
    const { announced, requests } = this.#world;
    const faults: string[] = [];
    const byMoment = Map.groupBy(announced, ({ apiKey, action, time }) => `${apiKey.slice(-43)} ${action} ${time}`);
    let latestMs = 0;
    for (const [handle, fate] of this.#keys) {
      for (const [action, { at, isSure }] of this.#expected(fate)) {
        const name = `${handle} ${action} ${at}`;
        const told = byMoment.get(name);
        byMoment.delete(name);
        if (!told && isSure) faults.push(`missing: ${name}`);
        if (!told) continue;
        const late = (told[0]?.sentAt ?? 0) - this.#earliest(at);
        latestMs = Math.max(latestMs, late);
        if (late > hourMs + 5 * 60_000) faults.push(`late: ${name}`);
        if (new Set(told.map(({ id }) => id)).size > 1) faults.push(`two ids: ${name}`);
      }
    }
    faults.push(...[...byMoment.keys()].map((name) => `nobody expects: ${name}`));
    return {
      applications: this.#plan.applications,
      keys: this.#keys.size,
      announced: countBy(announced),
      repeated: announced.length - new Set(announced.map(({ id }) => id)).size,
      faults,
      latestMs,
      requests,
    };
  }

  /** From when on a notice can come: its moment, or when the bus is up again. */
  #earliest(at: number): number {
    const from = this.#start + this.#plan.outageDay * dayMs;
    return at > from - hourMs && at < from + dayMs ? from + dayMs : at;
  }

  #expected({ created, ends, uses, rotated = Infinity, gone = Infinity }: Fate): [string, Expected][] {
    const until = this.#world.now;
    const found: [string, Expected][] = [];
    const expect = (action: string, at: number, from: number, to: number) => {
      if (at > from && at <= to && at <= until)
        found.push([action, { at, isSure: this.#earliest(at) + hourMs < Math.min(to, until) }]);
    };
    ends.forEach(({ from, end }, index) => {
      const to = Math.min(gone, ends[index + 1]?.from ?? Infinity);
      expect('apiKeyExpiring', end - 7 * dayMs, from, to);
      expect('apiKeyExpiring', end - dayMs, from, to);
      expect('apiKeyExpired', end + 5_000, from, to);
    });
    const endAt = (at: number) => ends.findLast(({ from }) => from <= at)?.end ?? 0;
    const living = (action: string, at: number, to: number) => {
      if (at < endAt(at)) expect(action, at, created, Math.min(to, gone));
    };
    living('apiKeyRotationDue', created + 120 * dayMs, rotated);
    [created, ...uses].forEach((used, index, all) => {
      living('apiKeyIdle', used + 60 * dayMs, all[index + 1] ?? Infinity);
    });
    return found;
  }
}

function countBy(announced: readonly Announced[]): Record<string, number> {
  const groups = Map.groupBy(announced, ({ action }) => action);
  return Object.fromEntries([...groups].map(([action, all]) => [action, all.length]));
}
