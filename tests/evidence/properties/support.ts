import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import type { App } from '../../../lib/domain/app.ts';
import type { Fault } from '../../support/database-proxy.ts';

export const usualSeed = 20_260_801;

/** Every random choice hangs on it; fast-check tells it with a failure, and the variable SEED sets another. */
export const seed = Number(process.env.SEED ?? usualSeed);

/** FULL=1 runs everything as often as is claimed. */
export const isFull = process.env.FULL === '1';

/** How often a property is tried. */
export function runs(numRuns: number): { readonly seed: number; readonly numRuns: number } {
  return { seed, numRuns };
}

/** @returns a key's HRN as it stands in a URL's path */
export function keyHrnOf({ realm }: Pick<App, 'realm'>, handle: string): string {
  return encodeURIComponent(`hrn:here:account::${realm}:apikey/${handle}`);
}

/** @returns the handle in a key's HRN */
export function handleIn(keyHrn: string): KeyHandle {
  return (keyHrn.split('/').at(-1) ?? '') as KeyHandle;
}

/** @returns pseudo-random numbers from 0 to below 1, the same for the same seed */
export function randomNumbers(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Faults without end for a database proxy: each request loses its answer with that probability. */
export class EndlessFaults extends Array<Fault> {
  readonly #probability: number;
  readonly #random: () => number;

  constructor(probability: number, random: () => number) {
    super();
    this.#probability = probability;
    this.#random = random;
  }

  override shift(): Fault {
    return this.#random() < this.#probability ? 'loseAnswer' : 'none';
  }
}

/** Holds what must be true of an application at every moment. */
export function requireSound(item: Pick<App, 'keyCount' | 'keys'>): void {
  const size = Object.keys(item.keys).length;
  if (item.keyCount === size && size <= 2) return;
  throw new Error(`keyCount is ${item.keyCount}, and there are ${size} keys`);
}
