import { type Command, Option } from 'commander';
import { hasRightChecksum } from '../../domain/api-key-id.ts';
import { type ApiKey, everyItem, type Input, type NewApiKey } from '../client/client.ts';
import {
  addCommand,
  type CommandContext,
  chosenList,
  contextOf,
  createServiceClient,
  type Globals,
  idempotencyKeyOption,
  listOption,
  mayGoOn,
  urlOf,
} from './context.ts';
import { findApiKey, findApp } from './names.ts';
import { showReceipt, tellApplied, tellEffect } from './receipt.ts';
import { formatTable, listRows } from './table.ts';
import { print, printJson, readKey, tell, UsageError } from './terminal.ts';
import { formatChange, formatTime, parseExpiry, parseSeconds } from './times.ts';

/** `scopes` and `sources` are false for `--no-scopes` and `--no-sources`. */
interface KeyOptions {
  readonly name?: string;
  readonly description?: string;
  readonly expires?: string;
  readonly scope?: readonly string[];
  readonly scopes?: boolean;
  readonly source?: readonly string[];
  readonly sources?: boolean;
}

interface NewKeyOptions extends KeyOptions {
  readonly disabled?: boolean;
  readonly overlap?: string;
  readonly untilFirstUse?: string;
  readonly atMost?: string;
  readonly idempotencyKey?: string;
}

interface ListOptions {
  readonly overAge?: boolean;
}

interface DeleteOptions {
  readonly yes?: boolean;
  readonly all?: boolean;
}

type Changes = Omit<Input<'updateApiKey'>, 'app' | 'apiKey'>;

const expiry = 'never, a duration such as 30d, or a date such as 2030-12-31';
const scopeOption = () => listOption('--scope <scope>', 'a scope of the key, such as invoices:read');
const sourceOption = () =>
  listOption('--source <address>', 'where the key can be used from: an IP address, or a block such as 10.0.0.0/8');
const noScopesOption = () => new Option('--no-scopes', 'remove every scope').conflicts('scope');
const noSourcesOption = () => new Option('--no-sources', 'allow the key from every address').conflicts('source');

export function addKeys(program: Command): void {
  const keys = addCommand(program, 'keys', 'the API keys of an application', 'keys list my-app');
  addCommand(keys, 'list [app]', 'list the keys of an application', 'keys list my-app')
    .option(
      '--over-age',
      'list only keys that still work but are older than the maximum lifetime; without an application, of all applications',
    )
    .action(list);
  addCommand(
    keys,
    'create <app>',
    'generate an API key and print only its secret value',
    'keys create my-app --name ci --expires 90d --scope invoices:read --source 203.0.113.0/24',
  )
    .requiredOption('--name <name>', 'what the key is for')
    .option('--description <text>', 'what the key is for, in more words')
    .option('--expires <when>', `when the key expires: ${expiry}`)
    .addOption(scopeOption())
    .addOption(sourceOption())
    .option('--disabled', 'generate a disabled key')
    .addOption(idempotencyKeyOption())
    .action(create);
  addCommand(keys, 'show <app> <key>', 'show a key without its secret value', 'keys show my-app ci').action(show);
  addCommand(
    keys,
    'update <app> <key>',
    'change a key; a list that you pass replaces the current list',
    'keys update my-app ci --scope invoices:read --no-sources',
  )
    .option('--name <name>', 'the new name')
    .option('--description <text>', 'the new description; "" removes it')
    .option('--expires <when>', `when the key expires: ${expiry}`)
    .addOption(scopeOption())
    .addOption(noScopesOption())
    .addOption(sourceOption())
    .addOption(noSourcesOption())
    .action(update);
  addCommand(keys, 'rename <app> <key> <name>', 'give a key another name', 'keys rename my-app ci deploy').action(
    rename,
  );
  addCommand(
    keys,
    'expire <app> <key> <when>',
    `set when a key expires: ${expiry}`,
    'keys expire my-app ci 12h',
  ).action(expire);
  addCommand(keys, 'enable <app> <key>', 'accept a disabled API key again', 'keys enable my-app ci').action(enable);
  addCommand(
    keys,
    'disable <app> <key>',
    'disable an API key, and print by when every verifier rejects it',
    'keys disable my-app ci',
  ).action(disable);
  addCommand(
    keys,
    'revoke',
    "disable a leaked API key that you pass on stdin; you don't have to sign in",
    'keys revoke < key.txt',
  ).action(revoke);
  addCommand(
    keys,
    'rotate <app> <key>',
    'rotate an API key and print only the secret value of its successor',
    'keys rotate my-app ci --overlap 1h',
  )
    .option('--overlap <time>', 'how long the old key stays valid, such as 1h (needs a free slot); default 0')
    .addOption(
      new Option(
        '--until-first-use <time>',
        'how long the old key stays valid after the first use of its successor',
      ).conflicts('overlap'),
    )
    .option('--at-most <time>', 'with --until-first-use: how long the old key stays valid at most')
    .option('--expires <when>', `when the successor expires: ${expiry}; default: as the old key`)
    .option('--name <name>', "the successor's name; default: as the old key")
    .option('--description <text>', "the successor's description; default: as the old key")
    .addOption(scopeOption())
    .addOption(noScopesOption())
    .addOption(sourceOption())
    .addOption(noSourcesOption())
    .addOption(idempotencyKeyOption())
    .action(rotateKey);
  addCommand(keys, 'delete <app> [key]', 'permanently delete a key', 'keys delete my-app ci')
    .option('--all', 'delete every key of the application in one step')
    .option('--yes', 'delete without asking for confirmation')
    .action(remove);
}

