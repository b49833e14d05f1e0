import { buildLocalPage } from './local-pages.ts';

/** The module `page:{name}` for functions that run as TypeScript, without a bundler. */
export const page = await buildLocalPage(new URL(import.meta.url).searchParams.get('name') ?? '');
