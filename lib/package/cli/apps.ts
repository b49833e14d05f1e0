import type { Command } from 'commander';
import { type App, everyItem, type Input } from '../client/client.ts';
import { addCommand, contextOf, idempotencyKeyOption, mayGoOn } from './context.ts';
import { findApp } from './names.ts';
import { formatTable } from './table.ts';
import { print, printJson, tell, UsageError } from './terminal.ts';
import { formatTime } from './times.ts';

interface CreateOptions {
  readonly description?: string;
  readonly idempotencyKey?: string;
}

export function addApps(program: Command): void {
  const apps = addCommand(program, 'apps', 'applications', 'apps list');
  addCommand(apps, 'list', 'list the applications that you may see', 'apps list').action(list);
  addCommand(apps, 'create <name>', 'create an application, and print its HRN', 'apps create my-app')
    .option('--description <text>', 'what it is for')
    .addOption(idempotencyKeyOption())
    .action(create);
  addCommand(apps, 'show <app>', 'show an application', 'apps show my-app').action(show);
  addCommand(apps, 'update <app>', 'change the name or the description', 'apps update my-app --name "My app"')
    .option('--name <name>', 'the new name')
    .option('--description <text>', 'the new description; "" removes it')
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
  addCommand(apps, 'delete <app>', 'delete an application and all its keys, for ever', 'apps delete my-app')
    .option('--yes', 'do not ask')
    .action(remove);
}

async function list(_: object, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const apps: App[] = [];
  for await (const app of everyItem(client.listApps)) apps.push(app);
  if (json) return printJson(apps);
  if (apps.length === 0) return tell('There are no applications that you may see.');
  const rows = apps.map(({ name, status, createdTime, createdBy, hrn }) => [
    name,
    status,
    formatTime(createdTime),
    createdBy,
    hrn,
  ]);
  print(formatTable([['NAME', 'STATUS', 'CREATED', 'CREATED BY', 'HRN'], ...rows]));
}

async function create(name: string, options: CreateOptions, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const { description, idempotencyKey } = options;
  const input = { name, ...(description !== undefined && { description }) };
  const app = await client.createApp(input, { ...(idempotencyKey && { idempotencyKey }) });
  if (json) return printJson(app);
  tell(formatApp(app));
  print(app.hrn);
}

async function show(text: string, _: object, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const app = await client.getApp({ app: await findApp(client, text) });
  if (json) return printJson(app);
  print(formatApp(app));
}

interface UpdateOptions {
  readonly name?: string;
  readonly description?: string;
}

async function update(text: string, { name, description }: UpdateOptions, command: Command): Promise<void> {
  if (name === undefined && description === undefined)
    throw new UsageError('There is nothing to change. Pass --name or --description.');
  const wish = { ...(name !== undefined && { name }), ...(description !== undefined && { description }) };
  await change(text, wish, command);
}

async function activate(text: string, _: object, command: Command): Promise<void> {
  await change(text, { status: 'active' }, command);
}

async function deactivate(text: string, _: object, command: Command): Promise<void> {
  await change(text, { status: 'deactivated' }, command);
}

async function change(text: string, wish: Omit<Input<'updateApp'>, 'app'>, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const app = await client.updateApp({ app: await findApp(client, text), ...wish });
  if (json) return printJson(app);
  tell(formatApp(app));
}

async function remove(text: string, { yes }: { yes?: boolean }, command: Command): Promise<void> {
  const { client } = contextOf(command);
  const app = await findApp(client, text);
  const question = `Delete the application ${text === app ? app : `${text} (${app})`} and all its keys for ever?`;
  if (!(await mayGoOn(question, yes))) throw new Error('Nothing was deleted.');
  await client.deleteApp({ app });
  tell(`Deleted ${app}.`);
}

function formatApp({ name, description, status, createdTime, createdBy, hrn }: App): string {
  return formatTable([
    ['name', name],
    ['description', description],
    ['status', status],
    ['created', formatTime(createdTime)],
    ['created by', createdBy],
    ['HRN', hrn],
  ]);
}
