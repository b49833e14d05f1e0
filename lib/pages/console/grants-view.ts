import { type App, AppkeysError, type Client } from '../../package/client/client.ts';
import { ask, labelled } from './dialog.ts';
import { button, element } from './element.ts';
import { complain, say } from './notices.ts';

/** Who looks at the page. */
export interface Viewer {
  readonly principal: string;
  /** what follows when they have given up their own rights */
  readonly leave: () => void;
}

const rights = ['read', 'write', 'manage'] as const;
type Right = (typeof rights)[number];

/** Who has which rights on an application, for those who may manage that. All others can give up their own rights. */
export function grantsView(appkeys: Client, { hrn: app, name }: App, viewer: Viewer): HTMLElement {
  const view = element('section', { class: 'grants', 'aria-labelledby': 'grants-title' });
  const title = element('h2', { id: 'grants-title' }, 'Who has rights');

  const refresh = async () => {
    const grants = await managedGrants(appkeys, app);
    view.replaceChildren(title, ...(grants ? managed(grants) : [leaveButton()]));
  };
  const managed = (grants: readonly Grant[]) => [
    element('ul', {}, ...grants.map(entry)),
    button('Grant rights', () => askForGrant(appkeys, app, refresh), { id: 'grant' }),
  ];
  const entry = ({ principal, actions }: Grant) =>
    element(
      'li',
      {},
      element('code', {}, principal),
      element('span', {}, actions.join(', ')),
      button('Remove', () => remove(principal), {
        id: `remove-${encodeURIComponent(principal)}`,
        'aria-label': `Remove the rights of ${principal}`,
      }),
    );
  const leaveButton = () => button('Give up my rights', () => remove(viewer.principal), { id: 'leave' });
  const remove = (principal: string) => {
    let hasLeft = false;
    ask({
      title: `Remove the rights of “${principal}”?`,
      content: [element('p', {}, `The grant on “${name}” ends at once. Rights in tokens stay.`)],
      action: 'Remove rights',
      isDangerous: true,
      refresh: async () => {
        if (!hasLeft) await refresh();
      },
      run: async () => {
        await appkeys.deleteGrant({ app, principal });
        hasLeft = principal === viewer.principal;
        return () => (hasLeft ? viewer.leave() : say(`“${principal}” has no grant any more.`));
      },
    });
  };

  view.addEventListener('outdated', () => refresh().catch(complain));
  refresh().catch(complain);
  return view;
}

interface Grant {
  readonly principal: string;
  readonly actions: readonly Right[];
}

/** @returns nothing when the viewer may not manage the application */
async function managedGrants(appkeys: Client, app: string): Promise<readonly Grant[] | undefined> {
  try {
    return (await appkeys.listGrants({ app })).items;
  } catch (error) {
    if (error instanceof AppkeysError && error.status === 403) return undefined;
    throw error;
  }
}

function askForGrant(appkeys: Client, app: string, refresh: () => Promise<void>): void {
  const field = element('input', { type: 'text', required: true, autocomplete: 'off', spellcheck: 'false' });
  const select = element('select', {}, ...rights.map((right) => element('option', { value: right }, right)));
  ask({
    title: 'Grant rights',
    content: [
      labelled('Principal', field, 'The “sub” of its tokens. What it had before is replaced.'),
      labelled('Rights', select, 'Each right includes those before it.'),
    ],
    action: 'Grant',
    refresh,
    run: async () => {
      const { principal, actions } = await appkeys.putGrant({
        app,
        principal: field.value,
        actions: [select.value as Right],
      });
      return () => say(`“${principal}” has ${actions.join(', ')}.`);
    },
  });
}
