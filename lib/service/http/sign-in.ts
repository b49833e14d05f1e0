import type { ConsoleSettings, StageSettings } from '../settings.ts';
import type { WebPage } from './web-page.ts';

/** Adds the sign-in settings to a page, and to a file beside it for the command line. */
export function withSignIn(page: WebPage, { exampleUrl: _, ...signIn }: ConsoleSettings = {}): WebPage {
  const { endpoints } = signIn;
  if (!endpoints) return page;
  return {
    html: withData(page.html, 'sign-in', JSON.stringify(signIn)),
    files: { ...page.files, 'sign-in.json': JSON.stringify(signIn) },
    signInOrigin: new URL(endpoints.token).origin,
  };
}

/** Tells a page how many API keys an application can have. */
export function withKeyLimit(page: WebPage, settings: Pick<StageSettings, 'keys'> | undefined): WebPage {
  return {
    ...page,
    html: page.html.replace('data-key-limit="2"', `data-key-limit="${settings?.keys.maxPerApp ?? 2}"`),
  };
}

/** @returns the page with a `data-` attribute of its body */
export function withData(html: string, name: string, value: string): string {
  return html.replace('<body', () => `<body data-${name}="${escaped(value)}"`);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
