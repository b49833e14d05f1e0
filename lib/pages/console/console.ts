import { createClient } from '../../package/client/client.ts';
import { takeDemoToken } from '../shared/demo-token.ts';
import { appList } from './app-list.ts';
import { appView } from './app-view.ts';
import { labelled } from './dialog.ts';
import { button, element, requireElement } from './element.ts';
import { complain, sayNothing } from './notices.ts';

const main = requireElement('main');
const who = requireElement('who');

/** Asks for a token. It is held by the closures of what is shown, and nowhere else. */
function showSignIn(): void {
  const field = element('input', {
    type: 'password',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    autofocus: true,
  });
  const form = element(
    'form',
    { class: 'sign-in' },
    element('h1', {}, 'Your keys'),
    element(
      'p',
      { class: 'description' },
      'Paste an access token to see the applications that it may see, and their keys.',
    ),
    labelled('Access token', field, 'It is kept in memory only: reload the page, and it is forgotten.'),
    element('button', { type: 'submit', class: 'primary' }, 'Open'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    openWith(field.value.trim()).catch(complain);
  });
  who.replaceChildren();
  main.className = '';
  main.replaceChildren(form);
  field.focus();
}

async function openWith(token: string): Promise<void> {
  const appkeys = createClient({ url: new URL('.', location.href).href, token });
  const { principal } = await appkeys.listApps({ limit: 1 });
  sayNothing();
  const view = element('div', { class: 'view' });
  const viewer = { principal, leave: () => void openWith(token).catch(complain) };
  main.className = 'opened';
  main.replaceChildren(
    appList(appkeys, (app) => view.replaceChildren(appView(appkeys, app, viewer))),
    view,
  );
  who.replaceChildren(element('span', {}, principal), button('Forget token', showSignIn));
}

// The view hears it itself: a listener of the document's would keep a view that is gone, and the token with it.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') main.querySelector('.app')?.dispatchEvent(new Event('outdated'));
});

showSignIn();
const demoToken = takeDemoToken();
if (demoToken) openWith(demoToken).catch(complain);
