import { stop } from 'esbuild';
import type { WebPage } from '../../lib/service/http/web-page.ts';
import { buildPage } from '../scripts/pages.ts';

let underWay = 0;

/** Builds a page. After the last build, it stops esbuild's process, which would otherwise keep this process running. */
export async function buildLocalPage(name: string): Promise<WebPage> {
  underWay += 1;
  try {
    return await buildPage(name);
  } finally {
    underWay -= 1;
    if (underWay === 0) await stop();
  }
}