async function list(appText: string | undefined, { overAge }: ListOptions, command: Command): Promise<void> {
  if (appText === undefined && !overAge) throw new UsageError('Name an application, or pass --over-age.');
  const { client, json } = contextOf(command);
  const query = overAge ? ({ overAge: 'true' } as const) : {};
  const keys: ApiKey[] = [];
  const apps = appText === undefined ? await everyApp(client) : [await findApp(client, appText)];
  for (const app of apps) for await (const key of everyItem(client.listApiKeys, { app, ...query })) keys.push(key);
  if (json) return printJson(keys);
  if (!overAge) for (const app of apps) await warnOfStatus(client, app);
  if (keys.length === 0)
    return tell(overAge ? 'No API key is older than the maximum lifetime.' : 'The application has no API keys.');
  const now = Date.now();
  const rows = keys.map((key) => [
    key.name,
    stateOf(key, now),
    formatTime(key.createdTime),
    formatTime(key.lastUsedTime),
    formatTime(key.expiresAt),
    key.apiKey,
    ...(overAge ? [key.identity] : []),
  ]);
  const columns = ['NAME', 'STATE', 'CREATED', 'LAST USED', 'EXPIRES', 'HRN', ...(overAge ? ['APPLICATION'] : [])];
  print(formatTable([columns, ...rows]));
}

async function warnOfStatus(client: CommandContext['client'], app: string): Promise<void> {
  const { status } = await client.getApp({ app });
  if (status !== 'active') tell('The application is deactivated, so all its API keys are rejected.');
}

async function everyApp(client: CommandContext['client']): Promise<string[]> {
  const apps: string[] = [];
  for await (const { hrn } of everyItem(client.listApps)) apps.push(hrn);
  return apps;
}

async function create(appText: string, options: NewKeyOptions, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const input = { ...changesOf(options), name: options.name ?? '', ...(options.disabled && { enabled: false }) };
  const app = await findApp(client, appText);
  showNew(await client.generateApiKey({ app, ...input }, repeatable(options)), json);
}

async function rotateKey(appText: string, keyText: string, options: NewKeyOptions, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const changes = { ...changesOf(options), ...overlapOf(options) };
  const found = await find(client, appText, keyText);
  const made = await client.rotateApiKey({ ...found, ...changes }, repeatable(options));
  showNew(made, json);
  if (!json) tellEffect(made, 'the old key');
}

function overlapOf({ overlap, untilFirstUse, atMost }: NewKeyOptions): Omit<Input<'rotateApiKey'>, 'app' | 'apiKey'> {
  if ((untilFirstUse === undefined) !== (atMost === undefined))
    throw new UsageError('Pass both --until-first-use and --at-most, or neither.');
  if (untilFirstUse !== undefined && atMost !== undefined)
    return { overlap: { untilFirstUse: parseSeconds(untilFirstUse), atMost: parseSeconds(atMost) } };
  return overlap === undefined ? {} : { overlapSeconds: parseSeconds(overlap) };
}

async function show(appText: string, keyText: string, _: object, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const key = await client.getApiKey(await find(client, appText, keyText));
  if (json) return printJson(key);
  print(formatKey(key));
}

async function update(appText: string, keyText: string, options: KeyOptions, command: Command): Promise<void> {
  const changes = changesOf(options);
  if (Object.keys(changes).length === 0) throw new UsageError('There is nothing to change. Pass one of the options.');
  await change(contextOf(command), appText, keyText, changes);
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
  changes: Changes,
): Promise<void> {
  const key = await client.updateApiKey({ ...(await find(client, appText, keyText)), ...changes });
  if (json) return printJson(key);
  tell(formatKey(key));
  tellApplied(key);
}

async function enable(appText: string, keyText: string, _: object, command: Command): Promise<void> {
  const { client } = contextOf(command);
  const found = await find(client, appText, keyText);
  const { disabledReason } = await client.getApiKey(found);
  await client.enableApiKey(found);
  tell(`Enabled ${found.apiKey}.`);
  if (disabledReason === 'leaked')
    tell('Somebody who holds this key had reported it as leaked. Rotate it, unless you made the report yourself.');
}

