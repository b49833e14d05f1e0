import type { App, Client } from '../../package/client/client.ts';
import { button, element } from './element.ts';
import { complain } from './notices.ts';

const most = 1_000;

export interface AppList {
  readonly view: HTMLElement;
  /** ends when all applications are loaded, or as many as the list holds */
  readonly loaded: Promise<void>;
  readonly find: (id: string) => App | undefined;
  readonly first: () => App | undefined;
  readonly isEmpty: () => boolean;
  /** the HRN of an application by its ID, which need not be in the list; undefined if the realm is not known */
  readonly hrnOf: (id: string) => string | undefined;
  /** marks the application that is shown */
  readonly mark: (id: string | undefined) => void;
  /** shows an application under its name of now, a new one first */
  readonly put: (app: App) => void;
  readonly remove: (id: string) => void;
}

/** The applications that the token's principal may see, in the order of the service, to search and to choose from. */
export function appList(appkeys: Client, create: () => void): AppList {
  const apps = new Map<string, App>();
  const list = element('ul', {}, ...Array.from({ length: 5 }, () => element('li', { class: 'skeleton' })));
  const search = element('input', { type: 'search', placeholder: 'Search', 'aria-label': 'Search applications' });
  const count = element('p', { class: 'description', role: 'status' });
  const make = button('New application', create, { id: 'new-app', hidden: true });
  let current: string | undefined;
  let isWhole = false;
  /** what all HRNs of a realm begin with */
  let prefix = '';

  const entry = ({ clientId, name, status }: App) =>
    element(
      'li',
      {},
      element(
        'a',
        { href: `#${clientId}`, 'aria-current': clientId === current && 'true' },
        element('span', { dir: 'auto' }, name),
        element('small', {}, clientId),
        status === 'active' ? undefined : element('small', { class: 'off' }, 'Deactivated'),
      ),
    );
  const show = () => {
    const text = search.value.trim().replace(/^hrn:.*\//, '');
    const wanted = text.toLocaleLowerCase();
    const found = [...apps.values()].filter(({ name, clientId }) =>
      `${name}\n${clientId}`.toLocaleLowerCase().includes(wanted),
    );
    const focused = list.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : undefined;
    list.replaceChildren(...found.map(entry), ...(found.length > 0 || isWhole ? [] : elsewhere(text)));
    if (focused) list.querySelector<HTMLElement>(`[href="${focused}"]`)?.focus();
    count.replaceChildren(wordsFor(found.length, apps.size, wanted !== '', isWhole));
    search.hidden = apps.size === 0;
  };
  /** What is not loaded can be opened by its ID. */
  const elsewhere = (text: string) =>
    /^[A-Za-z0-9]{1,64}$/.test(text)
      ? [element('li', {}, element('a', { href: `#${text}` }, 'Open the application with this ID'))]
      : [];
  const load = async () => {
    let pageToken: string | undefined;
    do {
      const page = await appkeys.listApps(pageToken === undefined ? {} : { pageToken });
      for (const app of page.items) apps.set(app.clientId, app);
      prefix ||= page.items[0] ? prefixOf(page.items[0]) : '';
      make.hidden = !page.mayCreate;
      pageToken = page.pageToken;
      isWhole = pageToken === undefined;
      show();
    } while (pageToken !== undefined && apps.size < most);
  };
  const removeSkeletons = (error: unknown) => {
    list.replaceChildren();
    complain(error);
  };

  search.addEventListener('input', show);
  const view = element(
    'nav',
    { class: 'apps', 'aria-label': 'Applications' },
    element('div', { class: 'heading' }, element('h1', { tabindex: '-1' }, 'Applications'), make),
    search,
    count,
    list,
  );
  view.addEventListener('keydown', (event) => moveFocus(event, [search, ...list.querySelectorAll('a')]));
  return {
    view,
    loaded: load().catch(removeSkeletons),
    find: (id) => apps.get(id),
    first: () => apps.values().next().value,
    isEmpty: () => apps.size === 0,
    hrnOf: (id) => apps.get(id)?.hrn ?? (prefix === '' ? undefined : `${prefix}${id}`),
    mark: (id) => {
      current = id;
      for (const link of list.querySelectorAll('a')) {
        if (link.hash.slice(1) === id) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      }
    },
    put: (app) => {
      const known = apps.get(app.clientId);
      const others = [...apps].filter(([id]) => id !== app.clientId);
      if (known) {
        apps.set(app.clientId, app);
        if (known.name === app.name && known.status === app.status) return;
      } else {
        prefix ||= prefixOf(app);
        apps.clear();
        for (const [id, other] of [[app.clientId, app] as const, ...others]) apps.set(id, other);
      }
      show();
    },
    remove: (id) => {
      apps.delete(id);
      show();
    },
  };
}

function prefixOf({ hrn }: App): string {
  return hrn.replace(/[^/]+$/, '');
}

function wordsFor(found: number, loaded: number, isSearch: boolean, isWhole: boolean): string {
  if (loaded === 0) return 'There is no application that you may see.';
  const all = loaded.toLocaleString('en');
  if (isWhole) return isSearch ? `${found} of ${all}` : `${all} ${loaded === 1 ? 'application' : 'applications'}`;
  if (loaded < most) return `Loading… ${all}`;
  return isSearch
    ? `${found} of the first ${all}. To open another one, type its ID.`
    : `Only the first ${all} are listed.`;
}

/** The arrow keys go from one to the next; Home and End to the first and the last. */
function moveFocus(event: KeyboardEvent, stops: readonly HTMLElement[]): void {
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const to = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: at > 0 ? 1 : undefined,
    End: at > 0 ? stops.length - 1 : undefined,
  }[event.key];
  const stop = to === undefined || at < 0 ? undefined : stops[to];
  if (!stop) return;
  event.preventDefault();
  stop.focus();
}
