import type { ApiKey, App, Client } from '../../package/client/client.ts';
import { ask, labelled } from './dialog.ts';
import { element } from './element.ts';
import { expiryField } from './expiry-field.ts';
import { handleOf, stateOf } from './key-state.ts';
import { say } from './notices.ts';
import { repeatable } from './repeatable.ts';
import { showSecret } from './secret-dialog.ts';
import { formatTime, untilWhen } from './times.ts';

/** What a dialog needs to change a key of an application. */
export interface AppContext {
  readonly appkeys: Client;
  readonly app: App;
  readonly hasFreePlace: boolean;
  /** shows the keys as they are now */
  readonly refresh: () => Promise<void>;
}

const overlaps = [
  ['None: the old key ends at once', 0],
  ['One hour', 3600],
  ['One day', 86_400],
  ['One week', 604_800],
  ['30 days', 2_592_000],
] as const;

function nameField(value = ''): HTMLInputElement {
  return element('input', { type: 'text', required: true, autocomplete: 'off', value });
}

export function askForNewKey({ appkeys, app: { hrn: app }, refresh }: AppContext): void {
  const name = nameField();
  const expiry = expiryField();
  const generate = repeatable(appkeys.generateApiKey);
  ask({
    title: 'Generate API key',
    content: [labelled('Name', name, 'What it is for: “billing, production”'), ...expiry.content],
    action: 'Generate key',
    refresh,
    run: async () => {
      const made = await generate({ app, name: name.value, expiresAt: expiry.value() });
      return () => showSecret(made);
    },
  });
}

export function askForName({ appkeys, app: { hrn: app }, refresh }: AppContext, { apiKey, name }: ApiKey): void {
  const field = nameField(name);
  ask({
    title: 'Rename the key',
    content: [labelled('Name', field)],
    action: 'Rename',
    refresh,
    run: async () => {
      const renamed = await appkeys.updateApiKey({ app, apiKey, name: field.value });
      return () => say(`The key is named “${renamed.name}”.`);
    },
  });
  field.select();
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
  const { content, value } = isExpired ? successorExpiry() : overlapField(context);
  const rotate = repeatable(appkeys.rotateApiKey);
  ask({
    title: `Rotate “${key.name}”`,
    content: [element('p', {}, 'A successor with the same name takes over.'), ...content],
    action: 'Rotate',
    refresh,
    run: async () => {
      const made = await rotate({ app: app.hrn, apiKey: key.apiKey, ...value() });
      return () => showSecret(made, untilWhen('the old key', made.effectiveBy));
    },
  });
}

/** A key that has expired overlaps with none; its successor needs an expiry of its own. */
function successorExpiry() {
  const { content, value } = expiryField();
  return { content, value: () => ({ expiresAt: value() }) };
}

function overlapField({ hasFreePlace }: AppContext) {
  const select = element(
    'select',
    {},
    ...overlaps.map(([text, seconds]) =>
      element('option', { value: String(seconds), disabled: seconds > 0 && !hasFreePlace }, text),
    ),
  );
  if (hasFreePlace) select.value = '86400';
  const hint = hasFreePlace
    ? 'Both keys are valid during the overlap, so you have time to switch to the new one.'
    : 'An overlap needs a free slot.';
  return {
    content: [labelled('Overlap', select, hint)],
    value: () => ({ overlapSeconds: Number(select.value) }),
  };
}

export function askForDeletion({ appkeys, app: { hrn: app }, refresh }: AppContext, { apiKey, name }: ApiKey): void {
  ask({
    title: `Delete “${name}”?`,
    content: [
      element('p', {}, 'Fingerprint ', element('code', {}, handleOf(apiKey))),
      element('p', {}, "Requests that still use this key will be rejected. You can't undo this."),
    ],
    action: 'Delete key',
    isDangerous: true,
    refresh,
    run: async () => {
      const { effectiveBy } = await appkeys.deleteApiKey({ app, apiKey });
      return () => say(`The key “${name}” is deleted.${untilWhen('it', effectiveBy)}`);
    },
  });
}