async function disable(appText: string, keyText: string, _: object, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const found = await find(client, appText, keyText);
  showReceipt(await client.disableApiKey(found), json, `Disabled ${found.apiKey}.`, 'the key');
}

async function revoke(_: object, command: Command): Promise<void> {
  const { insecure = false, json } = command.optsWithGlobals<Globals>();
  const client = createServiceClient({ url: urlOf(command), insecure });
  const apiKeyId = await readKey('keys revoke');
  if (!hasRightChecksum(apiKeyId))
    throw new UsageError(
      'The input is not a single API key. Nothing was sent. Pass only the key, without quotes or a name.',
    );
  const answer = await client.revokeApiKey({ apiKeyId });
  const done = 'Accepted. If the service has this key, the key is disabled now, unless its application has referrers.';
  showReceipt(answer, json, done, 'the disabled key');
}

async function remove(appText: string, keyText: string | undefined, options: DeleteOptions, command: Command) {
  if ((keyText === undefined) !== (options.all === true)) throw new UsageError('Name one key, or pass --all.');
  const { client, json } = contextOf(command);
  const app = await findApp(client, appText);
  const apiKey = keyText === undefined ? undefined : await findApiKey(client, app, keyText);
  const what =
    apiKey === undefined ? `every key of ${app}` : `the key ${apiKey === keyText ? apiKey : `${keyText} (${apiKey})`}`;
  if (!(await mayGoOn(`Permanently delete ${what}?`, options.yes))) throw new Error('Nothing was deleted.');
  const receipt = await (apiKey === undefined ? client.deleteApiKeys({ app }) : client.deleteApiKey({ app, apiKey }));
  showReceipt(receipt, json, `Deleted ${what}.`, apiKey === undefined ? 'these keys' : 'the key');
}

async function find(client: CommandContext['client'], appText: string, keyText: string) {
  const app = await findApp(client, appText);
  return { app, apiKey: await findApiKey(client, app, keyText) };
}

function changesOf({ name, description, expires, ...lists }: KeyOptions): Changes {
  const scopes = chosenList(lists.scope, lists.scopes);
  const allowedSources = chosenList(lists.source, lists.sources);
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(expires !== undefined && { expiresAt: parseExpiry(expires, Date.now()) }),
    ...(scopes && { scopes }),
    ...(allowedSources && { allowedSources }),
  };
}

function repeatable({ idempotencyKey }: NewKeyOptions): { idempotencyKey?: string } {
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}

/** Prints only the secret value to stdout, so that `KEY=$(appkeys keys create …)` contains nothing else. */
function showNew(key: NewApiKey, json: boolean | undefined): void {
  const apiKeyId = key.apiKeyId.reveal();
  if (json) {
    printJson({ ...key, apiKeyId });
  } else {
    tell(`${formatKey(key)}\nThe key itself, which is shown only this once:`);
    print(apiKeyId);
  }
}

function stateOf(
  { enabled, expiresAt, disabledReason }: Pick<ApiKey, 'enabled' | 'expiresAt' | 'disabledReason'>,
  now: number,
): string {
  const why = disabledReason ? `: ${disabledReason}` : '';
  if (expiresAt !== -1 && expiresAt <= now) return `expired${why}`;
  return enabled ? 'active' : `disabled${why}`;
}

type History = Pick<ApiKey, 'createdBy' | 'lastChange' | 'rotatedTo' | 'untilFirstUse' | 'lastUsedTime'>;

/** @param key as in a response; only responses about an existing key contain its history */
export function formatKey(key: Omit<ApiKey, keyof History> & Partial<History>): string {
  return formatTable([
    ['name', key.name],
    ...(key.description ? [['description', key.description]] : []),
    ['state', stateOf(key, Date.now())],
    ['created', formatTime(key.createdTime)],
    ...(key.createdBy === undefined ? [] : [['created by', key.createdBy]]),
    ...(key.lastChange === undefined ? [] : [['last change', formatChange(key.lastChange)]]),
    ['expires', formatTime(key.expiresAt)],
    ...listRows('scopes', key.scopes),
    ...listRows('sources', key.allowedSources),
    ['application', key.identity],
    ['HRN', key.apiKey],
    ...(key.rotatedFrom ? [['succeeds', key.rotatedFrom]] : []),
    ...(key.rotatedTo ? [['succeeded by', key.rotatedTo]] : []),
    ...(key.untilFirstUse === undefined
      ? []
      : [
          [
            'ends',
            `at the latest when it expires, and ${key.untilFirstUse} seconds after the first use of its successor`,
          ],
        ]),
    ...(key.lastUsedTime === undefined ? [] : [['last used', formatTime(key.lastUsedTime)]]),
  ]);
}
