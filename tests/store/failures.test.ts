import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { classifyFailure, isBusy, refusedItem } from '../../lib/store/failures.ts';

/** What each failure of the client proves of a write. */
const failures: [string, object, ReturnType<typeof classifyFailure>][] = [
  ['a condition that did not hold', { name: 'ConditionalCheckFailedException' }, 'refused'],
  ['throttling', { name: 'ThrottlingException' }, 'notApplied'],
  ['throughput', { name: 'ProvisionedThroughputExceededException' }, 'notApplied'],
  ['the account limit', { name: 'RequestLimitExceeded' }, 'notApplied'],
  ['a conflict of Regions', { name: 'ReplicatedWriteConflictException' }, 'notApplied'],
  ['a clock that is wrong', { name: 'InvalidSignatureException' }, 'notApplied'],
  ['a clock that is far off', { name: 'RequestTimeTooSkewed' }, 'notApplied'],
  ['no credentials to sign with', { name: 'CredentialsProviderError' }, 'notApplied'],
  ['a name server that does not answer', { name: 'Error', code: 'EAI_AGAIN' }, 'notApplied'],
  ['no way to the host', { name: 'Error', code: 'EHOSTUNREACH' }, 'notApplied'],
  ['no way to the network', { name: 'Error', code: 'ENETUNREACH' }, 'notApplied'],
  ['a refused connection', { name: 'Error', code: 'ECONNREFUSED' }, 'notApplied'],
  ['a name that is not found', { name: 'Error', code: 'ENOTFOUND' }, 'notApplied'],
  ['an error of the server', { name: 'InternalServerError' }, 'unknown'],
  ['a server that is unavailable', { name: 'ServiceUnavailable' }, 'unknown'],
  ['a time-out', { name: 'TimeoutError' }, 'unknown'],
  ['a reset', { name: 'Error', code: 'ECONNRESET' }, 'unknown'],
  ['an answer that cannot be read', { name: 'SyntaxError' }, 'unknown'],
  ['what nobody has seen', {}, 'unknown'],
  ['a missing right', { name: 'AccessDeniedException' }, 'fatal'],
  ['a missing table', { name: 'ResourceNotFoundException' }, 'fatal'],
  ['a request that was not sent, since too many were under way', { name: 'Crowded' }, 'notApplied'],
  ['a collection that is full', { name: 'ItemCollectionSizeLimitExceededException' }, 'fatal'],
  ['a request that is not signed', { name: 'MissingAuthenticationTokenException' }, 'fatal'],
  ['a signer that nobody knows', { name: 'UnrecognizedClientException' }, 'fatal'],
  ['a wrong expression', { name: 'ValidationException' }, 'fatal'],
];

describe('a failure of the database client', () => {
  it.each(failures)('%s', (_, error, proves) => expect(classifyFailure(error)).toBe(proves));
});

it('too much to do is said by throttling and by a crowd, and by nothing else', () => {
  const busy = failures.filter(([, error]) => isBusy(error)).map(([what]) => what);
  expect(busy).toEqual([
    'throttling',
    'throughput',
    'the account limit',
    'a request that was not sent, since too many were under way',
  ]);
});

it('a refused write tells the item that it met, where the engine does', () => {
  expect(refusedItem({ Item: marshall({ pk: 'app1', rev: 1 }) })).toEqual({ pk: 'app1', rev: 1 });
  expect(refusedItem({})).toBeUndefined();
});
