import { type Command, Option } from 'commander';
import { type App, everyItem, type Input } from '../client/client.ts';
import { everyPage } from '../client/every-item.ts';
import {
  addCommand,
  type CommandContext,
  chosenList,
  contextOf,
  idempotencyKeyOption,
  listOption,
  mayGoOn,
} from './context.ts';
import { findApp } from './names.ts';
import { showReceipt, tellApplied } from './receipt.ts';
import { formatTable, listRows } from './table.ts';
import { print, printJson, tell, UsageError } from './terminal.ts';
import { formatChange, formatTime } from './times.ts';

const rights = ['read', 'write', 'manage'] as const;

interface ListOptions {
  readonly due?: boolean;
  readonly action?: (typeof rights)[number];
}

/** `referrers` and `scopes` are false for `--no-referrers` and `--no-scopes`. */
interface AppOptions {
  readonly name?: string;
  readonly description?: string;
  readonly referrer?: readonly string[];
  readonly referrers?: boolean;
  readonly scope?: readonly string[];
  readonly scopes?: boolean;
  readonly anyScope?: boolean;
}

interface CreateOptions extends AppOptions {
  readonly idempotencyKey?: string;
}

type AppPage = Awaited<ReturnType<CommandContext['client']['listApps']>>;
type Changes = Omit<Input<'updateApp'>, 'app'>;

const referrerOption = () =>
  listOption('--referrer <host>', 'a web page from which its keys can be used, such as www.example.com/app');
const scopeOption = () => listOption('--scope <scope>', 'allow its keys only this scope');
const noScopesOption = () => new Option('--no-scopes', 'allow its keys no scopes').conflicts('scope');

export function addApps(program: Command): void {
  const apps = addCommand(program, 'apps', 'applications', 'apps list');
  addCommand(apps, 'list', 'list the applications that you can see', 'apps list')
    .addOption(new Option('--action <right>', 'list only applications on which you have this right').choices(rights))
    .option('--due', 'list their API keys that expire soon, have expired, are not used, or are due for rotation')
    .action(list);
  addCommand(apps, 'create <name>', 'create an application and print its HRN', 'apps create my-app')
    .option('--description <text>', 'what the application is for')
    .addOption(referrerOption())
    .addOption(scopeOption())
    .addOption(noScopesOption())
    .addOption(idempotencyKeyOption())
    .action(create);
  addCommand(apps, 'show <app>', 'show an application', 'apps show my-app').action(show);
  addCommand(
    apps,
    'update <app>',
    'change an application; a list that you pass replaces the current list',
    'apps update my-app --name "My app" --scope invoices:read --scope invoices:write',
  )
    .option('--name <name>', 'the new name')
    .option('--description <text>', 'the new description; "" removes it')
    .addOption(referrerOption())
    .addOption(new Option('--no-referrers', 'allow its keys on every web page').conflicts('referrer'))
    .addOption(scopeOption())
    .addOption(noScopesOption())
    .addOption(new Option('--any-scope', 'allow its keys every scope again').conflicts(['scope', 'scopes']))
    .action(update);
  addCommand(
    apps,
    'activate <app>',
    'accept the keys of a deactivated application again',
    'apps activate my-app',
  ).action(activate);
  addCommand(apps, 'deactivate <app>', 'reject all keys of an application', 'apps deactivate my-app').action(
    deactivate,
  );
  addCommand(apps, 'delete <app>', 'permanently delete an application and all its keys', 'apps delete my-app')
    .option('--yes', 'delete without asking for confirmation')
    .action(remove);
}

