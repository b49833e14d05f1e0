import type { App, Client } from '../../package/client/client.ts';
import { button, element } from './element.ts';
import { complain } from './notices.ts';

/** The applications that the token's principal may see, page by page, in the order of the service. The first is chosen. */
export function appList(appkeys: Client, choose: (app: App) => void): HTMLElement {
  const list = element('ul');
  const more = button('More applications', () => loadMore().catch(complain), { hidden: true, class: 'more' });
  let pageToken: string | undefined;
  const load = async () => {
    const page = await appkeys.listApps(pageToken === undefined ? {} : { pageToken });
    const isFirst = list.childElementCount === 0;
    list.append(...page.items.map(entry));
    pageToken = page.pageToken;
    more.hidden = pageToken === undefined;
    if (isFirst) (lastChosen(list) ?? list.querySelector('button'))?.click();
    if (list.childElementCount === 0)
      list.after(element('p', { class: 'description' }, 'There is no application that you may see.'));
  };
  const loadMore = async () => {
    more.disabled = true;
    await load().finally(() => {
      more.disabled = false;
    });
  };
  const entry = (app: App) => {
    const item = button('', () => {
      for (const other of list.querySelectorAll('[aria-current]')) other.removeAttribute('aria-current');
      item.setAttribute('aria-current', 'true');
      history.replaceState(null, '', `#${item.value}`);
      choose(app);
    });
    item.value = encodeURIComponent(app.clientId);
    item.append(element('span', {}, app.name), element('small', {}, app.clientId));
    return element('li', {}, item);
  };
  load().catch(complain);
  return element('nav', { class: 'apps', 'aria-label': 'Applications' }, element('h2', {}, 'Applications'), list, more);
}

/** The page's address has it, so that a reload shows it again. */
function lastChosen(list: HTMLElement): HTMLElement | undefined {
  return [...list.querySelectorAll('button')].find(({ value }) => value === location.hash.slice(1));
}
