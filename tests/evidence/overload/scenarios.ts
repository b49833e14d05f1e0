import type { Guard } from './guards.ts';
import type { Capacity } from './slow-store.ts';

/** A store that is too slow, and what is promised all the same. Times in ms. */
export interface Scenario {
  readonly capacity: Capacity;
  readonly promised: Promised;
  /** without it, not all of that is kept */
  readonly guard: Guard;
}

export interface Promised {
  /** share of the sustainable rate that is served at twice that rate */
  readonly goodput: number;
  /** by then every request is answered */
  readonly latestMs: number;
}

/** 50 of the SDK's client in each of the five functions that are called. */
const connections = 5 * 50;

/** The two ways of a store that is too slow. What is promised is what was measured, and some room. */
export const scenarios = {
  throttles: {
    capacity: { slots: 10, serviceMs: 40, maxWaiting: 20, connections },
    promised: { goodput: 0.95, latestMs: 3_000 },
    guard: 'retry budget',
  },
  'becomes slow': {
    capacity: { slots: 10, serviceMs: 40, maxWaiting: Number.POSITIVE_INFINITY, connections },
    promised: { goodput: 0.75, latestMs: 8_000 },
    guard: 'crowd limit',
  },
} as const satisfies Record<string, Scenario>;

/** Without overload 99 of 100 answers take less, in ms. */
export const normalP99Ms = 1_000;
