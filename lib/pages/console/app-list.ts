import type { App, Client } from '../../package/client/client.ts';
import { button, element } from './element.ts';
import { complain, sayNothing } from './notices.ts';

const most = 1_000;

/** Whether there is more to load; a full list is not whole. */
type State = 'loading' | 'failed' | 'full' | 'whole';

export interface AppList {
  readonly view: HTMLElement;
  /** ends when the first page is loaded; others can follow */
  readonly begun: Promise<void>;
  readonly find: (id: string) => App | undefined;
  readonly first: () => App | undefined;
  /** whether it is known that there is no application */
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
  const title = element('h1', { tabindex: '-1' }, 'Applications');
  const again = button('Try again', () => loadAgain(), { hidden: true });
  const begun = Promise.withResolvers<void>();
  let current: string | undefined;
  let pageToken: string | undefined;
  let state: State = 'loading';
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
    list.replaceChildren(...found.map(entry), ...(found.length > 0 || state === 'whole' ? [] : elsewhere(text)));
    if (focused) list.querySelector<HTMLElement>(`[href="${focused}"]`)?.focus();
    count.replaceChildren(wordsFor(found.length, apps.size, wanted !== '', state));
    search.hidden = apps.size === 0;
    again.hidden = state !== 'failed';
  };
  /** What is not loaded can be opened by its ID. */
  const elsewhere = (text: string) =>
    /^[A-Za-z0-9]{1,64}$/.test(text)
      ? [element('li', {}, element('a', { href: `#${text}` }, 'Open the application with this ID'))]
      : [];
  const load = async () => {
    do {
      const page = await appkeys.listApps(pageToken === undefined ? {} : { pageToken });
      for (const app of page.items) apps.set(app.clientId, app);
      prefix ||= page.items[0] ? prefixOf(page.items[0]) : '';
      make.hidden = !page.mayCreate;
      pageToken = page.pageToken;
      if (pageToken === undefined) state = 'whole';
      else if (apps.size >= most) state = 'full';
      show();
      begun.resolve();
    } while (state === 'loading');
  };
  const fail = (error: unknown) => {
    state = 'failed';
    show();
    if (view.isConnected) complain(error);
  };
  /** What is loaded stays, and the rest follows. */
  const loadAgain = () => {
    sayNothing();
    state = 'loading';
    show();
    title.focus();
    load().catch(fail);
  };

  search.addEventListener('input', show);
  const view = element(
    'nav',
    { class: 'apps', 'aria-label': 'Applications' },
    element('div', { class: 'heading' }, title, make),
    search,
    count,
    again,
    list,
  );
  view.addEventListener('keydown', (event) => moveFocus(event, [search, ...list.querySelectorAll('a')]));
  load().catch(fail);
  return {
    view,
    begun: begun.promise,
    find: (id) => apps.get(id),
    first: () => apps.values().next().value,
    isEmpty: () => apps.size === 0 && state === 'whole',
    hrnOf: (id) => apps.get(id)?.hrn ?? (prefix === '' ? undefined : `${prefix}${id}`),
    mark: (id) => {
      current = id;
      for (const link of list.querySelectorAll('a')) {
        const isCurrent = link.hash.slice(1) === id;
        if (isCurrent) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
        if (isCurrent) scrollTo(link, view);
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

function wordsFor(found: number, loaded: number, isSearch: boolean, state: State): string {
  const all = loaded.toLocaleString('en');
  if (state === 'loading') return loaded === 0 ? 'Loading…' : `Loading… ${all}`;
  if (state === 'failed') return failureWords(isSearch ? `${found} of ${all}` : all, loaded);
  if (loaded === 0) return 'There is no application that you may see.';
  if (state === 'whole')
    return isSearch ? `${found} of ${all}` : `${all} ${loaded === 1 ? 'application' : 'applications'}`;
  return isSearch
    ? `${found} of the first ${all}. To open another one, type its ID.`
    : `Only the first ${all} are listed.`;
}

function failureWords(shown: string, loaded: number): string {
  return loaded === 0
    ? 'The applications could not be loaded.'
    : `Only ${shown} applications are loaded. The others could not be loaded.`;
}

/** Shows a link that its list has scrolled away. `scrollIntoView` would let Tab go on from there. */
function scrollTo(link: HTMLElement, scrolled: HTMLElement): void {
  const { top, bottom } = link.getBoundingClientRect();
  const seen = scrolled.getBoundingClientRect();
  if (top < seen.top || bottom > seen.bottom) scrolled.scrollBy(0, top - seen.top - seen.height / 2);
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
