/** Bytes of an application's item as tests/evidence/scale/items.test.ts counts them: names of 19 and 12 characters, principals of 36. */
export const itemBytes = {
  fresh: 478,
  oneKey: 718,
  twoKeys: 870,
  /** who changed a key last, which a key that was never changed does not have */
  keyChange: 83,
  /** what a rotation without overlap leaves for 10 minutes */
  tombstone: 161,
  /** what an `Idempotency-Key` leaves for 24 hours */
  record: 218,
  /** by which the sweep finds the application */
  due: 26,
  /** the item that tells when a key was used */
  use: 91,
} as const;
