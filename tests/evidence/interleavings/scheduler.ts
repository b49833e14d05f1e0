import { ApiError, type ErrorCode } from '../../../lib/domain/errors.ts';
import { appKey, appOf } from '../../../lib/store/app-item.ts';
import type { Deadline } from '../../../lib/store/settle.ts';
import type { Attempt, Item, ItemKey, ReadAttempt, Table } from '../../../lib/store/table.ts';
import { type Done, perform } from './calls.ts';
import { type Items, keyOf, MemoryTable, type Write } from './memory-table.ts';
import { clockOf, realm, type Scenario } from './scenarios.ts';

/** What becomes of one call to the store. `end`: the request's time is over with it, so that it is not tried again. */
interface Fate {
  readonly name: string;
  readonly applied: 'now' | 'later' | 'never';
  readonly told: 'outcome' | 'unknown' | 'notApplied';
  readonly isEnd: boolean;
}

const usual: Fate = { name: 'answered', applied: 'now', told: 'outcome', isEnd: false };
const lost: Fate = { name: 'answer lost', applied: 'now', told: 'unknown', isEnd: false };
const dropped: Fate = { name: 'never applied', applied: 'never', told: 'unknown', isEnd: false };
const late: Fate = { name: 'applied late', applied: 'later', told: 'unknown', isEnd: false };
const throttled: Fate = { name: 'throttled', applied: 'never', told: 'notApplied', isEnd: false };

function atEnd(fate: Fate): Fate {
  return { ...fate, name: `${fate.name}, time over`, isEnd: true };
}

/** `simple`: what the evidence is asked for; `all`: also late writes, throttled ones, and requests whose time is over. */
const writeFates = {
  simple: [lost, dropped],
  all: [lost, dropped, late, throttled, atEnd(lost), atEnd(dropped), atEnd(late), atEnd(throttled)],
} as const;
const failed: Fate = { ...dropped, name: 'read failed' };
const readFates = { simple: [failed], all: [failed, atEnd(failed)] } as const;

export interface Limits {
  readonly faults: number;
  readonly fates: keyof typeof writeFates;
  /** `eager`: a store call that touches no application, but a pointer to one, does not wait for its turn */
  readonly pointers: 'interleaved' | 'eager';
  /** whether a refusal tells the item, as DynamoDB's does and dynalite's does not */
  readonly tellsItem: boolean;
  /** so often the tombstones and records of removed keys are dropped, at any time; those of calls under way stay */
  readonly forgets: number;
  /** whether calls reach an application before it is created, whose id nobody can know by then */
  readonly isIdForeknown: boolean;
}

/** The part of a memory table that a run needs; the self-test puts a careless one in its place. */
export interface Store {
  get(key: ItemKey): Item | undefined;
  write(write: Write): Attempt;
}

export type OpenStore = (items: Items, tellsItem: boolean) => Store;

export const openMemoryStore: OpenStore = (items, tellsItem) => new MemoryTable(items, tellsItem);

/** How a call ended. `isUnknown`: it says itself that it may have been done. */
export type Answer = Done | { readonly code: ErrorCode; readonly isUnknown: boolean } | { readonly crash: unknown };

