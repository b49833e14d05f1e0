import { describe, expect, it } from 'vitest';
import { classifyFailure } from '../../lib/store/failures.ts';

/** What each failure of the client proves of a write. */
const failures: [string, object, ReturnType<typeof classifyFailure>][] = [
  ['a condition that did not hold', { name: 'ConditionalCheckFailedException' }, 'refused'],
  ['throttling', { name: 'ThrottlingException' }, 'notApplied'],
  ['throughput', { name: 'ProvisionedThroughputExceededException' }, 'notApplied'],
  ['the account limit', { name: 'RequestLimitExceeded' }, 'notApplied'],
  ['a conflict of Regions', { name: 'ReplicatedWriteConflictException' }, 'notApplied'],
  ['a clock that is wrong', { name: 'InvalidSignatureException' }, 'notApplied'],
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
  ['a wrong expression', { name: 'ValidationException' }, 'fatal'],
];

describe('a failure of the database client', () => {
  it.each(failures)('%s', (_, error, proves) => expect(classifyFailure(error)).toBe(proves));
});
