import type { ApiKey, Client } from '../../package/client/client.ts';
import { ask } from './dialog.ts';
import { button, element } from './element.ts';
import { expiryField } from './expiry-field.ts';
import { handleOf, stateOf } from './key-state.ts';
import { complain, isOutdated, say } from './notices.ts';
import { overlapField } from './overlap-field.ts';
import { repeatable } from './repeatable.ts';
import type { Situation } from './rights.ts';
import { showSecret } from './secret-dialog.ts';
import { listField, textField } from './text-fields.ts';
import { formatTime, fromNow, untilWhen } from './times.ts';

/** What a dialog needs to change a key of an application. */
export interface AppContext extends Situation {
  readonly appkeys: Client;
  readonly hasFreePlace: boolean;
  /** shows the keys as they are now */
  readonly refresh: () => Promise<void>;
}

/** What a key may do, from where, and what it is for. */
function keyFields({ app }: AppContext, key?: ApiKey) {
  const name = textField('name', 'Name', key?.name, 'What it is for: “billing, production”', true);
  const description = textField('description', 'Description', key?.description, 'Optional');
  const allowed = app.scopes === undefined ? '' : ` Allowed here: ${app.scopes.join(', ') || 'none'}.`;
  const scopes = listField('scopes', 'Scopes', key?.scopes ?? [], `One a line, such as invoices:read.${allowed}`);
  const sources = listField(
    'allowedSources',
    'Sources',
    key?.allowedSources ?? [],
    'One a line: IP addresses, or blocks such as 203.0.113.0/24. Empty: from everywhere.',
  );
  const more = element(
    'details',
    { open: key !== undefined },
    element('summary', {}, 'Description, scopes and sources'),
    description.content,
    scopes.content,
    sources.content,
  );
  const value = () => ({
    name: name.value(),
    description: description.value(),
    scopes: scopes.value(),
    allowedSources: sources.value(),
  });
  return { name: name.content, more, value };
}

export function askForNewKey(context: AppContext): void {
  const { appkeys, app, refresh } = context;
  const fields = keyFields(context);
  const expiry = expiryField();
  const generate = repeatable(appkeys.generateApiKey);
  ask({
    title: 'Generate API key',
    content: [fields.name, ...expiry.content, fields.more],
    action: 'Generate key',
    refresh,
    run: async () => {
      const made = await generate({ app: app.hrn, ...fields.value(), expiresAt: expiry.value() });
      return () => showSecret(made);
    },
  });
}

export function askForEdit(context: AppContext, key: ApiKey): void {
  const { appkeys, app, refresh } = context;
  const fields = keyFields(context, key);
  ask({
    title: 'Edit the key',
    content: [fields.name, fields.more],
    action: 'Save',
    refresh,
    run: async () => {
      const saved = await appkeys.updateApiKey({ app: app.hrn, apiKey: key.apiKey, ...fields.value() });
      return () => say(`“${saved.name}” is saved.${untilWhen('what you took away', saved.effectiveBy)}`);
    },
  });
  fields.name.querySelector('input')?.select();
}

export function askForExpiry({ appkeys, app: { hrn: app }, refresh }: AppContext, key: ApiKey): void {
  const expiry = expiryField(key.expiresAt);
  ask({
    title: `When “${key.name}” expires`,
    content: expiry.content,
    action: 'Set expiry',
    refresh,
    run: async () => {
      const { name, expiresAt, effectiveBy } = await appkeys.updateApiKey({
        app,
        apiKey: key.apiKey,
        expiresAt: expiry.value(),
      });
      return () =>
        say(
          expiresAt === -1
            ? `“${name}” never expires.`
            : `“${name}” expires on ${formatTime(expiresAt)}.${untilWhen('it', effectiveBy)}`,
        );
    },
  });
}

export function askForRotation(context: AppContext, key: ApiKey): void {
  const { appkeys, app, refresh } = context;
  const isExpired = stateOf(key, Date.now()).kind === 'expired';
  const { content, value } = isExpired ? successorExpiry() : overlapField(context.hasFreePlace);
  const rotate = repeatable(appkeys.rotateApiKey);
  ask({
    title: `Rotate “${key.name}”`,
    content: [element('p', {}, `A successor with the same name takes over. ${usedWords(key)}`), ...content, steps()],
    action: 'Rotate',
    refresh,
    run: async () => {
      const made = await rotate({ app: app.hrn, apiKey: key.apiKey, ...value() });
      return () => showSecret(made, untilWhen('the old key', made.effectiveBy));
    },
  });
}

function usedWords({ lastUsedTime }: ApiKey): string {
  return lastUsedTime === undefined
    ? 'This key was not used yet.'
    : `This key was last used ${fromNow(lastUsedTime, Date.now())}.`;
}

/** What is left to do by hand. */
function steps(): HTMLElement {
  return element(
    'ol',
    { class: 'steps' },
    element('li', {}, 'Rotate, and copy the new key.'),
    element('li', {}, 'Give it to your application.'),
    element('li', {}, 'Look here whether the old key is still used. It ends by itself.'),
  );
}

/** A key that has expired overlaps with none; its successor needs an expiry of its own. */
function successorExpiry() {
  const { content, value } = expiryField();
  return { content, value: () => ({ expiresAt: value() }) };
}

export function askForDeletion(context: AppContext, key: ApiKey): void {
  const { appkeys, app, refresh } = context;
  const { apiKey, name, enabled } = key;
  const disable = button('Disable instead', () => {
    disable.closest('dialog')?.close();
    switchKey(context, key);
  });
  ask({
    title: `Delete “${name}”?`,
    content: [
      element('p', {}, 'Fingerprint ', element('code', {}, handleOf(apiKey))),
      element('p', {}, "Requests that still use this key will be rejected. You can't undo this."),
      ...(enabled ? [element('p', {}, 'You can undo it if you disable the key. '), disable] : []),
    ],
    action: 'Delete key',
    isDangerous: true,
    refresh,
    run: async () => {
      const { effectiveBy } = await appkeys.deleteApiKey({ app: app.hrn, apiKey });
      return () => say(`The key “${name}” is deleted.${untilWhen('it', effectiveBy)}`);
    },
  });
}

export async function switchKey({ appkeys, app: { hrn: app }, refresh }: AppContext, key: ApiKey): Promise<void> {
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
