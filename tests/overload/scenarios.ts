import type { Capacity } from './slow-store.ts';

/** 50 of the SDK's client in each of the five functions that are called. */
const connections = 5 * 50;

/** The two ways of a store that is too slow. */
export const capacities = {
  throttles: { slots: 10, serviceMs: 40, maxWaiting: 20, connections },
  'becomes slow': { slots: 10, serviceMs: 40, maxWaiting: Number.POSITIVE_INFINITY, connections },
} as const satisfies Record<string, Capacity>;

/** What is promised; times in ms. */
export const promised = { latestMs: 8_000, goodput: 0.7, normalP99Ms: 1_000 } as const;
