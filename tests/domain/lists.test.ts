import { describe, expect, it, vi } from 'vitest';
import { oncePerList, parseList, requireNoFault } from '../../lib/domain/lists.ts';
import { refusalOf } from '../support/apps.ts';

const rule = { must: 'must be a letter', canonical: (text: string) => /^[a-z]$/i.exec(text)?.[0].toLowerCase() };
const title = 'Received invalid data.';

describe('a list', () => {
  it('has the canonical forms in its own order', () => {
    expect(parseList('letters', ['b', 'A', 'c'], rule)).toEqual(['b', 'a', 'c']);
    expect(parseList('letters', [], rule)).toEqual([]);
  });

  it('400200 with the path of each element that is wrong, or is there already', () => {
    const refusal = refusalOf(() => parseList('letters', ['a', '1', 'b', 'A', '1', 'a'], rule));
    expect(refusal).toMatchObject({ code: '400200' });
    expect(refusal.parts).toEqual({
      details: [
        { title, source: '$.letters[1]', message: 'must be a letter' },
        { title, source: '$.letters[3]', message: 'is in the list already' },
        { title, source: '$.letters[4]', message: 'must be a letter' },
        { title, source: '$.letters[5]', message: 'is in the list already' },
      ],
    });
  });

  it('is parsed once, however often it is asked for, without its wrong elements', () => {
    const parse = vi.fn(rule.canonical);
    const parsed = oncePerList(parse);
    const list = ['A', '1'];
    expect([parsed(list), parsed(list)]).toEqual([['a'], ['a']]);
    expect(parse).toHaveBeenCalledTimes(2);
  });

  it('is right where there is no fault', () => {
    expect(() => requireNoFault('letters', [undefined, undefined])).not.toThrow();
    expect(refusalOf(() => requireNoFault('letters', [undefined, 'is wrong'])).parts).toEqual({
      details: [{ title, source: '$.letters[1]', message: 'is wrong' }],
    });
  });
});
