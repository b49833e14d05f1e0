import { stop } from 'esbuild';
import { buildPage } from '../pages.ts';

/** The module `page:{name}` of a function that runs as TypeScript, where no bundler makes it. */
export const page = await buildPage(new URL(import.meta.url).searchParams.get('name') ?? '');

// esbuild's process is needed for this only.
await stop();
