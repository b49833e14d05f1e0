import { expect, it } from 'vitest';
import { formatTable } from '../../../lib/package/cli/table.ts';

const linesOf = (...rows: string[][]) => formatTable(rows).split('\n');

it('puts columns under each other, two spaces apart, with none at the end', () => {
  expect(linesOf(['NAME', 'STATE', 'HRN'], ['ci', 'disabled', 'hrn:x'], ['deployment', '', ''])).toEqual([
    'NAME        STATE     HRN',
    'ci          disabled  hrn:x',
    'deployment',
  ]);
});

it('leaves out what a row does not have', () => {
  expect(linesOf(['a', 'b', 'c'], ['long'])).toEqual(['a     b  c', 'long']);
});

it('is empty without rows', () => {
  expect(formatTable([])).toBe('');
});

it.each(['漢字', 'ひら', 'カタ', '한글', '🔑🔑', 'ＡＢ'])('gives %s two columns a character', (wide) => {
  expect(linesOf([wide, 'x'], ['1234', 'x'], ['1', 'x'])).toEqual([`${wide}  x`, '1234  x', '1     x']);
});

it('counts a character outside of the basic plane once', () => {
  expect(linesOf(['𝒜', 'x'], ['12', 'x'])).toEqual(['𝒜   x', '12  x']);
});

it('shortens what has more than 100 characters', () => {
  expect(linesOf(['🔑'.repeat(100)], ['x'.repeat(101)], ['🔑'.repeat(101)])).toEqual([
    '🔑'.repeat(100),
    `${'x'.repeat(99)}…`,
    `${'🔑'.repeat(99)}…`,
  ]);
});

it('shows what a terminal could act on as an escape, and counts that', () => {
  expect(linesOf(['\n', 'x'], ['12345678', 'x'])).toEqual(['\\u000a    x', '12345678  x']);
});
