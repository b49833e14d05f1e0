import type { App, Client } from '../../package/client/client.ts';
import { ask } from './dialog.ts';
import { element } from './element.ts';
import { say } from './notices.ts';
import { repeatable } from './repeatable.ts';
import type { OwnApp } from './rights.ts';
import { listField, textField } from './text-fields.ts';
import { untilWhen } from './times.ts';

/** An application that a dialog changes. */
export interface AppTask {
  readonly appkeys: Client;
  readonly app: OwnApp;
  /** shows it as it is now, in the list too */
  readonly changed: () => Promise<void>;
}

const nameHint = 'What it is: “Billing, production”';

export function askForNewApp(appkeys: Client, open: (app: App) => void): void {
  const name = textField('name', 'Name', '', nameHint, true);
  const description = textField('description', 'Description', '', 'Optional');
  const create = repeatable(appkeys.createApp);
  ask({
    title: 'Create application',
    content: [name.content, description.content],
    action: 'Create application',
    refresh: async () => {},
    run: async () => {
      const app = await create({ name: name.value(), description: description.value() });
      return () => open(app);
    },
  });
}

export function askForAppTexts({ appkeys, app, changed }: AppTask): void {
  const name = textField('name', 'Name', app.name, nameHint, true);
  const description = textField('description', 'Description', app.description, 'Optional');
  ask({
    title: 'Edit application',
    content: [name.content, description.content],
    action: 'Save',
    refresh: changed,
    run: async () => {
      const saved = await appkeys.updateApp({ app: app.hrn, name: name.value(), description: description.value() });
      return () => say(`“${saved.name}” is saved.`);
    },
  });
}

export function askForStatus({ appkeys, app, changed }: AppTask): void {
  const isActive = app.status === 'active';
  ask({
    title: isActive ? `Deactivate “${app.name}”?` : `Activate “${app.name}”?`,
    content: [
      element(
        'p',
        {},
        isActive
          ? 'All its API keys are rejected until you activate it again. Nothing is deleted.'
          : 'Its enabled API keys are accepted again.',
      ),
    ],
    action: isActive ? 'Deactivate' : 'Activate',
    isDangerous: isActive,
    refresh: changed,
    run: async () => {
      const { effectiveBy } = await appkeys.updateApp({ app: app.hrn, status: isActive ? 'deactivated' : 'active' });
      return () => say(`“${app.name}” is ${isActive ? 'deactivated' : 'active'}.${untilWhen('its keys', effectiveBy)}`);
    },
  });
}

export function askForAppDeletion({ appkeys, app }: AppTask, gone: () => void): void {
  const isActive = app.status === 'active';
  ask({
    title: `Delete “${app.name}”?`,
    content: [
      element('p', {}, 'All its API keys and rights end with it. You can’t undo this.'),
      ...(isActive
        ? [element('p', { class: 'description' }, 'You can undo a deactivation, which rejects its keys too.')]
        : []),
    ],
    action: 'Delete application',
    isDangerous: true,
    refresh: async () => {},
    run: async () => {
      const { effectiveBy } = await appkeys.deleteApp({ app: app.hrn });
      return () => {
        gone();
        say(`“${app.name}” is deleted.${untilWhen('its keys', effectiveBy)}`);
      };
    },
  });
}

export function askForLimits({ appkeys, app, changed }: AppTask): void {
  const referrers = listField(
    'referrers',
    'Web pages',
    app.referrers,
    'One a line, such as www.example.com/app. Empty: the keys can be used from every page.',
  );
  const any = element('input', { type: 'checkbox', id: 'any-scope', checked: app.scopes === undefined });
  const scopes = listField('scopes', 'Scopes', app.scopes ?? [], 'One a line: the only scopes that keys may have.');
  const show = () => {
    scopes.content.hidden = any.checked;
  };
  any.addEventListener('change', show);
  show();
  ask({
    title: 'Limits of the keys',
    content: [
      referrers.content,
      element('label', { class: 'check' }, any, 'Keys may have every scope'),
      scopes.content,
    ],
    action: 'Save',
    refresh: changed,
    run: async () => {
      const input = { referrers: referrers.value(), scopes: any.checked ? null : scopes.value() };
      const { effectiveBy } = await appkeys.updateApp({ app: app.hrn, ...input });
      return () => say(`The limits are saved.${untilWhen('what they exclude', effectiveBy)}`);
    },
  });
}
