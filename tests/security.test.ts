import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { testTitlesIn } from './support/test-titles.ts';

const page = readFileSync(new URL('../docs/security.md', import.meta.url), 'utf8');
/** The threats of the page, by their numbers. */
const threats = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, number = '']) => number);
const files = globSync('**/*.test.ts', { cwd: import.meta.dirname });
const titles = files.flatMap((file) => testTitlesIn(readFileSync(new URL(file, import.meta.url), 'utf8')));
const named = new Set(titles.flatMap(threatsIn));

/** @returns the numbers in a test's title: `security 7: …`, `security 14 and 15: …` */
function threatsIn(title: string): string[] {
  const [, one, other] = /^security (\d+)(?: and (\d+))?: /.exec(title) ?? [];
  return [one, other].filter((number) => number !== undefined);
}

it('the page numbers its threats in ascending order, each once', () => {
  expect(threats.length).toBeGreaterThan(0);
  expect(threats).toEqual([...new Set(threats.map(Number))].toSorted((one, other) => one - other).map(String));
});

it.each(threats)('threat %s has a test whose title names it', (threat) => expect(named).toContain(threat));

it('no test names a threat that is not on the page', () => {
  expect([...named].filter((threat) => !threats.includes(threat))).toEqual([]);
});

describe('a threat is not named', () => {
  it.each([
    "// security 1: a comment\nit('x', () => {});",
    "it.skip('security 1: skipped', () => {});",
    "it.todo('security 1: to come');",
    "describe.skip('x', () => { it.each([1])('security 1: in a skipped group', () => {}); });",
    "const text = 'security 1: no title';",
    "it('x', () => { expect('security 1: no title'); });",
  ])('by %j', (text) => expect(testTitlesIn(text).flatMap(threatsIn)).toEqual([]));

  it.each([
    "it('security 1: x', () => {});",
    "describe('security 1: x', () => {});",
    "it.each([1])('security 1: x', () => {});",
    'it.runIf(true)(`security 1: x`, () => {});',
  ])('but by %j it is', (text) => expect(testTitlesIn(text).flatMap(threatsIn)).toEqual(['1']));
});
