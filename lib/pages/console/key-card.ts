import type { ApiKey } from '../../package/client/client.ts';
import { keyChange, nameOf } from './changes.ts';
import { copyButton } from './copying.ts';
import { element } from './element.ts';
import {
  type AppContext,
  askForDeletion,
  askForEdit,
  askForExpiry,
  askForRotation,
  askForSwitch,
} from './key-dialogs.ts';
import { badgesOf, handleOf, type KeyBadge } from './key-state.ts';
import { offer } from './offer.ts';
import { whyNoExpiry, whyNoRotation, whyNot } from './rights.ts';
import { endFromNow, formatTime, fromNow } from './times.ts';
import { areUsesRecorded } from './uses.ts';

/** A key in its slot: what it is, what it has done, and what can be done with it. */
export function keyCard(context: AppContext, key: ApiKey, now: number): HTMLElement {
  const {
    name,
    apiKey,
    description,
    createdTime,
    createdBy,
    lastUsedTime,
    expiresAt,
    enabled,
    scopes,
    allowedSources,
  } = key;
  const [state, ...others] = badgesOf(key, context.app, now);
  const handle = handleOf(apiKey);
  const noWrite = whyNot(context.app, 'write');
  const action = (id: string, text: string, run: () => unknown, why = noWrite, attributes = {}) =>
    offer(text, run, why, { id: `${id}-${handle}`, 'aria-describedby': `name-${handle}`, ...attributes });
  return element(
    'li',
    { class: `slot taken ${state.kind}` },
    element(
      'div',
      { class: 'heading' },
      element(
        'h3',
        { id: `name-${handle}`, class: 'clip', dir: 'auto', title: name, tabindex: isLong(name) && '0' },
        name,
      ),
      element('span', { class: 'badges' }, ...[state, ...others].map(badge)),
    ),
    element(
      'dl',
      {},
      ...(description ? fact('Description', element('span', { dir: 'auto' }, description)) : []),
      ...fact('Created', timeElement(createdTime, fromNow(createdTime, now), ` by ${nameOf(createdBy)}`)),
      ...fact('Last change', keyChange(key, now)),
      ...fact('Last used', lastUsedTime === undefined ? unused : timeElement(lastUsedTime, fromNow(lastUsedTime, now))),
      ...fact('Expires', expiresAt === -1 ? 'Never' : timeElement(expiresAt, endFromNow(expiresAt, now))),
      ...(scopes.length > 0 ? fact('Scopes', scopes.join(', ')) : []),
      ...(allowedSources.length > 0 ? fact('Sources', allowedSources.join(', ')) : []),
      ...fact('Fingerprint', named(handle, `the fingerprint of ${name}`)),
      ...fact('HRN', named(apiKey, `the HRN of ${name}`)),
      ...(key.rotatedFrom ? fact('Succeeds', fingerprint(key.rotatedFrom)) : []),
      ...(key.rotatedTo ? fact('Successor', fingerprint(key.rotatedTo)) : []),
    ),
    element(
      'div',
      { class: 'actions', role: 'group', 'aria-labelledby': `name-${handle}` },
      action('rotate', 'Rotate', () => askForRotation(context, key), whyNoRotation(context, key)),
      action('edit', 'Edit', () => askForEdit(context, key)),
      action('expire', 'Expiry', () => askForExpiry(context, key), noWrite ?? whyNoExpiry(context, key)),
      action('switch', enabled ? 'Disable' : 'Enable', () => askForSwitch(context, key)),
      action('delete', 'Delete', () => askForDeletion(context, key), noWrite, { class: 'danger' }),
    ),
  );
}

const unused = areUsesRecorded ? 'Not yet' : 'Not recorded by this service';

/** A slot without a key. */
export function freePlace(make: HTMLElement | undefined): HTMLElement {
  return element('li', { class: 'slot free' }, element('p', {}, 'Free slot'), make);
}

/** Only such a name may be cut off, and shows the rest when it has the focus. */
function isLong(name: string): boolean {
  return name.length > 24;
}

function named(text: string, what: string): HTMLElement {
  return element(
    'span',
    { class: 'named' },
    element('code', { class: 'clip', tabindex: '0' }, text),
    copyButton(what, text),
  );
}

function fingerprint(apiKey: string): HTMLElement {
  return element('code', { class: 'clip', title: apiKey, tabindex: '0' }, handleOf(apiKey));
}

function badge({ kind, text }: KeyBadge): HTMLElement {
  return element('span', { class: `badge ${kind}` }, text);
}

function fact(term: string, value: Node | string): HTMLElement[] {
  return [element('dt', {}, term), element('dd', {}, value)];
}

function timeElement(time: number, seenFromNow: string, more = ''): HTMLElement {
  return element(
    'time',
    { datetime: new Date(time).toISOString() },
    `${formatTime(time)}${more} `,
    element('small', {}, seenFromNow),
  );
}
