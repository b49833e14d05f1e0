import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Item } from './table.ts';

/** There was no time for the request. Nothing was changed. */
const busy = new Set<string | undefined>([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  // Thrown before anything was sent.
  'Crowded',
]);

/** Failures that prove that DynamoDB changed nothing, and that a retry can repair. */
const passing = new Set<string | undefined>([
  ...busy,
  'ReplicatedWriteConflictException',
  // The client corrects its clock by the response.
  'InvalidSignatureException',
  'RequestTimeTooSkewed',
  // Thrown before anything was sent.
  'CredentialsProviderError',
]);

/** Failures that prove that DynamoDB changed nothing, and that no retry can repair. */
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
 * Says what an error of the DynamoDB client proves about the request. An error that proves nothing (timeout, reset,
 * 5xx, unreadable response) is `unknown`: the write may be applied, now or later.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
export function classifyFailure(error: unknown): 'refused' | 'notApplied' | 'unknown' | 'fatal' {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'ConditionalCheckFailedException') return 'refused';
  if (fatal.has(name)) return 'fatal';
  return passing.has(name) || unsent.has(code) ? 'notApplied' : 'unknown';
}

/** Whether a failure says that the database, or the way to it, is overloaded. */
export function isBusy(error: unknown): boolean {
  return busy.has((error as { name?: string }).name);
}

/** @returns the item that a rejected write found, if the engine returns it */
export function refusedItem(error: unknown): Item | undefined {
  const { Item: item } = error as { Item?: Parameters<typeof unmarshall>[0] };
  return item && unmarshall(item, { wrapNumbers: Number });
}
