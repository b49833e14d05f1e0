import { expect, it } from 'vitest';
import { formatLogLine, formatWhy } from '../lib/log.ts';

it.each<[string, unknown, string | undefined]>([
  ['nothing', undefined, undefined],
  ['a text', 'late', 'late'],
  ['an error', new TypeError('late'), 'TypeError: late'],
  ['an error with a code', Object.assign(new Error('late'), { code: 'ELATE' }), 'ELATE: late'],
  ['an error with a number for a code', Object.assign(new Error('late'), { code: 7 }), 'Error: late'],
  ['no error', { message: 'late' }, 'something that is no Error was thrown'],
])('the reason of %s in one line', (_, why, expected) => {
  expect(formatWhy(why)).toBe(expected);
});

it('a record has no character that ends a line', () => {
  expect(formatLogLine({ name: 'a\nb\u2028c\u2029d' })).toBe('{"name":"a\\nb\\u2028c\\u2029d"}');
});
