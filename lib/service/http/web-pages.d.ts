declare module 'page:docs' {
  export const page: import('./web-page.ts').WebPage;
}

declare module 'page:console' {
  export const page: import('./web-page.ts').WebPage;
}
