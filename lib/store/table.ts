import type { PutCommandInput, UpdateCommandInput } from '@aws-sdk/lib-dynamodb';

/** A stored item, its attributes as plain values. */
export type Item = Record<string, unknown>;

/** The primary key of an item: two strings. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

export type Update = Omit<UpdateCommandInput, 'TableName' | 'Key'> & { readonly Key: ItemKey };
export type Put = Omit<PutCommandInput, 'TableName'>;

/**
 * What became of one attempt to write.
 * `refused`: the condition did not hold; `item` is what stood there, on engines that tell it.
 * `notApplied`: it certainly changed nothing, and may be tried again. `unknown`: it may be applied, now or later.
 */
export type Attempt =
  | { readonly outcome: 'applied' }
  | { readonly outcome: 'refused'; readonly item: Item | undefined }
  | { readonly outcome: 'notApplied' | 'unknown'; readonly error: unknown };

/** What became of one attempt to read, strongly consistent. */
export type ReadAttempt =
  | { readonly outcome: 'read'; readonly item: Item | undefined }
  | { readonly outcome: 'failed'; readonly error: unknown };

/**
 * The one table, as far as this service uses it: each call is one request, made once.
 * A failure that no repetition can mend is thrown.
 */
export interface Table {
  attemptUpdate(update: Update): Promise<Attempt>;
  attemptPut(put: Put): Promise<Attempt>;
  attemptGet(key: ItemKey): Promise<ReadAttempt>;
}
