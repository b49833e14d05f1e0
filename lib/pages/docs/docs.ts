import { schemeSwitch } from '../shared/scheme.ts';
import {
  readSignInConfig,
  resumeSession,
  type Session,
  type SignInConfig,
  SignInError,
  signIn,
} from '../shared/sign-in.ts';
import { calmPlugin } from './calm-plugin.ts';
import { appWithFreeSlot } from './own-app.ts';
import { fillIn, ownAppPlugin } from './own-app-plugin.ts';
import { snippetsPlugin } from './snippets-plugin.ts';

requireElement('scheme', HTMLElement).replaceWith(
  schemeSwitch((isDark) => document.documentElement.classList.toggle('dark-mode', isDark)),
);
const tokenField = requireElement('token', HTMLInputElement);
const note = requireElement('token-note', HTMLElement);
const tokenEntry = requireElement('token-entry', HTMLElement);
const button = requireElement('sign-in', HTMLButtonElement);
const filled = requireElement('filled', HTMLElement);
const filledMs = 8_000;
const keyLimit = Number(document.body.dataset.keyLimit);
let session: Session | undefined;
let isSignedIn = false;

const config = readSignInConfig();
if (config) followSession(config).catch(tellOfSignIn);

/** Try It asks where the page came from, which may be a proxy in front of the deployment that the document names. */
const ownServer = {
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (update: (document: object) => object) => (document: object) =>
          update({ ...document, servers: [{ url: '.' }] }),
      },
    },
  },
};

const reference = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reference',
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [calmPlugin, snippetsPlugin, ownAppPlugin, ownServer],
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  validatorUrl: null,
  defaultModelsExpandDepth: -1,
  requestInterceptor: withSessionToken,
  onComplete: () => {
    tokenField.addEventListener('input', () => useToken(tokenField.value.trim()));
    tokenField.addEventListener('change', () => useOwnApp(tokenField.value.trim()));
  },
});

requireElement('credential', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());

/** An empty token is none: the request goes without. */
function useToken(value: string): void {
  const schema = { type: 'http', scheme: 'bearer' };
  reference.authActions.authorize({ bearer: { name: 'bearer', schema, value } });
  if (!value) reference.authActions.logout(['bearer']);
}

/** Fills in an application of the user's own, so that Generate can be tried at once. */
async function useOwnApp(token: string): Promise<void> {
  const app = token === '' ? undefined : await appWithFreeSlot(token, keyLimit);
  if (!app) return;
  fillIn(app.hrn);
  filled.textContent = `The calls name “${app.name}”, which has a free slot.`;
  setTimeout(() => filled.replaceChildren(), filledMs);
}

/** Lets people sign in or out. A token that is typed in wins. */
async function followSession(config: SignInConfig): Promise<void> {
  button.addEventListener('click', () => {
    if (isSignedIn) session?.signOut(forget).catch(tellOfSignIn);
    else signIn(config).catch(tellOfSignIn);
  });
  const { textContent: usual } = note;
  tokenEntry.hidden = true;
  note.textContent = 'Signing in…';
  session = await resumeSession(config, tellOfSignIn);
  if (!session) return show(false, usual);
  show(true, 'You are signed in.');
  await useOwnApp(await session.token());
}

/** Shows that nobody is signed in, whether or not the page is left for the identity provider then. */
function forget(): void {
  session = undefined;
  show(false, 'You are signed out here. The identity provider may still know you.');
}

function show(isIn: boolean, words: string): void {
  isSignedIn = isIn;
  button.textContent = isIn ? 'Sign out' : 'Sign in';
  tokenEntry.hidden = isIn;
  button.hidden = false;
  note.textContent = words;
}

function tellOfSignIn(error: unknown): void {
  if (!(error instanceof SignInError)) throw error;
  show(false, error.message);
}

/** Each request has a token that is valid now. */
async function withSessionToken(request: SwaggerRequest): Promise<SwaggerRequest> {
  if (!session || request.headers.Authorization !== undefined || request.loadSpec) return request;
  try {
    const token = await session.token();
    if (!isSignedIn) show(true, 'You are signed in.');
    return { ...request, headers: { ...request.headers, Authorization: `Bearer ${token}` } };
  } catch (error) {
    tellOfSignIn(error);
    return request;
  }
}

function requireElement<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no ${id}.`);
  return found;
}
