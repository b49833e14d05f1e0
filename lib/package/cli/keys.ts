import type { Command } from 'commander';
import { type ApiKey, everyItem, type NewApiKey } from '../client/client.ts';
import { addCommand, type CommandContext, contextOf, idempotencyKeyOption, mayGoOn } from './context.ts';
import { findApiKey, findApp } from './names.ts';
import { formatTable } from './table.ts';
import { print, printJson, tell, UsageError } from './terminal.ts';
import { formatTime, parseExpiry, parseSeconds } from './times.ts';

interface NewKeyOptions {
  readonly name?: string;
  readonly expires?: string;
  readonly disabled?: boolean;
  readonly overlap?: string;
  readonly idempotencyKey?: string;
}

interface DeleteOptions {
  readonly yes?: boolean;
  readonly all?: boolean;
}

const expiry = 'never, a time from now such as 30d, or a date such as 2030-12-31';

export function addKeys(program: Command): void {
  const keys = addCommand(program, 'keys', 'the API keys of an application', 'keys list my-app');
  addCommand(keys, 'list <app>', 'list the keys of an application', 'keys list my-app').action(list);
  addCommand(
    keys,
    'create <app>',
    'generate an API key and print only its secret value',
    'keys create my-app --name ci --expires 90d',
  )
    .requiredOption('--name <name>', 'what it is for')
    .option('--expires <when>', expiry)
    .option('--disabled', 'generate a key that cannot be used yet')
    .addOption(idempotencyKeyOption())
    .action(create);
  addCommand(keys, 'show <app> <key>', 'show a key, without its secret', 'keys show my-app ci').action(show);
  addCommand(keys, 'rename <app> <key> <name>', 'give a key another name', 'keys rename my-app ci deploy').action(
    rename,
  );
  addCommand(keys, 'expire <app> <key> <when>', `say when a key ends: ${expiry}`, 'keys expire my-app ci 12h').action(
    expire,
  );
  addCommand(keys, 'enable <app> <key>', 'let a key be used again', 'keys enable my-app ci').action(enable);
  addCommand(keys, 'disable <app> <key>', 'let a key be used no longer', 'keys disable my-app ci').action(disable);
  addCommand(
    keys,
    'rotate <app> <key>',
    'rotate an API key and print only the secret value of its successor',
    'keys rotate my-app ci --overlap 1h',
  )
    .option('--overlap <time>', 'how long the old key stays valid, such as 1h (needs a free slot); default 0')
    .option('--expires <when>', `when the successor ends: ${expiry}; default: as the old key`)
    .option('--name <name>', "the successor's name; default: as the old key")
    .addOption(idempotencyKeyOption())
    .action(rotateKey);
  addCommand(keys, 'delete <app> [key]', 'delete a key for ever', 'keys delete my-app ci')
    .option('--all', 'delete every key of the application, in one step')
    .option('--yes', 'do not ask')
    .action(remove);
}

async function list(appText: string, _: object, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const app = await findApp(client, appText);
  const keys: ApiKey[] = [];
  for await (const key of everyItem(client.listApiKeys, { app })) keys.push(key);
  if (json) return printJson(keys);
  if (keys.length === 0) return tell('The application has no API keys.');
  const now = Date.now();
  const rows = keys.map((key) => [
    key.name,
    stateOf(key, now),
    formatTime(key.createdTime),
    formatTime(key.lastUsedTime),
    formatTime(key.expiresAt),
    key.apiKey,
  ]);
  print(formatTable([['NAME', 'STATE', 'CREATED', 'LAST USED', 'EXPIRES', 'HRN'], ...rows]));
}

async function create(appText: string, options: NewKeyOptions, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const input = { ...wishOf(options), name: options.name ?? '', ...(options.disabled && { enabled: false }) };
  const app = await findApp(client, appText);
  showNew(await client.generateApiKey({ app, ...input }, repeatable(options)), json);
}

async function rotateKey(appText: string, keyText: string, options: NewKeyOptions, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const { overlap } = options;
  const wish = { ...wishOf(options), ...(overlap !== undefined && { overlapSeconds: parseSeconds(overlap) }) };
  const found = await find(client, appText, keyText);
  showNew(await client.rotateApiKey({ ...found, ...wish }, repeatable(options)), json);
}

