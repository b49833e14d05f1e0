import type { KeyHandle } from '../domain/api-key-id.ts';

/** So many keys this process can tell apart; the uses of others are not written down meanwhile. */
const maxNotes = 10_000;

/** Which keys' uses this process has written down: each at most once in a period, however many keys there are. */
export class UseNotes {
  readonly periodMs: number;
  readonly #isOff: boolean;
  /** when the next use of a key is to be written down, in ms since the epoch; the first one comes first */
  readonly #dueAt = new Map<KeyHandle, number>();

  /** @param periodSeconds undefined: no use is written down */
  constructor(periodSeconds: number | undefined) {
    this.#isOff = periodSeconds === undefined;
    this.periodMs = (periodSeconds ?? 0) * 1_000;
  }

  /** @returns whether a use at `now` is to be written down, which it then counts as */
  isDue(handle: KeyHandle, now: number): boolean {
    if (this.#isOff || this.#isNoted(this.#dueAt.get(handle), now)) return false;
    this.#dueAt.delete(handle);
    if (!this.#hasRoom(now)) return false;
    this.#dueAt.set(handle, now + this.periodMs);
    return true;
  }

  /** A time that lies too far ahead was noted before the clock was put back. */
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
