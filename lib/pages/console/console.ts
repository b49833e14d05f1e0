import { type App, createClient } from '../../package/client/client.ts';
import { schemeSwitch } from '../shared/scheme.ts';
import { readSignInConfig, requireSecurePage, resumeSession, type SignInConfig, signIn } from '../shared/sign-in.ts';
import { askForNewApp } from './app-dialogs.ts';
import { appList } from './app-list.ts';
import { appView, nothingChosen } from './app-view.ts';
import { closeDialogs, labelled } from './dialog.ts';
import { button, element, focusAgain, requireElement } from './element.ts';
import { forgetPrincipal, previousPrincipal } from './last-principal.ts';
import { complain, say, sayNothing } from './notices.ts';
import type { Viewer } from './people-view.ts';

/** What gets an access token, and what is done to forget it. */
interface Access {
  readonly token: () => string | Promise<string>;
  readonly leave: { readonly words: string; readonly run: () => void };
}

const main = requireElement('main');
const who = requireElement('who');
const signInConfig = readSignInConfig();
/** ends what belongs to the applications that are shown */
let opened: AbortController | undefined;

requireElement('scheme').replaceWith(schemeSwitch());
requireElement('skip').addEventListener('click', (event) => {
  event.preventDefault();
  focusAgain('');
});

/** Asks who somebody is. A token is held by the closures of what is shown, and nowhere else. */
function askWho(): void {
  const content = signInConfig
    ? [signInForm(signInConfig), element('details', {}, element('summary', {}, 'Use an access token'), tokenForm())]
    : [tokenForm()];
  opened?.abort();
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
  const { principal, mayCreate } = await appkeys.listApps({ limit: 1 });
  sayNothing();
  const view = element('div', { class: 'view', id: 'view' });
  const create = () =>
    askForNewApp(appkeys, (app) => {
      list.put(app);
      location.hash = app.clientId;
    });
  const list = appList(appkeys, create);
  const viewer: Viewer = { principal, leave: () => leaveApp() };
  const leaveApp = () => {
    history.replaceState(null, '', location.pathname);
    openWith(access).catch(complain);
  };
  const gone = (app: App) => {
    list.remove(app.clientId);
    // As a change of the hash would, but what is said of the deletion stays, and "Back" does not lead there.
    history.replaceState(null, '', location.pathname);
    open();
  };
  const open = () => {
    const id = chosenId();
    const app = list.find(id);
    const hrn = list.hrnOf(id);
    list.mark(id);
    main.classList.toggle('chosen', id !== '');
    document.title = app ? `${app.name} – appkeys` : 'appkeys: keys';
    view.replaceChildren(
      id === '' || hrn === undefined
        ? nothingChosen(list.isEmpty(), mayCreate ? create : undefined)
        : appView(appkeys, hrn, app, viewer, { changed: showChanged, gone }),
    );
  };
  const showChanged = (app: App) => {
    list.put(app);
    if (chosenId() === app.clientId) document.title = `${app.name} – appkeys`;
  };
  opened?.abort();
  opened = new AbortController();
  const { signal } = opened;
  const follow = () => {
    sayNothing();
    closeDialogs();
    open();
    focusAgain('');
    view.scrollTo(0, 0);
  };
  window.addEventListener('hashchange', follow, { signal });
  main.className = 'opened';
  main.replaceChildren(list.view, view);
  who.replaceChildren(element('span', { dir: 'auto' }, principal), button(access.leave.words, access.leave.run));
  list.begun.then(() => {
    if (signal.aborted) return;
    if (chosenId() === '') openOwn(list.first(), principal);
    open();
  });
  return principal;
}

/** @returns the ID of the application that the page's address names; an address may have other things there */
function chosenId(): string {
  return /^#([A-Za-z0-9]{1,64})$/.exec(location.hash)?.[1] ?? '';
}

/** Nothing is opened by itself that somebody else created. A narrow window shows the list. */
function openOwn(first: App | undefined, principal: string): void {
  const isWide = matchMedia('(min-width: 821px)').matches;
  if (isWide && first?.createdBy === principal) history.replaceState(null, '', `#${first.clientId}`);
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
