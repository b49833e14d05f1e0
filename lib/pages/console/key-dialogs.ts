import type { ApiKey, Client } from '../../package/client/client.ts';
import { ask, returnTo } from './dialog.ts';
import { button, element } from './element.ts';
import { expiryField, inheritedExpiry } from './expiry-field.ts';
import { handleOf, stateOf } from './key-state.ts';
import { complain, isOutdated, say, whileHere } from './notices.ts';
import { overlapField } from './overlap-field.ts';
import { repeatable } from './repeatable.ts';
import type { Situation } from './rights.ts';
import { rotationId } from './rotation-view.ts';
import { showSecret } from './secret-dialog.ts';
import { listField, textField } from './text-fields.ts';
import { formatTime, fromNow, untilWhen } from './times.ts';
import { areUsesRecorded } from './uses.ts';

/** What a dialog needs to change a key of an application. */
export interface AppContext extends Situation {
  readonly appkeys: Client;
  readonly hasFreeSlot: boolean;
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
  const expiry = expiryField({ lifetime: app.keyLifetime });
  const generate = repeatable(appkeys.generateApiKey);
  ask({
    title: 'Generate API key',
    content: [fields.name, ...expiry.content, fields.more],
    action: 'Generate key',
    refresh,
    run: async () => {
      const made = await generate({ app: app.hrn, ...fields.value(), expiresAt: expiry.value() ?? -1 });
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

export function askForExpiry(
  { appkeys, app: { hrn: app, keyLifetime: lifetime }, refresh }: AppContext,
  key: ApiKey,
): void {
  const expiry = expiryField({ lifetime, createdTime: key.createdTime }, { given: key.expiresAt });
  ask({
    title: `When “${key.name}” expires`,
    content: expiry.content,
    action: 'Set expiry',
    refresh,
    run: async () => {
      const { name, expiresAt, effectiveBy } = await appkeys.updateApiKey({
        app,
        apiKey: key.apiKey,
        expiresAt: expiry.value() ?? -1,
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
  const rules = { lifetime: app.keyLifetime };
  const isExpired = stateOf(key, Date.now()).kind === 'expired';
  const overlap = isExpired ? undefined : overlapField(key, context.hasFreeSlot);
  const inherited = inheritedExpiry(key.expiresAt, rules);
  const expiry = expiryField(rules, { label: 'The successor expires', ...(inherited && { inherited }) });
  const rotate = repeatable(appkeys.rotateApiKey);
  ask({
    title: `Rotate “${key.name}”`,
    content: [
      element(
        'p',
        {},
        `A new key takes over: the successor. It has the same name, scopes and sources. ${usedWords(key)}`,
      ),
      ...(overlap?.content ?? [element('p', {}, 'The old key has expired. The successor takes its slot.')]),
      ...expiry.content,
      ...(isExpired ? [] : [steps()]),
    ],
    action: 'Rotate',
    refresh,
    run: async () => {
      const expiresAt = expiry.value();
      const made = await rotate({
        app: app.hrn,
        apiKey: key.apiKey,
        ...overlap?.value(),
        ...(expiresAt !== undefined && { expiresAt }),
      });
      return () => {
        returnTo(rotationId(key));
        showSecret(made, untilWhen('the old key', made.effectiveBy));
      };
    },
  });
}

function usedWords({ lastUsedTime }: ApiKey): string {
  if (!areUsesRecorded) return '';
  return lastUsedTime === undefined
    ? 'The old key has not been used yet.'
    : `The old key was last used ${fromNow(lastUsedTime, Date.now())}.`;
}

/** What is left to do by hand. */
function steps(): HTMLElement {
  return element(
    'ol',
    { class: 'steps' },
    element('li', {}, 'Rotate, and copy the new key.'),
    element('li', {}, 'Give the new key to your application.'),
    element('li', {}, 'Look here which key is still used. The old key ends by itself.'),
  );
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

/** Whoever reported a key as leaked holds it: to enable such a key is worth a question. */
export function askForSwitch(context: AppContext, key: ApiKey): void {
  if (key.enabled || !key.disabledReason) return void switchKey(context, key);
  ask({
    title: `Enable “${key.name}” again?`,
    content: [
      element('p', {}, 'Somebody who holds this key reported it as leaked. Anybody who found it can use it again.'),
      element('p', {}, 'It is safer to generate a new key and to delete this one.'),
    ],
    action: 'Enable key',
    isDangerous: true,
    refresh: context.refresh,
    run: async () => {
      await context.appkeys.enableApiKey({ app: context.app.hrn, apiKey: key.apiKey });
      return () => say(`“${key.name}” is enabled.`);
    },
  });
}

async function switchKey({ appkeys, app: { hrn: app }, refresh }: AppContext, key: ApiKey): Promise<void> {
  const { apiKey, name, enabled } = key;
  const isHere = whileHere();
  try {
    const receipt = await (enabled ? appkeys.disableApiKey({ app, apiKey }) : appkeys.enableApiKey({ app, apiKey }));
    if (!isHere()) return;
    say(
      receipt
        ? `“${name}” is disabled. It still counts toward the key limit.${untilWhen('it', receipt.effectiveBy)}`
        : `“${name}” is enabled.`,
    );
    refresh().catch(complain);
  } catch (error) {
    if (isHere()) complain(error);
    if (isOutdated(error)) refresh().catch(complain);
  }
}
