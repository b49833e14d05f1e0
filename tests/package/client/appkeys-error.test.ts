import { expect, it } from 'vitest';
import { AppkeysError } from '../../../lib/package/client/appkeys-error.ts';

it('an AppkeysError has what is known of the failure, and says code, cause and action', () => {
  const failure = {
    code: '409303',
    status: 409,
    title: 'T',
    cause: 'Both places are taken.',
    action: 'Delete one.',
    correlationId: 'c',
    errorId: 'ERROR-1',
    details: [{ title: 'T', source: '$.name', message: 'M' }],
    retryAfterSeconds: 3,
    idempotencyKey: 'once',
  };
  const error = new AppkeysError(failure);
  expect(error).toBeInstanceOf(Error);
  expect({ ...error }).toStrictEqual({ ...failure, name: 'AppkeysError' });
  expect(String(error)).toBe('AppkeysError: 409303 Both places are taken. Delete one.');
});
