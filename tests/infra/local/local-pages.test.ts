import { expect, it } from 'vitest';
import { buildLocalPage } from '../../../infra/local/local-pages.ts';

it('pages that are built at once are all finished, again and again, though esbuild ends in between', async () => {
  for (let round = 0; round < 3; round += 1) {
    const pages = await Promise.all(['console', 'docs', 'console', 'docs'].map(buildLocalPage));
    for (const { html } of pages) expect(html).toMatch(/^<!doctype html>/);
  }
});
