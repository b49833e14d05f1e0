import { createClient } from '../../package/client/client.ts';
import { readSignInConfig, requireSecurePage, resumeSession, type SignInConfig, signIn } from '../shared/sign-in.ts';
import { appList } from './app-list.ts';
import { appView } from './app-view.ts';
import { labelled } from './dialog.ts';
import { button, element, requireElement } from './element.ts';
import { forgetPrincipal, previousPrincipal } from './last-principal.ts';
import { complain, say, sayNothing } from './notices.ts';

/** What gets an access token, and what is done to forget it. */
interface Access {
  readonly token: () => string | Promise<string>;
  readonly leave: { readonly words: string; readonly run: () => void };
}

const main = requireElement('main');
const who = requireElement('who');
const signInConfig = readSignInConfig();

/** Asks who somebody is. A token is held by the closures of what is shown, and nowhere else. */
function askWho(): void {
  const content = signInConfig
    ? [signInForm(signInConfig), element('details', {}, element('summary', {}, 'Use an access token'), tokenForm())]
    : [tokenForm()];
  who.replaceChildren();
  main.className = '';
  main.replaceChildren(element('div', { class: 'sign-in' }, element('h1', {}, 'Your keys'), ...content));
  main.querySelector<HTMLElement>('button, input')?.focus();
}

function signInForm(config: SignInConfig): HTMLElement {
  const start = button(
    'Sign in',
    () => {
      say('Waiting for the identity provider…');
      signIn(config).catch(complain);
    },
    { class: 'primary' },
  );
  return element(
    'div',
    {},
    element('p', { class: 'description' }, 'Sign in to see your applications and their keys.'),
    start,
  );
}

function tokenForm(): HTMLElement {
  const field = element('input', { type: 'password', required: true, autocomplete: 'off', spellcheck: 'false' });
  const form = element(
    'form',
    {},
    element(
      'p',
      { class: 'description' },
      'Paste an access token to see the applications that it may see, and their keys.',
    ),
    labelled('Access token', field, 'It is kept in memory only: reload the page, and it is forgotten.'),
    element('button', { type: 'submit', class: signInConfig ? '' : 'primary' }, 'Open'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const token = field.value.trim();
    openWith({ token: () => token, leave: { words: 'Forget token', run: askWho } }).catch(complain);
  });
  return form;
}

/** @returns who the token is of */
async function openWith(access: Access): Promise<string> {
  requireSecurePage();
  const appkeys = createClient({ url: new URL('.', location.href).href, token: access.token });
  const { principal } = await appkeys.listApps({ limit: 1 });
  sayNothing();
  const view = element('div', { class: 'view' });
  const viewer = { principal, leave: () => void openWith(access).catch(complain) };
  main.className = 'opened';
  main.replaceChildren(
    appList(appkeys, (app) => view.replaceChildren(appView(appkeys, app, viewer))),
    view,
  );
  who.replaceChildren(element('span', {}, principal), button(access.leave.words, access.leave.run));
  return principal;
}

// The view hears it itself: a listener of the document's would keep a view that is gone, and the token with it.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') main.querySelector('.app')?.dispatchEvent(new Event('outdated'));
});

/** Shows that nobody is signed in, whether or not the page is left for the identity provider then. */
function forget(): void {
  forgetPrincipal();
  askWho();
  say('You are signed out here. The identity provider may still know you.');
}

/** Goes on with the session that the identity provider knows, or asks. */
async function begin(): Promise<void> {
  if (!signInConfig) return askWho();
  main.replaceChildren(element('p', { class: 'waiting' }, 'Signing in…'));
  const session = await resumeSession(signInConfig, askAgain);
  if (!session) return askWho();
  const signOut = () => void session.signOut(forget).catch(complain);
  const principal = await openWith({ token: session.token, leave: { words: 'Sign out', run: signOut } });
  const previous = previousPrincipal(principal);
  if (previous !== undefined) say(`You are signed in as ${principal} now, no longer as ${previous}.`);
}

function askAgain(why: unknown): void {
  askWho();
  complain(why);
}

begin().catch(askAgain);
