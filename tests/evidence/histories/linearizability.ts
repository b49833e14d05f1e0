/** One operation of a history: when it was called and when it answered, on a clock that never shows a time twice. */
export interface Timed {
  readonly invoked: number;
  /** Infinity where the outcome is unknown: it may take effect at any later moment, or never */
  readonly returned: number;
}

/** What operations do one after the other. */
export interface Sequential<State, Entry> {
  readonly initial: State;
  /** @returns the state after the operation; undefined when the operation cannot have answered so in that state */
  step(state: State, entry: Entry): State | undefined;
  /** Whether the operation, having answered so, has changed nothing, whatever the state was. */
  isRead(entry: Entry): boolean;
  /** @returns the same text for the same state */
  textOf(state: State): string;
}

export type Verdict = 'explained' | 'refuted' | 'undecided';

const usualBudget = 300_000;

/**
 * Says whether some order of the operations, each somewhere between its call and its answer, explains every answer.
 * The search is that of Wing and Gong, with Lowe's memory of what was tried: the set of operations done, and the state.
 * @param budget states to try before it is undecided
 * @see https://www.cs.ox.ac.uk/people/gavin.lowe/LinearizabiltyTesting/paper.pdf
 */
export function explain<State, Entry extends Timed>(
  entries: readonly Entry[],
  spec: Sequential<State, Entry>,
  budget = usualBudget,
): Verdict {
  const search = new Search(entries, spec, budget);
  const isExplained = search.reaches(spec.initial, 0n);
  if (isExplained) return 'explained';
  return search.isExhausted ? 'undecided' : 'refuted';
}

interface Next<State> {
  readonly state: State;
  readonly done: bigint;
}

class Search<State, Entry extends Timed> {
  readonly #entries: readonly Entry[];
  readonly #spec: Sequential<State, Entry>;
  readonly #tried = new Set<string>();
  readonly #numbers = new Map<string, number>();
  #budget: number;

  constructor(entries: readonly Entry[], spec: Sequential<State, Entry>, budget: number) {
    this.#entries = entries.toSorted((one, other) => one.invoked - other.invoked);
    this.#spec = spec;
    this.#budget = budget;
  }

  get isExhausted(): boolean {
    return this.#budget <= 0;
  }

  /** Whether the operations that are not done can follow, those of unknown outcome or not. */
  reaches(state: State, done: bigint): boolean {
    const firstReturn = this.#firstReturn(done);
    if (firstReturn === Number.POSITIVE_INFINITY) return true;
    const next = this.#nextOf(state, done, firstReturn);
    return next.some((one) => this.#isNew(one) && this.reaches(one.state, one.done));
  }

  #firstReturn(done: bigint): number {
    const open = this.#entries.filter((_, index) => !isDone(done, index));
    return Math.min(...open.map(({ returned }) => returned));
  }

  /** What may come first of the open operations: whatever was called before the first of them answered. */
  #nextOf(state: State, done: bigint, firstReturn: number): Next<State>[] {
    const next: Next<State>[] = [];
    for (const [index, entry] of this.#entries.entries()) {
      if (entry.invoked > firstReturn) break;
      if (isDone(done, index)) continue;
      const after = this.#spec.step(state, entry);
      if (after === undefined) continue;
      const one = { state: after, done: done | (1n << BigInt(index)) };
      // What changes nothing in any state may as well come at once, before everything else.
      if (this.#spec.isRead(entry)) return [one];
      const isUnknown = entry.returned === Number.POSITIVE_INFINITY;
      if (!isUnknown || this.#numberOf(after) !== this.#numberOf(state)) next.push(one);
    }
    return next;
  }

  #isNew({ state, done }: Next<State>): boolean {
    const key = `${done.toString(36)} ${this.#numberOf(state)}`;
    if (this.#budget <= 0 || this.#tried.has(key)) return false;
    this.#tried.add(key);
    this.#budget -= 1;
    return true;
  }

  #numberOf(state: State): number {
    const text = this.#spec.textOf(state);
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    return number;
  }
}

function isDone(done: bigint, index: number): boolean {
  return ((done >> BigInt(index)) & 1n) === 1n;
}

/**
 * Makes a refuted history smaller: ends it with the answer that refutes it, then forgets answers, which makes their
 * outcome unknown, for as long as what is left is refuted all the same.
 * @param forgotten the same operation, its outcome unknown
 */
export function smallest<State, Entry extends Timed>(
  entries: readonly Entry[],
  spec: Sequential<State, Entry>,
  forgotten: (entry: Entry) => Entry,
): Entry[] {
  const isRefuted = (some: readonly Entry[]) => explain(some, spec, 20_000) === 'refuted';
  const ends = entries.map(({ returned }) => returned).filter(Number.isFinite);
  const end = ends.sort((one, other) => one - other).find((time) => isRefuted(until(entries, time, forgotten)));
  let left = until(entries, end ?? Number.POSITIVE_INFINITY, forgotten);
  for (const entry of left.toReversed()) {
    const fewer = left.map((other) => (other === entry ? forgotten(entry) : other));
    if (isRefuted(fewer)) left = fewer;
  }
  return left;
}

function until<Entry extends Timed>(
  entries: readonly Entry[],
  end: number,
  forgotten: (entry: Entry) => Entry,
): Entry[] {
  const begun = entries.filter(({ invoked }) => invoked < end);
  return begun.map((entry) => (entry.returned <= end ? entry : forgotten(entry)));
}