async function show(appText: string, keyText: string, _: object, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const key = await client.getApiKey(await find(client, appText, keyText));
  if (json) return printJson(key);
  print(formatKey(key));
}

async function rename(appText: string, keyText: string, name: string, _: object, command: Command): Promise<void> {
  await change(contextOf(command), appText, keyText, { name });
}

async function expire(appText: string, keyText: string, when: string, _: object, command: Command): Promise<void> {
  await change(contextOf(command), appText, keyText, { expiresAt: parseExpiry(when, Date.now()) });
}

async function change(
  { client, json }: CommandContext,
  appText: string,
  keyText: string,
  wish: { name?: string; expiresAt?: number },
): Promise<void> {
  const key = await client.updateApiKey({ ...(await find(client, appText, keyText)), ...wish });
  if (json) return printJson(key);
  tell(formatKey(key));
}

async function enable(appText: string, keyText: string, _: object, command: Command): Promise<void> {
  const { client } = contextOf(command);
  const found = await find(client, appText, keyText);
  await client.enableApiKey(found);
  tell(`Enabled ${found.apiKey}.`);
}

async function disable(appText: string, keyText: string, _: object, command: Command): Promise<void> {
  const { client } = contextOf(command);
  const found = await find(client, appText, keyText);
  await client.disableApiKey(found);
  tell(`Disabled ${found.apiKey}.`);
}

async function remove(appText: string, keyText: string | undefined, options: DeleteOptions, command: Command) {
  if ((keyText === undefined) !== (options.all === true)) throw new UsageError('Name one key, or give --all.');
  const { client } = contextOf(command);
  const app = await findApp(client, appText);
  const apiKey = keyText === undefined ? undefined : await findApiKey(client, app, keyText);
  const what =
    apiKey === undefined ? `every key of ${app}` : `the key ${apiKey === keyText ? apiKey : `${keyText} (${apiKey})`}`;
  if (!(await mayGoOn(`Delete ${what} for ever?`, options.yes))) throw new Error('Nothing was deleted.');
  await (apiKey === undefined ? client.deleteApiKeys({ app }) : client.deleteApiKey({ app, apiKey }));
  tell(`Deleted ${what}.`);
}

async function find(client: CommandContext['client'], appText: string, keyText: string) {
  const app = await findApp(client, appText);
  return { app, apiKey: await findApiKey(client, app, keyText) };
}

function wishOf({ name, expires }: NewKeyOptions): { name?: string; expiresAt?: number } {
  return {
    ...(name !== undefined && { name }),
    ...(expires !== undefined && { expiresAt: parseExpiry(expires, Date.now()) }),
  };
}

function repeatable({ idempotencyKey }: NewKeyOptions): { idempotencyKey?: string } {
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}

/** The secret alone on stdout, so that `KEY=$(appkeys keys create …)` holds it and nothing else. */
function showNew(key: NewApiKey, json: boolean | undefined): void {
  const apiKeyId = key.apiKeyId.reveal();
  if (json) {
    printJson({ ...key, apiKeyId });
  } else {
    tell(`${formatKey(key)}\nThe key itself, which is shown only now:`);
    print(apiKeyId);
  }
}

function stateOf({ enabled, expiresAt }: ApiKey, now: number): string {
  if (expiresAt !== -1 && expiresAt <= now) return 'expired';
  return enabled ? 'active' : 'disabled';
}

export function formatKey(key: ApiKey): string {
  return formatTable([
    ['name', key.name],
    ['state', stateOf(key, Date.now())],
    ['created', formatTime(key.createdTime)],
    ['expires', formatTime(key.expiresAt)],
    ['application', key.identity],
    ['HRN', key.apiKey],
    ...(key.rotatedFrom ? [['succeeds', key.rotatedFrom]] : []),
    ...(key.lastUsedTime === undefined ? [] : [['last used', formatTime(key.lastUsedTime)]]),
  ]);
}