/** A call, from its first store call to its answer, counted in steps of the run. */
export interface Ended {
  readonly answer: Answer;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** One write that changed an item, and whose it was. */
export interface Written {
  readonly call: number;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
  /** handles of the keys that it made */
  readonly made: readonly string[];
}

export interface Finished {
  readonly ended: readonly Ended[];
  /** the application's item at the end */
  readonly item: Item | undefined;
  readonly store: Store;
  readonly writes: readonly Written[];
  readonly faults: number;
  /** whether records of removed keys were dropped */
  readonly hasForgotten: boolean;
  /** whether the time of a request was over before its end, or a write arrived late */
  readonly isDisturbed: boolean;
  readonly steps: number;
}

interface Parked {
  readonly call: number;
  readonly key: ItemKey;
  readonly write: Write | undefined;
  readonly resume: (attempt: Attempt | ReadAttempt<Item | undefined>) => void;
}

/** A store call that goes on; undefined: records of removed keys are dropped. */
type Option = { readonly parked: Parked; readonly fate: Fate } | undefined;

/** One for all: to make an error costs more than a step. */
const error = new Error('the schedule says so');

const usedAt = 3;

type Choose = (width: number) => number;

/** The calls of a scenario, each of which stops at every store call until the schedule lets it go on. */
export class Run {
  readonly #scenario: Scenario;
  readonly #limits: Limits;
  readonly #store: Store;
  readonly #parked: Parked[] = [];
  readonly #floating: Parked[] = [];
  readonly #writes: Written[] = [];
  readonly #startedAt: number[];
  readonly #ended: (Ended | undefined)[];
  readonly #isOver: boolean[];
  readonly #trace: string[] | undefined;
  #steps = 0;
  #faults = 0;
  #forgotten = 0;
  #isDisturbed = false;

  /** @param trace to which each step is written, if it is to be read */
  constructor(scenario: Scenario, limits: Limits, openStore: OpenStore, trace?: string[]) {
    this.#scenario = scenario;
    this.#limits = limits;
    this.#store = openStore(scenario.start.items, limits.tellsItem);
    this.#startedAt = scenario.calls.map(() => Number.POSITIVE_INFINITY);
    this.#ended = scenario.calls.map(() => undefined);
    this.#isOver = scenario.calls.map(() => false);
    this.#trace = trace;
  }

  /** @param choose which of so many ways to go on with, at each step */
  async play(choose: Choose): Promise<Finished> {
    await inMicrotask();
    for (const call of this.#scenario.calls.keys()) this.#begin(call);
    await microtasksDone();
    for (let options = this.#options(); options.length > 0; options = this.#options()) {
      const option = options[options.length === 1 ? 0 : choose(options.length)];
      if (option) this.#take(option);
      else this.#forget();
      await microtasksDone();
    }
    return this.#finished();
  }

  #begin(call: number): void {
    const { calls, start } = this.#scenario;
    const named = calls[call];
    if (!named) return;
    const surroundings = {
      app: { realm, appId: start.appId },
      table: this.#tableOf(call),
      deadline: this.#deadlineOf(call),
    };
    perform(named.call, surroundings).then(
      (done) => this.#end(call, done),
      (error) => this.#end(call, refusalOf(error)),
    );
  }

  #end(call: number, answer: Answer): void {
    this.#ended[call] = { answer, startedAt: this.#startedAt[call] ?? 0, endedAt: this.#steps };
    this.#trace?.push(`${this.#nameOf(call)} is answered ${JSON.stringify(answer)}`);
  }

