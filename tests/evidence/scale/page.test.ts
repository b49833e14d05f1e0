import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as computed from './tables.ts';

const page = readFileSync('docs/scale.md', 'utf8');
const shown = page.match(/(?:^\|.*\n)+/gm);
const { cacheTable, ...tables } = computed;

it.each(Object.entries(tables))('the page shows %s as it is computed', (_, table) => {
  expect(shown).toContain(table);
});

it('the page shows what the simulation counts', async () => {
  expect(shown).toContain(await cacheTable());
});
