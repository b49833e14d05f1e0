import type { ApiKey } from '../../package/client/client.ts';
import { labelled, openDialog } from './dialog.ts';
import { button, element } from './element.ts';
import { handleOf, isUsable, stateOf } from './key-state.ts';
import { describeError } from './notices.ts';
import type { Situation } from './rights.ts';
import { formatTime } from './times.ts';

const form = /^.+_([A-Za-z0-9]{1,64})_[A-Za-z0-9]{49}$/;

/**
 * Tells why calls with a key are rejected. The key stays in the page: only its fingerprint is compared.
 * @param read gets the application and its keys as they are now
 */
export function askForCheck(clientId: string, read: () => Promise<Situation>): void {
  const field = element('input', { type: 'password', required: true, autocomplete: 'off', spellcheck: 'false' });
  const result = element('div', { class: 'result', role: 'status' });
  const close = button('Close', () => dialog.close());
  const check = element('button', { type: 'submit', class: 'primary' }, 'Check');
  const content = element(
    'form',
    {},
    element('h2', { id: 'dialog-title' }, 'Why is a call rejected?'),
    labelled('API key', field, 'Paste the key that the call uses. The key does not leave this page.'),
    result,
    element('div', { class: 'actions' }, close, check),
  );
  content.addEventListener('submit', async (event) => {
    event.preventDefault();
    const presented = field.value.trim();
    result.replaceChildren();
    const findings = await findingsOn(presented, clientId, read).catch((error) => describeError(error));
    if (presented === field.value.trim()) result.replaceChildren(...findings);
  });
  const dialog = openDialog(content);
  field.focus();
}

async function findingsOn(presented: string, clientId: string, read: () => Promise<Situation>): Promise<HTMLElement[]> {
  const [, appId] = form.exec(presented) ?? [];
  if (appId === undefined)
    return [finding('This text is not a complete API key. Copy the key again, without spaces or quotes.')];
  if (appId !== clientId)
    return [
      finding('This key belongs to another application. '),
      element('p', {}, element('a', { href: `#${appId}` }, `Open the application ${appId}`)),
    ];
  const handle = await fingerprintOf(presented);
  const situation = await read();
  const key = situation.keys.find(({ apiKey }) => handleOf(apiKey) === handle);
  if (!key)
    return [finding('This application has no such key. The key was deleted, replaced or rotated, or it is mistyped.')];
  return [
    element('p', {}, 'This is the key “', element('bdi', {}, key.name), '”.'),
    ...reasonsAgainst(key, situation).map(finding),
  ];
}

/** @returns what rejects calls with the key in any case; if nothing does, what rejects some calls */
function reasonsAgainst(key: ApiKey, { app }: Situation): string[] {
  const now = Date.now();
  const always = [
    ...(app.status === 'active' ? [] : ['The application is deactivated. Activate the application.']),
    ...(key.enabled ? [] : [`${stateOf({ ...key, expiresAt: -1 }, now).text}. Enable the key, or use another one.`]),
    ...(key.expiresAt !== -1 && key.expiresAt <= now
      ? [`The key expired on ${formatTime(key.expiresAt)}. Rotate the key, or give it another expiry.`]
      : []),
  ];
  if (always.length > 0 || !isUsable(key, now)) return always;
  const scopes = key.scopes.filter((scope) => app.scopes?.includes(scope) ?? true);
  return [
    'The key is valid. An API can still reject a call for one of these reasons:',
    `Scopes: the key has ${scopes.join(', ') || 'none'}. An API can require others.`,
    ...(key.allowedSources.length > 0 ? [`Sources: only ${key.allowedSources.join(', ')} can use the key.`] : []),
    ...(app.referrers.length > 0 ? [`Web pages: only ${app.referrers.join(', ')} can use the key.`] : []),
    'The API accepts only certain applications or realms, or it looks for the key in another header.',
    'A change of the last seconds has not reached the API yet.',
  ];
}

function finding(text: string): HTMLElement {
  return element('p', {}, text);
}

async function fingerprintOf(key: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)));
  return btoa(String.fromCharCode(...digest))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
