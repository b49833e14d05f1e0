import { AppkeysError, type Client } from '../../package/client/client.ts';
import { type AppTask, askForLimits } from './app-dialogs.ts';
import { ask, labelled } from './dialog.ts';
import { button, element } from './element.ts';
import { complain, say, whileHere } from './notices.ts';
import { offer } from './offer.ts';
import { type Situation, whyNoIssuer, whyNot } from './rights.ts';
import { textField } from './text-fields.ts';

/** Who looks at the page. */
export interface Viewer {
  readonly principal: string;
  /** what follows when they have given up their own rights */
  readonly leave: () => void;
}

type Task = AppTask & Situation;

const rights = ['read', 'write', 'manage'] as const;
type Right = (typeof rights)[number];

interface Grant {
  readonly principal: string;
  readonly actions: readonly Right[];
}

/** Who may do what with an application, and what limits its keys. */
export function peopleView(task: Task, viewer: Viewer): HTMLElement[] {
  return [grantsView(task, viewer), issuersView(task), limitsView(task)];
}

function part(className: string, title: string, ...content: (Node | undefined)[]): HTMLElement {
  const id = `${className}-title`;
  return element(
    'section',
    { class: `people ${className}`, 'aria-labelledby': id },
    element('h2', { id, class: 'part' }, title),
    ...content,
  );
}

/** For those who may manage that. All others can give up their own rights. */
function grantsView(task: Task, viewer: Viewer): HTMLElement {
  const { appkeys, app } = task;
  const list = element('ul');
  const shown = part('grants', 'Who has rights', list);
  const isManager = whyNot(app, 'manage') === undefined;
  const refresh = async () => {
    const { items } = await appkeys.listGrants({ app: app.hrn });
    const managers = items.filter(({ actions }) => actions.includes('manage'));
    list.replaceChildren(...items.map((each) => entry(each, managers.length === 1 && managers[0] === each)));
  };
  const entry = ({ principal, actions }: Grant, isLastManager: boolean) => {
    const why = isLastManager ? 'Nobody else has “manage”. Grant it to somebody else first.' : undefined;
    return element(
      'li',
      {},
      element('code', { dir: 'auto' }, principal),
      element('span', {}, actions.join(', ')),
      offer('Change', () => askForGrant(task, { principal, actions }), why, {
        id: `grant-${encodeURIComponent(principal)}`,
        'aria-label': `Change the rights of ${principal}`,
      }),
      offer('Remove', () => askForRemoval(task, principal, viewer), why, {
        id: `remove-${encodeURIComponent(principal)}`,
        'aria-label': `Remove the rights of ${principal}`,
      }),
    );
  };
  if (isManager) {
    shown.append(button('Grant rights', () => askForGrant(task), { id: 'grant' }));
    refresh().catch((error) => shown.isConnected && complain(error));
  } else {
    shown.append(
      element(
        'p',
        { class: 'description' },
        `You may ${app.rights.join(' and ')}. Only those with “manage” see the grants.`,
      ),
      button('Give up my rights', () => askForRemoval(task, viewer.principal, viewer), { id: 'leave' }),
    );
  }
  return shown;
}

function askForRemoval({ appkeys, app, changed }: Task, principal: string, viewer: Viewer): void {
  let hasLeft = false;
  ask({
    title: `Remove the rights of “${principal}”?`,
    content: [element('p', {}, `The grant on “${app.name}” ends at once. Rights in tokens stay.`)],
    action: 'Remove rights',
    isDangerous: true,
    refresh: async () => {
      if (!hasLeft) await changed();
    },
    run: async () => {
      await appkeys.deleteGrant({ app: app.hrn, principal });
      if (principal !== viewer.principal) return () => say(`“${principal}” has no grant any more.`);
      hasLeft = await isHidden(appkeys, app.hrn);
      return () => (hasLeft ? viewer.leave() : say('You have no grant any more. Your token still gives you rights.'));
    },
  });
}

/** @returns whether the viewer has no right on the application, be it from a grant or from the token */
async function isHidden(appkeys: Client, app: string): Promise<boolean> {
  try {
    await appkeys.getApp({ app });
    return false;
  } catch (error) {
    if (error instanceof AppkeysError && error.status === 404) return true;
    throw error;
  }
}

function askForGrant({ appkeys, app, changed }: Task, grant?: Grant): void {
  const field = textField('principal', 'Principal', grant?.principal, 'The “sub” of its tokens', true);
  const select = element('select', {}, ...rights.map((right) => element('option', { value: right }, right)));
  select.value = rights.findLast((right) => grant?.actions.includes(right)) ?? 'read';
  ask({
    title: grant ? `Change the rights of “${grant.principal}”` : 'Grant rights',
    content: [...(grant ? [] : [field.content]), labelled('Rights', select, 'Each right includes those before it.')],
    action: grant ? 'Save' : 'Grant',
    refresh: changed,
    run: async () => {
      const { principal, actions } = await appkeys.putGrant({
        app: app.hrn,
        principal: field.value(),
        actions: [select.value as Right],
      });
      return () => say(`“${principal}” has ${actions.join(', ')}.`);
    },
  });
}

function issuersView(task: Task): HTMLElement {
  const { appkeys, app, issuers, changed } = task;
  const entry = (issuer: string) =>
    element(
      'li',
      {},
      element('code', {}, issuer),
      offer('Detach', () => detach(appkeys, app.hrn, issuer, changed), whyNot(app, 'manage'), {
        'aria-label': `Detach ${issuer}`,
      }),
    );
  return part(
    'issuers',
    'Token issuers',
    element('p', { class: 'description' }, 'An application has API keys or token issuers, not both.'),
    element('ul', {}, ...issuers.map(entry)),
    offer('Attach issuer', () => askForIssuer(task), whyNoIssuer(task), { id: 'attach' }),
  );
}

function askForIssuer({ appkeys, app, changed }: Task): void {
  const field = textField('issuer', 'URL', '', 'It begins with https://', true);
  ask({
    title: 'Attach a token issuer',
    content: [field.content],
    action: 'Attach',
    refresh: changed,
    run: async () => {
      await appkeys.putIssuer({ app: app.hrn, issuer: field.value() });
      return () => say('The token issuer is attached.');
    },
  });
}

async function detach(appkeys: Client, app: string, issuer: string, changed: () => Promise<void>): Promise<void> {
  const isHere = whileHere();
  try {
    await appkeys.deleteIssuer({ app, issuer });
    if (isHere()) say('The token issuer is detached.');
    await changed();
  } catch (error) {
    if (isHere()) complain(error);
  }
}

function limitsView(task: Task): HTMLElement {
  const { referrers, scopes } = task.app;
  const from = referrers.length > 0 ? referrers.join(', ') : 'every page';
  const may = scopes === undefined ? 'every scope' : scopes.join(', ') || 'no scope';
  return part(
    'limits',
    'Limits of the keys',
    element(
      'dl',
      {},
      element('dt', {}, 'Web pages'),
      element('dd', {}, from),
      element('dt', {}, 'Scopes'),
      element('dd', {}, may),
    ),
    offer('Change limits', () => askForLimits(task), whyNot(task.app, 'manage'), { id: 'limits' }),
  );
}
