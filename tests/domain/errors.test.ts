import { describe, expect, it } from 'vitest';
import { ApiError, type ErrorCode, errorTable, formatError, invalidField } from '../../lib/domain/errors.ts';

const ids = { correlationId: 'correlation-1', errorId: 'ERROR-1' };
const codes = Object.keys(errorTable) as ErrorCode[];

it.each(codes)('%s says what its entry says, where nothing more exact is known', (code) => {
  const { status, title, cause, action } = errorTable[code];
  expect(code.startsWith(String(status))).toBe(true);
  expect(formatError(new ApiError(code), ids)).toEqual({ title, status, code, cause, action, ...ids });
});

describe('an error that knows more', () => {
  const details = [{ title: 'Received invalid data.', source: '$.name', message: 'is too long' }];

  it('says it instead', () => {
    const error = new ApiError('409306', { cause: 'A cause.', action: 'An action.', details });
    expect(formatError(error, ids)).toMatchObject({ cause: 'A cause.', action: 'An action.', details });
  });

  it('tells nobody but the log why', () => {
    const error = new ApiError('404660', { why: 'a private reason', retryAfterSeconds: 3 });
    expect(error).toMatchObject({ name: 'ApiError', message: '404660 No app exists with the given id.' });
    expect(error.cause).toBe('a private reason');
    expect(JSON.stringify(formatError(error, ids))).not.toMatch(/private|retry/);
  });

  it('names the field that is wrong', () => {
    const detail = { title: errorTable['400200'].title, source: '$.name', message: 'is too long' };
    expect(invalidField('$.name', 'is too long')).toMatchObject({ code: '400200', parts: { details: [detail] } });
  });
});
