import type { ApiKey, App, Client } from '../../package/client/client.ts';
import { askForAppDeletion, askForAppTexts, askForStatus } from './app-dialogs.ts';
import { appChange, nameOf } from './changes.ts';
import { copyButton } from './copying.ts';
import { button, element, focusAgain } from './element.ts';
import { freePlace, keyCard } from './key-card.ts';
import { askForCheck } from './key-check.ts';
import { type AppContext, askForNewKey } from './key-dialogs.ts';
import { stateOf } from './key-state.ts';
import { complain, isOutdated } from './notices.ts';
import { offer } from './offer.ts';
import { peopleView, type Viewer } from './people-view.ts';
import { type OwnApp, type Situation, whyNoNewKey, whyNot } from './rights.ts';
import { rotationViews } from './rotation-view.ts';

const keyLimit = Number(document.body.dataset.keyLimit);

/** What follows for the list of applications. */
export interface Follow {
  readonly changed: (app: App) => void;
  readonly gone: (app: App) => void;
}

/** An application with its slots, each with a key or free, and with those who may use it. */
export function appView(
  appkeys: Client,
  hrn: string,
  known: App | undefined,
  viewer: Viewer,
  follow: Follow,
): HTMLElement {
  const heading = element('div', { class: 'app-heading' });
  const shown = element('ol', { class: 'slots', 'aria-label': 'Slots for API keys', 'aria-busy': 'true' });
  shown.append(...Array.from({ length: Math.min(keyLimit, 2) }, () => element('li', { class: 'skeleton' })));
  const count = element('p', { class: 'count' });
  const rotations = element('div', { class: 'rotations' });
  const people = element('div', {});
  let asked = 0;
  const read = async (): Promise<Situation> => {
    const named = { app: hrn };
    const [app, { items: keys }, { items: issuers }] = await Promise.all([
      appkeys.getApp(named),
      appkeys.listApiKeys(named),
      appkeys.listIssuers(named),
    ]);
    return { app, keys, issuers };
  };
  const refresh = async () => {
    asked += 1;
    const turn = asked;
    try {
      const situation = await read();
      // The answer to an earlier question may come later.
      if (turn === asked && view.isConnected) keepingFocus(() => show(situation));
    } catch (error) {
      if (turn === asked && isOutdated(error)) keepingFocus(showNothing);
      if (view.isConnected) throw error;
    }
  };
  const showNothing = () => {
    if (!known) heading.replaceChildren(element('h1', { tabindex: '-1' }, 'There is no such application'));
    view.classList.add('gone');
    for (const part of [shown, count, rotations, people]) part.replaceChildren();
    shown.removeAttribute('aria-busy');
  };
  const show = (situation: Situation) => {
    const { app, keys } = situation;
    const now = Date.now();
    view.classList.remove('gone');
    follow.changed(app);
    showHeading(app, now);
    const serving = keys.filter((key) => stateOf(key, now).kind !== 'expired').length;
    const context: AppContext = { ...situation, appkeys, refresh, hasFreeSlot: serving < keyLimit };
    const make = () =>
      offer('Generate API key', () => askForNewKey(context), whyNoNewKey(situation), { class: 'primary', id: 'make' });
    const free = Array.from({ length: keyLimit - keys.length }, (_, index) =>
      freePlace(index === 0 ? make() : undefined),
    );
    shown.replaceChildren(...keys.map((key) => keyCard(context, key, now)), ...free);
    shown.removeAttribute('aria-busy');
    // An expired key is replaced by the next one.
    const check = button('Why is a call rejected?', () => askForCheck(app.clientId, read), {
      id: 'check',
      class: 'small',
    });
    count.replaceChildren(countText(keys), ...(context.hasFreeSlot && free.length === 0 ? [make()] : []), check);
    rotations.replaceChildren(...rotationViews(situation, now));
    people.replaceChildren(...peopleView({ appkeys, ...situation, changed: refresh }, viewer));
  };
  const showHeading = (app: App | OwnApp, now: number) => {
    heading.replaceChildren(
      element('h1', { id: 'app-name', tabindex: '-1', dir: 'auto' }, app.name),
      ...(app.status === 'active'
        ? []
        : [
            element(
              'p',
              { class: 'badge disabled' },
              'Deactivated: its API keys are rejected, and none can be generated',
            ),
          ]),
      ...(app.description ? [element('p', { class: 'description', dir: 'auto' }, app.description)] : []),
      element('p', { class: 'hrn' }, element('code', {}, app.hrn), ' ', copyButton('the HRN', app.hrn)),
      element(
        'p',
        { class: 'hrn' },
        'Created by ',
        element('bdi', {}, nameOf(app.createdBy)),
        '. Last change: ',
        appChange(app, now),
        '.',
      ),
      ...('rights' in app ? [actions(app)] : []),
    );
  };
  const actions = (app: OwnApp) => {
    const task = { appkeys, app, changed: refresh };
    const noWrite = whyNot(app, 'write');
    return element(
      'div',
      { class: 'actions', role: 'group', 'aria-label': 'The application' },
      offer('Edit application', () => askForAppTexts(task), noWrite, { id: 'edit-app' }),
      offer(app.status === 'active' ? 'Deactivate' : 'Activate', () => askForStatus(task), noWrite, {
        id: 'status-app',
      }),
      offer('Delete application', () => askForAppDeletion(task, () => follow.gone(app)), whyNot(app, 'manage'), {
        id: 'delete-app',
        class: 'danger',
      }),
    );
  };
  const view = element(
    'section',
    { class: 'app', 'aria-labelledby': 'app-name' },
    element('a', { class: 'back', href: '#' }, '← All applications'),
    heading,
    element('h2', { class: 'part' }, 'API keys'),
    count,
    rotations,
    shown,
    people,
  );
  if (known) showHeading(known, Date.now());
  queueMicrotask(() => refresh().catch(complain));
  view.addEventListener('outdated', () => refresh().catch(complain));
  return view;
}

/** What is shown while no application is chosen. */
export function nothingChosen(isEmpty: boolean, create: (() => void) | undefined): HTMLElement {
  const words = isEmpty
    ? 'An application owns API keys. Create one for each of your services, or ask for rights on one that is there.'
    : 'Choose an application in the list. The search finds its name or its ID.';
  return element(
    'section',
    { class: 'nothing' },
    element('h1', { tabindex: '-1' }, isEmpty ? 'No applications yet' : 'Choose an application'),
    element('p', { class: 'description' }, words),
    create && isEmpty ? button('Create your first application', create, { class: 'primary' }) : undefined,
  );
}

function countText({ length }: readonly ApiKey[]): string {
  return `${length} of ${keyLimit} slots taken`;
}

/** What is made anew has the focus if what was there had it. */
function keepingFocus(change: () => void): void {
  const { activeElement } = document;
  const isInside = activeElement?.closest('.slots, .count, .app-heading, .people');
  change();
  if (isInside) focusAgain(activeElement?.id ?? '');
}
