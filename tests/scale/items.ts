/** Bytes of an application's item as tests/scale/items.test.ts counts them: names of 19 and 12 characters, principals of 36. */
export const itemBytes = {
  fresh: 481,
  oneKey: 721,
  twoKeys: 873,
  /** each used, which is written down with it */
  twoUsedKeys: 1_027,
  /** what a rotation without overlap leaves for 10 minutes */
  tombstone: 175,
  /** what an `Idempotency-Key` leaves for 24 hours */
  record: 218,
} as const;