  #nameOf(call: number): string {
    return `#${call + 1} ${this.#scenario.calls[call]?.name}`;
  }

  /** Each call has a clock of its own, which stands still; waiting takes no time, unless the time is over. */
  #deadlineOf(call: number): Deadline {
    const now = clockOf(call);
    return {
      at: now + 8_000,
      now: () => now,
      sleep: async () => {},
      random: () => (this.#isOver[call] ? Number.POSITIVE_INFINITY : 0),
    };
  }

  #tableOf(call: number): Table {
    const write = (made: Write) => this.#park(call, keyOf(made), made) as Promise<Attempt>;
    return {
      attemptUpdate: (update) => write({ kind: 'update', update }),
      attemptPut: (put) => write({ kind: 'put', put }),
      attemptDelete: (remove) => write({ kind: 'delete', remove }),
      attemptGet: (key) => this.#park(call, key, undefined) as Promise<ReadAttempt<Item | undefined>>,
      attemptQuery: () => Promise.reject(new Error('no call that changes anything queries')),
      // Times of use, which no write of these calls depends on: each key was used long ago.
      attemptBatchGet: async (keys) => ({ outcome: 'read', found: keys.map((key) => ({ ...key, at: usedAt })) }),
    };
  }

  #park(call: number, key: ItemKey, write: Write | undefined): Promise<Attempt | ReadAttempt<Item | undefined>> {
    return new Promise((resume) => {
      this.#parked.push({ call, key, write, resume });
    });
  }

  /** In an order that depends on nothing but the choices so far. */
  #options(): Option[] {
    const pointer = this.#limits.pointers === 'eager' && this.#parked.find(({ key }) => key.sk !== 'app');
    const waiting = pointer ? [pointer] : this.#waiting();
    const options: Option[] = waiting.map((parked) => ({ parked, fate: usual }));
    if (!pointer) options.push(...this.#floating.map((parked) => ({ parked, fate: late })));
    if (this.#forgotten < this.#limits.forgets && this.#droppable().length > 0) options.push(undefined);
    if (this.#faults >= this.#limits.faults) return options;
    for (const parked of waiting) {
      const fates = parked.write ? writeFates[this.#limits.fates] : readFates[this.#limits.fates];
      for (const fate of fates) options.push({ parked, fate });
    }
    return options;
  }

  #waiting(): Parked[] {
    const waiting = this.#parked.toSorted((one, other) => one.call - other.call);
    if (this.#limits.isIdForeknown || this.#item()) return waiting;
    const creating = waiting.filter(({ call }) => this.#scenario.calls[call]?.call.id === 'createApp');
    return creating.length + this.#floating.length > 0 ? creating : waiting;
  }

  #item(): Item | undefined {
    return this.#store.get({ pk: this.#scenario.start.appId, sk: 'app' });
  }

  /** The paths of what stays of removed keys, but for those of calls that are not answered yet, which are the youngest. */
  #droppable(): [string, string][] {
    const app = appOf(this.#item());
    if (!app) return [];
    const young = new Set(this.#writes.filter(({ call }) => !this.#ended[call]).flatMap(({ made }) => made));
    const isGone = (handle: string) => !Object.hasOwn(app.keys, handle) && !young.has(handle);
    const records = Object.entries(app.requests).filter(([, { handle }]) => isGone(handle));
    return [
      ...Object.keys(app.removed)
        .filter(isGone)
        .map((handle): [string, string] => ['removed', handle]),
      ...records.map(([hash]): [string, string] => ['requests', hash]),
    ];
  }

  /** As the sweep does it: no change to the application, whose `rev` stays. */
  #forget(): void {
    this.#steps += 1;
    this.#forgotten += 1;
    this.#trace?.push('records of removed keys are dropped');
    const names = this.#droppable();
    const ExpressionAttributeNames = Object.fromEntries(
      names.flatMap(([map, name], index) => [
        [`#m${index}`, map],
        [`#n${index}`, name],
      ]),
    );
    const paths = names.map((_, index) => `#m${index}.#n${index}`);
    const update = { Key: appKey(this.#scenario.start.appId), UpdateExpression: `REMOVE ${paths.join(', ')}` };
    this.#store.write({ kind: 'update', update: { ...update, ExpressionAttributeNames } });
  }

  #take({ parked, fate }: NonNullable<Option>): void {
    this.#steps += 1;
    const isArriving = this.#floating.includes(parked);
    this.#trace?.push(`${this.#nameOf(parked.call)}: ${describe(parked)}: ${isArriving ? 'arrives late' : fate.name}`);
    if (isArriving) this.#arrive(parked);
    else this.#answer(parked, fate);
  }

  #arrive(parked: Parked): void {
    this.#floating.splice(this.#floating.indexOf(parked), 1);
    const attempt = this.#write(parked);
    this.#trace?.push(`  ${attempt?.outcome}`);
  }

  #answer(parked: Parked, fate: Fate): void {
    const { call, write, key, resume } = parked;
    this.#parked.splice(this.#parked.indexOf(parked), 1);
    this.#startedAt[call] = Math.min(this.#startedAt[call] ?? 0, this.#steps);
    if (fate !== usual) this.#faults += 1;
    if (fate.isEnd) this.#isOver[call] = true;
    this.#isDisturbed ||= fate.isEnd || fate.applied === 'later';
    if (fate.applied === 'later') this.#floating.push(parked);
    if (!write) {
      resume(fate === usual ? { outcome: 'read', found: this.#store.get(key) } : { outcome: 'failed', error });
      return;
    }
    const attempt = fate.applied === 'now' ? this.#write(parked) : undefined;
    if (attempt) this.#trace?.push(`  ${attempt.outcome}`);
    resume(attempt && fate.told === 'outcome' ? attempt : { outcome: fate.told as 'unknown' | 'notApplied', error });
  }

  #write({ call, key, write }: Parked): Attempt | undefined {
    if (!write) return undefined;
    const before = this.#store.get(key);
    const attempt = this.#store.write(write);
    const after = this.#store.get(key);
    if (key.sk === 'app' && after !== before)
      this.#writes.push({ call, before, after, made: madeBetween(before, after) });
    return attempt;
  }

  #finished(): Finished {
    const ended = this.#ended.map((end, call) => {
      if (end) return end;
      throw new Error(`${this.#nameOf(call)} waits for something that is no store call, in ${this.#scenario.name}`);
    });
    const isDisturbed = this.#isDisturbed;
    const [writes, store, item] = [this.#writes, this.#store, this.#item()];
    const counted = { faults: this.#faults, steps: this.#steps, hasForgotten: this.#forgotten > 0 };
    return { ended, item, store, writes, isDisturbed, ...counted };
  }
}

/** @returns the handles of the keys that a write made */
function madeBetween(before: Item | undefined, after: Item | undefined): string[] {
  const known = appOf(before)?.keys ?? {};
  return Object.keys(appOf(after)?.keys ?? {}).filter((handle) => !Object.hasOwn(known, handle));
}

function refusalOf(error: unknown): Answer {
  if (!(error instanceof ApiError)) return { crash: String(error) };
  const { code, parts } = error;
  return { code, isUnknown: code === '503000' && parts.cause !== undefined };
}

function describe({ write, key }: Parked): string {
  if (!write) return `get ${key.sk === 'app' ? 'app' : 'pointer'}`;
  return `${write.kind} ${key.sk === 'app' ? 'app' : 'pointer'}`;
}

/** From here on `nextTick` means after all microtasks: what runs as no microtask itself may schedule it before them. */
async function inMicrotask(): Promise<void> {
  await null;
}

/** Node runs what is given to `nextTick` when no microtask is left: every call then waits for the store, or has ended. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** @param choices of an earlier run; beyond them the first way is taken */
export async function replay(
  scenario: Scenario,
  limits: Limits,
  choices: readonly number[],
  openStore: OpenStore = openMemoryStore,
): Promise<{ finished: Finished; trace: string[] }> {
  const trace: string[] = [];
  let next = 0;
  const finished = await new Run(scenario, limits, openStore, trace).play(() => choices[next++] ?? 0);
  return { finished, trace };
}

/**
 * Plays every schedule of a scenario, depth first, each from the start.
 * @param visit is told each, with the choices that lead to it; false ends it all
 */
export async function explore(
  scenario: Scenario,
  limits: Limits,
  visit: (finished: Finished, choices: readonly number[]) => boolean,
  openStore: OpenStore = openMemoryStore,
): Promise<void> {
  const choices: number[] = [];
  const widths: number[] = [];
  do {
    let step = 0;
    const finished = await new Run(scenario, limits, openStore).play((width) => {
      widths[step] = width;
      choices[step] ??= 0;
      step += 1;
      return choices[step - 1] ?? 0;
    });
    if (!visit(finished, choices)) return;
  } while (nextChoices(choices, widths));
}

/** Goes on to the next way at the last step that has one. @returns false when there is none */
function nextChoices(choices: number[], widths: number[]): boolean {
  while (choices.length > 0) {
    const last = choices.length - 1;
    const next = (choices[last] ?? 0) + 1;
    if (next < (widths[last] ?? 0)) {
      choices[last] = next;
      return true;
    }
    choices.pop();
  }
  return false;
}
