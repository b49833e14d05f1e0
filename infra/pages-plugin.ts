import type { Plugin } from 'esbuild';
import { pages } from './pages.ts';

interface Serverless {
  readonly service: { readonly custom: { readonly esbuild: { plugins?: Plugin[] } } };
}

/** Builds the pages for people into the functions that serve them. */
export default class PagesPlugin {
  readonly hooks;

  constructor({ service }: Serverless) {
    this.hooks = {
      initialize: () => {
        service.custom.esbuild.plugins = [pages];
      },
    };
  }
}
