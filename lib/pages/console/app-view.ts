import type { ApiKey, App, Client } from '../../package/client/client.ts';
import { button, element, focusAgain } from './element.ts';
import { grantsView, type Viewer } from './grants-view.ts';
import { freePlace, keyCard } from './key-card.ts';
import { type AppContext, askForNewKey } from './key-dialogs.ts';
import { stateOf } from './key-state.ts';
import { complain, isOutdated } from './notices.ts';

const places = Number(document.body.dataset.places);

/** An application with its slots, each with a key or free. */
export function appView(appkeys: Client, app: App, viewer: Viewer): HTMLElement {
  const shown = element('ol', { class: 'places', 'aria-label': 'Slots for API keys', 'aria-busy': 'true' });
  const count = element('p', { class: 'count' });
  const deactivated = element(
    'p',
    { class: 'badge disabled' },
    'Deactivated: its API keys are rejected, and none can be generated',
  );
  let asked = 0;
  const refresh = async () => {
    asked += 1;
    const turn = asked;
    const named = { app: app.hrn };
    try {
      const [current, { items }] = await Promise.all([appkeys.getApp(named), appkeys.listApiKeys(named)]);
      // The answer to an earlier question may come later.
      if (turn === asked) keepingFocus(() => show(current, items));
    } catch (error) {
      if (isOutdated(error)) keepingFocus(showNothing);
      throw error;
    }
  };
  const showNothing = () => {
    shown.replaceChildren();
    shown.removeAttribute('aria-busy');
    count.replaceChildren();
  };
  const show = (app: App, keys: readonly ApiKey[]) => {
    const now = Date.now();
    const takesKeys = app.status === 'active';
    deactivated.hidden = takesKeys;
    const serving = keys.filter((key) => stateOf(key, now).kind !== 'expired').length;
    const context: AppContext = { appkeys, app, refresh, hasFreePlace: serving < places };
    const make = () => button('Generate API key', () => askForNewKey(context), { class: 'primary', id: 'make' });
    const free = Array.from({ length: places - keys.length }, (_, index) =>
      freePlace(index === 0 && takesKeys ? make() : undefined),
    );
    shown.replaceChildren(...keys.map((key) => keyCard(context, key, now)), ...free);
    shown.removeAttribute('aria-busy');
    // An expired key is replaced by the next one.
    count.replaceChildren(
      countText(keys.length),
      ...(takesKeys && context.hasFreePlace && free.length === 0 ? [make()] : []),
    );
  };
  deactivated.hidden = app.status === 'active';
  refresh().catch(complain);
  const grants = grantsView(appkeys, app, viewer);
  const view = element(
    'section',
    { class: 'app', 'aria-labelledby': 'app-name' },
    element('h1', { id: 'app-name', tabindex: '-1' }, app.name),
    deactivated,
    app.description ? element('p', { class: 'description' }, app.description) : undefined,
    element('p', { class: 'hrn' }, element('code', {}, app.hrn), ` created by ${app.createdBy}`),
    count,
    shown,
    grants,
  );
  view.addEventListener('outdated', () => {
    refresh().catch(complain);
    grants.dispatchEvent(new Event('outdated'));
  });
  return view;
}

function countText(taken: number): string {
  return `${taken} of ${places} slots taken`;
}

/** What is made anew has the focus if what was there had it. */
function keepingFocus(change: () => void): void {
  const { activeElement } = document;
  const isInside = activeElement?.closest('.places, .count');
  change();
  if (isInside) focusAgain(activeElement?.id ?? '');
}
