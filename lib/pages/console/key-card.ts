import type { ApiKey } from '../../package/client/client.ts';
import { button, element } from './element.ts';
import { type AppContext, askForDeletion, askForExpiry, askForName, askForRotation } from './key-dialogs.ts';
import { handleOf, stateOf } from './key-state.ts';
import { complain, isOutdated, say } from './notices.ts';
import { formatTime, fromNow, untilWhen } from './times.ts';

/** A key in its slot: what it is, what it has done, and what can be done with it. */
export function keyCard(context: AppContext, key: ApiKey, now: number): HTMLElement {
  const { name, apiKey, description, createdTime, lastUsedTime, expiresAt, enabled, scopes, allowedSources } = key;
  const state = stateOf(key, now);
  const handle = handleOf(apiKey);
  const action = (id: string, text: string, run: () => unknown, attributes = {}) =>
    button(text, run, { id: `${id}-${handle}`, 'aria-describedby': `name-${handle}`, ...attributes });
  return element(
    'li',
    { class: `place taken ${state.kind}` },
    element('div', { class: 'heading' }, element('h2', { id: `name-${handle}` }, name), badge(state)),
    element(
      'dl',
      {},
      ...(description ? fact('Description', description) : []),
      ...fact('Created', timeElement(createdTime, now)),
      ...fact('Last used', lastUsedTime === undefined ? 'Not yet' : timeElement(lastUsedTime, now)),
      ...fact('Expires', expiresAt === -1 ? 'Never' : timeElement(expiresAt, now)),
      ...(scopes.length > 0 ? fact('Scopes', scopes.join(', ')) : []),
      ...(allowedSources.length > 0 ? fact('Sources', allowedSources.join(', ')) : []),
      ...fact('Fingerprint', element('code', { title: apiKey }, handle)),
      ...(key.rotatedFrom
        ? fact('Succeeds', element('code', { title: key.rotatedFrom }, handleOf(key.rotatedFrom)))
        : []),
    ),
    element(
      'div',
      { class: 'actions', role: 'group', 'aria-labelledby': `name-${handle}` },
      context.app.status === 'active' ? action('rotate', 'Rotate', () => askForRotation(context, key)) : undefined,
      action('rename', 'Rename', () => askForName(context, key)),
      action('expire', 'Expiry', () => askForExpiry(context, key)),
      action('switch', enabled ? 'Disable' : 'Enable', () => switchKey(context, key)),
      action('delete', 'Delete', () => askForDeletion(context, key), { class: 'danger' }),
    ),
  );
}

/** A slot without a key. */
export function freePlace(make: HTMLElement | undefined): HTMLElement {
  return element('li', { class: 'place free' }, element('p', {}, 'Free slot'), make);
}

async function switchKey({ appkeys, app: { hrn: app }, refresh }: AppContext, key: ApiKey): Promise<void> {
  const { apiKey, name, enabled } = key;
  try {
    const receipt = await (enabled ? appkeys.disableApiKey({ app, apiKey }) : appkeys.enableApiKey({ app, apiKey }));
    say(
      receipt
        ? `“${name}” is disabled. It still counts toward the key limit.${untilWhen('it', receipt.effectiveBy)}`
        : `“${name}” is enabled.`,
    );
    refresh().catch(complain);
  } catch (error) {
    complain(error);
    if (isOutdated(error)) refresh().catch(complain);
  }
}

function badge({ kind, text }: ReturnType<typeof stateOf>): HTMLElement {
  return element('span', { class: `badge ${kind}` }, text);
}

function fact(term: string, value: Node | string): HTMLElement[] {
  return [element('dt', {}, term), element('dd', {}, value)];
}

function timeElement(time: number, now: number): HTMLElement {
  return element(
    'time',
    { datetime: new Date(time).toISOString() },
    `${formatTime(time)} `,
    element('small', {}, fromNow(time, now)),
  );
}
