import { Argument, type Command } from 'commander';
import type { Input } from '../client/client.ts';
import { addCommand, contextOf } from './context.ts';
import { findApp } from './names.ts';
import { formatTable } from './table.ts';
import { print, printJson, tell } from './terminal.ts';

type Actions = Input<'putGrant'>['actions'];

export function addGrants(program: Command): void {
  const grants = addCommand(program, 'grants', 'the grants of an application', 'grants list my-app');
  addCommand(grants, 'list <app>', 'list the principals that have a grant', 'grants list my-app').action(list);
  addCommand(
    grants,
    'set <app> <principal>',
    'give a principal exactly these rights',
    'grants set my-app alice read write',
  )
    .addArgument(new Argument('<rights...>', 'which rights').choices(['read', 'write', 'manage']))
    .action(set);
  addCommand(
    grants,
    'remove <app> <principal>',
    'remove all rights of a principal; you can always remove your own',
    'grants remove my-app alice',
  ).action(remove);
}

async function list(appText: string, _: object, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const { items } = await client.listGrants({ app: await findApp(client, appText) });
  if (json) return printJson(items);
  if (items.length === 0) return tell('The application has no grants.');
  print(
    formatTable([['PRINCIPAL', 'RIGHTS'], ...items.map(({ principal, actions }) => [principal, actions.join(' ')])]),
  );
}

async function set(appText: string, principal: string, rights: Actions, _: object, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const app = await findApp(client, appText);
  const grant = await client.putGrant({ app, principal, actions: [...new Set(rights)] });
  if (json) return printJson(grant);
  tell(`Granted ${grant.actions.join(' ')} to ${principal} on ${app}.`);
}

async function remove(appText: string, principal: string, _: object, command: Command): Promise<void> {
  const { client } = contextOf(command);
  const app = await findApp(client, appText);
  await client.deleteGrant({ app, principal });
  tell(`Removed the rights of ${principal} on ${app}.`);
}