async function list({ action, due }: ListOptions, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const query = action && { action };
  if (due) return listDue(everyPage(client.listApps, { ...query, due: 'true' as const }), json);
  const apps: App[] = [];
  for await (const app of everyItem(client.listApps, query)) apps.push(app);
  if (json) return printJson(apps);
  if (apps.length === 0) return tell(`There are no applications that you can ${action ?? 'see'}.`);
  const rows = apps.map(({ name, status, createdTime, createdBy, hrn }) => [
    name,
    status,
    formatTime(createdTime),
    createdBy,
    hrn,
  ]);
  print(formatTable([['NAME', 'STATUS', 'CREATED', 'CREATED BY', 'HRN'], ...rows]));
}

/** Prints the current notices of API keys. The JSON output has the format of the service. */
async function listDue(pages: AsyncIterable<AppPage>, json: boolean | undefined): Promise<void> {
  const found: [AppPage['items'], NonNullable<AppPage['due']>][] = [];
  for await (const { items, due = [] } of pages) found.push([items, due]);
  const all = found.flatMap(([, due]) => due);
  if (json) return printJson(all);
  if (all.length === 0) return tell('There are no notices for API keys.');
  const names = new Map(found.flatMap(([items]) => items.map(({ hrn, name }) => [hrn, name] as const)));
  const rows = all.map(({ app, apiKey, notice, time }) => [
    names.get(app) ?? '',
    notice,
    formatTime(time),
    apiKey,
    app,
  ]);
  print(formatTable([['NAME', 'NOTICE', 'SINCE', 'KEY', 'APPLICATION'], ...rows]));
}

async function create(name: string, options: CreateOptions, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const { idempotencyKey } = options;
  const { scopes, ...others } = changesOf(options);
  const input = { name, ...others, ...(scopes && { scopes }) };
  const app = await client.createApp(input, { ...(idempotencyKey && { idempotencyKey }) });
  if (json) return printJson(app);
  tell(formatApp(app));
  print(app.hrn);
}

async function show(text: string, _: object, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const app = await client.getApp({ app: await findApp(client, text) });
  if (json) return printJson(app);
  print(formatApp(app, app.rights));
}

async function update(text: string, options: AppOptions, command: Command): Promise<void> {
  const changes = changesOf(options);
  if (Object.keys(changes).length === 0) throw new UsageError('There is nothing to change. Pass one of the options.');
  await change(text, changes, command);
}

function changesOf({ name, description, anyScope, ...lists }: AppOptions): Changes {
  const referrers = chosenList(lists.referrer, lists.referrers);
  const scopes = anyScope ? null : chosenList(lists.scope, lists.scopes);
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(referrers && { referrers }),
    ...(scopes !== undefined && { scopes }),
  };
}

async function activate(text: string, _: object, command: Command): Promise<void> {
  await change(text, { status: 'active' }, command);
}

async function deactivate(text: string, _: object, command: Command): Promise<void> {
  await change(text, { status: 'deactivated' }, command);
}

async function change(text: string, changes: Changes, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const app = await client.updateApp({ app: await findApp(client, text), ...changes });
  if (json) return printJson(app);
  tell(formatApp(app));
  tellApplied(app);
}

async function remove(text: string, { yes }: { yes?: boolean }, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const app = await findApp(client, text);
  const question = `Permanently delete the application ${text === app ? app : `${text} (${app})`} and all its keys?`;
  if (!(await mayGoOn(question, yes))) throw new Error('Nothing was deleted.');
  showReceipt(await client.deleteApp({ app }), json, `Deleted ${app}.`, 'its keys');
}

function formatApp(app: App, rights: readonly string[] = []): string {
  const { name, description, status, referrers, scopes, createdTime, createdBy, lastChange, hrn } = app;
  return formatTable([
    ['name', name],
    ['description', description],
    ['status', status],
    ...listRows('referrers', referrers),
    ...listRows('scopes', scopes?.length === 0 ? ['none'] : scopes),
    ['created', formatTime(createdTime)],
    ['created by', createdBy],
    ['last change', formatChange(lastChange)],
    ...(rights.length > 0 ? [['your rights', rights.join(', ')]] : []),
    ['HRN', hrn],
  ]);
}
