import type { Command } from 'commander';
import { addCommand, contextOf } from './context.ts';
import { findApp } from './names.ts';
import { print, printJson, tell } from './terminal.ts';

export function addIssuers(program: Command): void {
  const issuers = addCommand(program, 'issuers', 'the token issuers attached to an application', 'issuers list my-app');
  addCommand(issuers, 'list <app>', 'list the token issuers', 'issuers list my-app').action(list);
  addCommand(
    issuers,
    'add <app> <issuer>',
    'attach a token issuer; the application must have no API keys',
    'issuers add my-app https://login.example.com',
  ).action(add);
  addCommand(
    issuers,
    'remove <app> <issuer>',
    'detach a token issuer',
    'issuers remove my-app https://login.example.com',
  ).action(remove);
}

async function list(appText: string, _: object, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const { items } = await client.listIssuers({ app: await findApp(client, appText) });
  if (json) return printJson(items);
  if (items.length === 0) return tell('The application has no token issuers.');
  print(items.join('\n'));
}

async function add(appText: string, issuer: string, _: object, command: Command): Promise<void> {
  const { client } = contextOf(command);
  const app = await findApp(client, appText);
  await client.putIssuer({ app, issuer });
  tell(`Attached ${issuer} to ${app}.`);
}

async function remove(appText: string, issuer: string, _: object, command: Command): Promise<void> {
  const { client } = contextOf(command);
  const app = await findApp(client, appText);
  await client.deleteIssuer({ app, issuer });
  tell(`Detached ${issuer} from ${app}.`);
}
