import { describe, expect, it } from 'vitest';
import { headersOf, idIn, isId } from '../../lib/base/headers.ts';

describe('headers', () => {
  it.each<[string, Parameters<typeof headersOf>[0], [string, string[]][]]>([
    [
      'with all their values',
      { multiValueHeaders: { 'X-A': ['1', '2'], B: ['3'] } },
      [
        ['x-a', ['1', '2']],
        ['b', ['3']],
      ],
    ],
    ['whose names differ in case', { multiValueHeaders: { a: ['1'], A: ['2', '3'] } }, [['a', ['1', '2', '3']]]],
    ['as one value each', { headers: { 'X-A': '1' }, multiValueHeaders: null }, [['x-a', ['1']]]],
    ['as one value each, beside an empty list', { headers: { a: '1' }, multiValueHeaders: {} }, [['a', ['1']]]],
    [
      'as values rather than as one each',
      { headers: { a: '1', b: '2' }, multiValueHeaders: { a: ['3'] } },
      [['a', ['3']]],
    ],
    ['without a value', { headers: { a: undefined, b: [] } }, []],
    ['that are not there', { headers: null }, []],
    ['of nothing', {}, []],
  ])('%s', (_, event, expected) => {
    expect([...headersOf(event)]).toEqual(expected);
  });
});

describe('an id', () => {
  it.each(['!', '~', 'a'.repeat(128)])('may be %j', (id) => {
    expect(isId(id)).toBe(true);
    expect(idIn(new Map([['x-id', [id]]]), 'x-id')).toBe(id);
  });

  it.each([
    '',
    ' ',
    'a b',
    'a\n',
    ' a',
    '\u007f',
    'é',
    'a'.repeat(129),
    `ak_app_${'x'.repeat(49)}`,
    `?key=ak%5Fapp_${'x'.repeat(49)}&`,
  ])('may not be %j', (id) => {
    expect(isId(id)).toBe(false);
    expect(idIn(new Map([['x-id', [id]]]), 'x-id')).toBeUndefined();
  });

  it.each([[[]], [['a', 'b']]])('is not in %j', (ids) => {
    expect(idIn(new Map([['x-id', ids]]), 'x-id')).toBeUndefined();
  });

  it('is not in another header', () => {
    expect(idIn(new Map([['x-other', ['a']]]), 'x-id')).toBeUndefined();
  });
});
