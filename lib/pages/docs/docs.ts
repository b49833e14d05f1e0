import { takeDemoToken } from '../shared/demo-token.ts';
import { snippetsPlugin } from './snippets-plugin.ts';

followColorScheme();
const tokenField = requireElement('token', HTMLInputElement);
const demoToken = takeDemoToken();

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
  plugins: [snippetsPlugin, ownServer],
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  validatorUrl: null,
  defaultModelsExpandDepth: -1,
  onComplete: () => {
    if (demoToken) useToken(demoToken);
    tokenField.value = demoToken ?? '';
    tokenField.addEventListener('input', () => useToken(tokenField.value.trim()));
  },
});

requireElement('credential', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());

/** An empty token is none: the request goes without. */
function useToken(value: string): void {
  const schema = { type: 'http', scheme: 'bearer' };
  reference.authActions.authorize({ bearer: { name: 'bearer', schema, value } });
  if (!value) reference.authActions.logout(['bearer']);
}

function followColorScheme(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
  dark.addEventListener('change', follow);
  follow();
}

function requireElement<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no ${id}.`);
  return found;
}
