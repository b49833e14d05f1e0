import { expect, it } from 'vitest';
import { handleOf } from '../../lib/domain/api-key-id.ts';
import { handleIn, overlapMsOf, parseSecretValue } from '../../lib/domain/secret-value.ts';
import { refusalOf } from '../support/apps.ts';

it("a value keeps the fields that are the user's own", () => {
  const value = { app: 'hrn', apiKeyId: 'key', overlapSeconds: 60, note: [1] };
  expect(parseSecretValue(JSON.stringify(value))).toEqual(value);
});

it.each([{}, { overlapSeconds: 0 }, { overlapSeconds: 31_536_000 }])('a value may have %j besides the app', (rest) => {
  expect(parseSecretValue(JSON.stringify({ app: 'hrn', ...rest }))).toEqual({ app: 'hrn', ...rest });
});

it.each([
  [undefined, '$', 'a JSON object'],
  ['', '$', 'a JSON object'],
  ['{', '$', 'a JSON object'],
  ['null', '$', 'a JSON object'],
  ['[]', '$', 'a JSON object'],
  ['"text"', '$', 'a JSON object'],
  ['{}', '$.app', 'is required'],
  ['{"app":1}', '$.app', 'the HRN'],
  ['{"app":"x","apiKeyId":null}', '$.apiKeyId', 'an API key'],
  ['{"app":"x","overlapSeconds":"60"}', '$.overlapSeconds', 'from 0 to 31536000'],
  ['{"app":"x","overlapSeconds":-1}', '$.overlapSeconds', 'from 0 to 31536000'],
  ['{"app":"x","overlapSeconds":0.5}', '$.overlapSeconds', 'a whole number'],
  ['{"app":"x","overlapSeconds":31536001}', '$.overlapSeconds', 'from 0 to 31536000'],
])('%s is rejected for its %s, which must be %s', (text, source, rule) => {
  const { code, parts } = refusalOf(() => parseSecretValue(text));
  expect(code).toBe(text === '{}' ? '400201' : '400200');
  expect(parts.details).toMatchObject([{ source, message: expect.stringContaining(rule) }]);
});

it('the key of a value is that of its apiKeyId, whatever HRN stands beside it', () => {
  expect(handleIn({ app: 'x', apiKeyId: 'key', apiKey: 'other' })).toBe(handleOf('key'));
  expect(handleIn({ app: 'x', apiKey: 'other' })).toBeUndefined();
});

it.each([
  [undefined, 43_200_000],
  [0, 0],
  [60, 60_000],
])('an overlap of %s seconds is %i ms', (overlapSeconds, ms) => {
  expect(overlapMsOf({ app: 'x', ...(overlapSeconds !== undefined && { overlapSeconds }) })).toBe(ms);
});
