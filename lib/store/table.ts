import type { DeleteCommandInput, PutCommandInput, QueryCommandInput, UpdateCommandInput } from '@aws-sdk/lib-dynamodb';

/** A stored item, its attributes as plain values. */
export type Item = Record<string, unknown>;

/** The primary key of an item: two strings. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

export type Update = Omit<UpdateCommandInput, 'TableName' | 'Key'> & { readonly Key: ItemKey };
export type Put = Omit<PutCommandInput, 'TableName'>;
export type Delete = Omit<DeleteCommandInput, 'TableName'>;
export type Query = Omit<QueryCommandInput, 'TableName'>;

/**
 * The outcome of one attempt to write.
 * - `refused`: the condition did not hold. `item` is the stored item: null for none, undefined if the engine does not
 * return it.
 * - `notApplied`: it certainly changed nothing, and can be repeated.
 * - `unknown`: it may be applied, now or later.
 * - `isTooBusy`: the database has no time for it, and none for a retry.
 */
export type Attempt =
  | { readonly outcome: 'applied' }
  | { readonly outcome: 'refused'; readonly item: Item | null | undefined }
  | { readonly outcome: 'notApplied' | 'unknown'; readonly error: unknown; readonly isTooBusy?: boolean };

/** The outcome of one attempt to read: one item, strongly consistent, or a list of items, eventually consistent. */
export type ReadAttempt<Found> =
  | { readonly outcome: 'read'; readonly found: Found }
  | { readonly outcome: 'failed'; readonly error: unknown; readonly isTooBusy?: boolean };

/**
 * The one table, as far as this service uses it. Each call is one request, sent once, which ends after `withinMs` or
 * sooner. A failure that no retry can repair is thrown.
 */
export interface Table {
  attemptUpdate(update: Update, withinMs?: number): Promise<Attempt>;
  attemptPut(put: Put, withinMs?: number): Promise<Attempt>;
  attemptDelete(remove: Delete, withinMs?: number): Promise<Attempt>;
  /** @param attributes the only ones to read; default: all */
  attemptGet(key: ItemKey, withinMs?: number, attributes?: readonly string[]): Promise<ReadAttempt<Item | undefined>>;
  attemptQuery(query: Query, withinMs?: number): Promise<ReadAttempt<readonly Item[]>>;
  /** At most 100 keys. Missing items are left out. */
  attemptBatchGet(keys: readonly ItemKey[], withinMs?: number): Promise<ReadAttempt<readonly Item[]>>;
}
