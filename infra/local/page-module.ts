import { buildLocalPage } from './local-pages.ts';

/** The module `page:{name}` of a function that runs as TypeScript, where no bundler makes it. */
export const page = await buildLocalPage(new URL(import.meta.url).searchParams.get('name') ?? '');
