import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const files = globSync('**/*.test.ts', { cwd: import.meta.dirname });
const texts = files.map((file) => readFileSync(new URL(file, import.meta.url), 'utf8')).join('\n');
const named = [...texts.matchAll(/security (\d+)(?: and (\d+))?/g)].flatMap(([, one, other]) => [one, other]);
/** The requirements of the security page, by their numbers. */
const rows = Array.from({ length: 25 }, (_, index) => String(index + 1));

it.each(rows)('requirement %s has a test that names it', (row) => expect(named).toContain(row));

it('no test names a requirement that there is not', () => {
  expect(named.filter((row) => row !== undefined && !rows.includes(row))).toEqual([]);
});
