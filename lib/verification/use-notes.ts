import type { KeyHandle } from '../domain/api-key-id.ts';

/** The number of keys that one process tracks. Uses of further keys are not recorded in the meantime. */
const maxNotes = 10_000;

/** Decides which uses this process records: at most one for each key and period. */
export class UseNotes {
  readonly periodMs: number;
  readonly #isOff: boolean;
  /** When the next use of a key is due to be recorded, in ms since the epoch, earliest first. */
  readonly #dueAt = new Map<KeyHandle, number>();

  /** @param periodSeconds undefined: uses are not recorded */
  constructor(periodSeconds: number | undefined) {
    this.#isOff = periodSeconds === undefined;
    this.periodMs = (periodSeconds ?? 0) * 1_000;
  }

  /** @returns whether a use at `now` is due to be recorded; it then counts as recorded */
  isDue(handle: KeyHandle, now: number): boolean {
    if (this.#isOff || this.#isNoted(this.#dueAt.get(handle), now)) return false;
    this.#dueAt.delete(handle);
    if (!this.#hasRoom(now)) return false;
    this.#dueAt.set(handle, now + this.periodMs);
    return true;
  }

  /** A time too far in the future was noted before the clock was set back. */
  #isNoted(dueAt: number | undefined, now: number): boolean {
    return dueAt !== undefined && now < dueAt && dueAt <= now + this.periodMs;
  }

  #hasRoom(now: number): boolean {
    if (this.#dueAt.size < maxNotes) return true;
    const [first] = this.#dueAt;
    if (!first || this.#isNoted(first[1], now)) return false;
    this.#dueAt.delete(first[0]);
    return true;
  }
}
