import { describe, expect, it } from 'vitest';
import type { AppkeysError } from '../../../lib/package/client/appkeys-error.ts';
import {
  badToken,
  errorFrom,
  NoAnswer,
  reasonOf,
  unexpected,
  unreachable,
} from '../../../lib/package/client/failures.ts';

const known = { correlationId: 'mine' };
const name = 'AppkeysError';
const told = { code: '400200', cause: 'C', action: 'A' };
const detail = { title: 'T', source: '$.name', message: 'M' };

const answer = (status: number) => new Response(null, { status });
const fieldsOf = (error: AppkeysError) => ({ ...error });
const refused = (body: unknown) => fieldsOf(errorFrom(answer(400), body, known));

describe('the reason of a failure on the way', () => {
  it.each([
    ['ECONNREFUSED', new TypeError('fetch failed', { cause: Object.assign(new Error('C'), { code: 'ECONNREFUSED' }) })],
    ['other side closed', new TypeError('fetch failed', { cause: new Error('other side closed') })],
    ['no code', new TypeError('fetch failed', { cause: { code: '', message: 'no code' } })],
    ['fetch failed', new TypeError('fetch failed', { cause: {} })],
    ['not within 5 ms', new NoAnswer('not within 5 ms')],
    ['thrown text', 'thrown text'],
  ])('%s', (reason, error) => {
    expect(reasonOf(error)).toBe(reason);
  });
});

describe('UNREACHABLE', () => {
  const unanswered = {
    name,
    code: 'UNREACHABLE',
    title: 'No response.',
    cause: 'There was no response from https://x.test: ECONNREFUSED. The request may have been executed.',
    correlationId: 'mine',
  };

  it('says who did not answer, and what to do', () => {
    expect(fieldsOf(unreachable('https://x.test/prod', new NoAnswer('ECONNREFUSED'), known, true))).toStrictEqual({
      ...unanswered,
      action: 'Check the URL, and repeat the call.',
    });
  });

  it('of a call that only reads does not ask what was carried out', () => {
    const { cause } = unreachable('https://x.test/prod', new NoAnswer('ECONNREFUSED'), known, false);
    expect(cause).toBe('There was no response from https://x.test: ECONNREFUSED.');
  });

  it('tells the Idempotency-Key of a creation', () => {
    const creation = { ...known, idempotencyKey: 'once' };
    expect(fieldsOf(unreachable('https://x.test/prod', new NoAnswer('ECONNREFUSED'), creation, true))).toStrictEqual({
      ...unanswered,
      action: 'Check the URL, and repeat the call with the same Idempotency-Key.',
      idempotencyKey: 'once',
    });
  });
});

it('UNEXPECTED says with which status something else has answered', () => {
  expect(fieldsOf(unexpected(answer(404), { ...known, idempotencyKey: 'once' }))).toStrictEqual({
    name,
    code: 'UNEXPECTED',
    status: 404,
    title: 'Not a response from appkeys.',
    cause:
      'The response with status 404 did not come from appkeys. Another service, or a proxy in between, responded at this URL.',
    action: 'Check the URL. If the API has a stage, the URL must contain it.',
    correlationId: 'mine',
    idempotencyKey: 'once',
  });
});

it('BAD_TOKEN says what is wrong with the token', () => {
  expect(fieldsOf(badToken('mine'))).toStrictEqual({
    name,
    code: 'BAD_TOKEN',
    title: 'Not a valid token.',
    cause: 'The token is empty, or contains characters that a header cannot contain, such as a line break.',
    action: 'Pass only the token.',
    correlationId: 'mine',
  });
});

describe('a refusal', () => {
  it('has every field of its body, and what the client knows itself', () => {
    const body = { ...told, title: 'T', correlationId: 'theirs', errorId: 'ERROR-1', details: [detail, detail] };
    const error = errorFrom(answer(422), body, { ...known, idempotencyKey: 'once' }, 0);
    const others = { status: 422, retryAfterSeconds: 0, idempotencyKey: 'once' };
    expect(fieldsOf(error)).toStrictEqual({ name, ...body, ...others });
  });

  it('may have no more than code, cause and action', () => {
    expect(refused(told)).toStrictEqual({ name, ...told, status: 400, title: '', correlationId: 'mine' });
  });

  it('may have no details in its list of them', () => {
    expect(refused({ ...told, details: [] })).toMatchObject({ code: '400200', details: [] });
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { ...told, code: undefined },
    { ...told, code: 400200 },
    { ...told, code: '40020' },
    { ...told, code: '4002000' },
    { ...told, code: 'x400200' },
    { ...told, code: 'ABCDEF' },
    { ...told, cause: undefined },
    { ...told, cause: 1 },
    { ...told, action: null },
    { ...told, title: 1 },
    { ...told, correlationId: 1 },
    { ...told, errorId: 1 },
    { ...told, details: null },
    { ...told, details: 'x' },
    { ...told, details: { 0: detail } },
    { ...told, details: [null] },
    { ...told, details: [detail, { ...detail, title: 1 }] },
    { ...told, details: [{ ...detail, source: 1 }, detail] },
    { ...told, details: [{ ...detail, message: undefined }] },
  ])('UNEXPECTED instead for %j', (body) => {
    expect(refused(body)).toMatchObject({ code: 'UNEXPECTED', status: 400, correlationId: 'mine' });
  });
});
