import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Item } from './table.ts';

/** There was no time for the request; nothing was changed. */
const busy = new Set<string | undefined>([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  // Raised before anything was sent.
  'Crowded',
]);

/** Answers that prove that DynamoDB changed nothing, and that may be different the next time. */
const passing = new Set<string | undefined>([
  ...busy,
  'ReplicatedWriteConflictException',
  // The client corrects its clock from the answer.
  'InvalidSignatureException',
  'RequestTimeTooSkewed',
  // Raised before anything was sent.
  'CredentialsProviderError',
]);

/** Answers that prove that DynamoDB changed nothing, and that trying again cannot mend. */
const fatal = new Set<string | undefined>([
  'AccessDeniedException',
  'ItemCollectionSizeLimitExceededException',
  'MissingAuthenticationTokenException',
  'ResourceNotFoundException',
  'UnrecognizedClientException',
  'ValidationException',
]);

/** Failures before a byte was sent. */
const unsent = new Set<string | undefined>(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/**
 * Says what an error of the DynamoDB client proves about the request. Whatever is not known to prove anything
 * (time-outs, resets, 5xx, answers that cannot be read) is `unknown`: the write may be applied, now or later.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
export function classifyFailure(error: unknown): 'refused' | 'notApplied' | 'unknown' | 'fatal' {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'ConditionalCheckFailedException') return 'refused';
  if (fatal.has(name)) return 'fatal';
  return passing.has(name) || unsent.has(code) ? 'notApplied' : 'unknown';
}

/** Whether a failure says that the database, or the way to it, has too much to do. */
export function isBusy(error: unknown): boolean {
  return busy.has((error as { name?: string }).name);
}

/** @returns the item that a refused write met, where the engine tells it */
export function refusedItem(error: unknown): Item | undefined {
  const { Item: item } = error as { Item?: Parameters<typeof unmarshall>[0] };
  return item && unmarshall(item, { wrapNumbers: Number });
}
