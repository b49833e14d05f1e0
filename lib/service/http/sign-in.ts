import type { SignInSettings } from '../settings.ts';
import type { WebPage } from './web-page.ts';

/** Puts the settings of the sign-in into a page, and into a file beside it, for the command line. */
export function withSignIn(page: WebPage, signIn: SignInSettings | undefined): WebPage {
  if (!signIn) return page;
  return {
    html: page.html.replace('<body', () => `<body data-sign-in="${escaped(JSON.stringify(signIn))}"`),
    files: { ...page.files, 'sign-in.json': JSON.stringify(signIn) },
    signInOrigin: new URL(signIn.endpoints.token).origin,
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
