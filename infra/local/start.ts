import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiSettingsOf } from '../../lib/service/authorizer/stage-variables.ts';
import { type Settings, settingsOf } from '../../lib/service/settings.ts';
import { readStageSettings, stageFile } from '../settings/stage-settings.ts';
import { choosePorts, defaultSecretsPort, type Ports } from './addresses.ts';
import { messageOf, parseFlags, parseWhole, UsageError } from './command-line.ts';
import { type Engine, startDynalite } from './dynalite.ts';
import { lockFolder } from './folder-lock.ts';
import { openLocalFolder } from './folders.ts';
import { stage } from './functions.ts';
import { signInSettings, startIdentityProvider } from './identity-provider.ts';
import { defaultValiditySeconds, localIssuer, openSigningKey, signToken } from './issuer.ts';
import { startLocalKms } from './kms.ts';
import { freePort } from './ports.ts';
import { startLocalSecretsManager } from './secrets-manager.ts';
import { seedApps } from './seed.ts';
import { serviceEnvironment, startService } from './service.ts';
import { openServiceKey } from './service-key.ts';
import { createTable } from './table.ts';
import { formatWelcome } from './welcome.ts';

const help = `usage: npm start -- [--port N] [--lambda-port N] [--settings FILE] [--stage-variable NAME=VALUE ...]

Runs the service on this machine. Its data is in .local/, or in the folder that APPKEYS_LOCAL_DIR names.

  --port N         the port of the API (default 3000)
  --lambda-port N  the port for direct invocations (default: the API's port + 2, or a free port)
  --settings FILE  the settings (default infra/settings/local.yml); the service trusts its issuers and the local issuers
  --stage-variable NAME=VALUE
                   a stage variable of the API behind the authorizer, such as appkeys_scopes=invoices:read
  --help           this page`;

interface Options {
  readonly help: boolean;
  readonly httpPort: number;
  readonly lambdaPort: number | undefined;
  readonly settingsFile: string;
  readonly stageVariables: Record<string, string>;
}
/** The steps that clean up at the end, in reverse order. */
type Undo = Array<() => Promise<void> | void>;

function readOptions(args: string[]): Options {
  const flags = parseFlags(args, {
    port: { type: 'string', default: '3000' },
    'lambda-port': { type: 'string' },
    settings: { type: 'string', default: stageFile(stage) },
    'stage-variable': { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  });
  const parsePort = (flag: string, text: string) => parseWhole(flag, text, 1, 65_535);
  const lambdaPort = flags['lambda-port'];
  return {
    help: flags.help,
    httpPort: parsePort('--port', flags.port),
    lambdaPort: lambdaPort === undefined ? undefined : parsePort('--lambda-port', lambdaPort),
    settingsFile: flags.settings,
    stageVariables: parseVariables(flags['stage-variable']),
  };
}

/**
 * The local gateway caches nothing and declares this in a stage variable. The user can override the variable to see
 * what a cache would do.
 */
function parseVariables(texts: readonly string[]): Record<string, string> {
  const variables = new Map<string, string>();
  for (const text of texts) {
    const [, name = '', value = ''] = /^(\w+)=([A-Za-z0-9._~:/?#&=,-]+)$/.exec(text) ?? [];
    if (name === '')
      throw new UsageError(
        '--stage-variable must be NAME=VALUE, such as appkeys_scopes=invoices:read. API Gateway allows letters, digits and -._~:/?#&=, in a value.',
      );
    if (variables.has(name)) throw new UsageError(`--stage-variable has ${name} twice. Put commas between values.`);
    variables.set(name, value);
  }
  const all = { appkeys_cached: 'no', ...Object.fromEntries(variables) };
  apiSettingsOf(all, undefined);
  return all;
}

/** Starts all parts in this order. */
async function run(
  { httpPort, lambdaPort, settingsFile, stageVariables }: Options,
  undo: Undo,
  interrupted: AbortSignal,
): Promise<void> {
  const settings = settingsOf(stage, await readStageSettings(settingsFile, { isLocal: true }));
  const folder = openLocalFolder();
  undo.push(lockFolder(folder).release);
  const ports = await choosePorts(httpPort, lambdaPort);
  const key = await openSigningKey(folder);
  const database = await openDatabase(folder, settings.tableName, undo);
  const provider = await startIdentityProvider(ports, { key, folder });
  undo.push(provider.stop);
  const kms = await startLocalKms(openServiceKey(folder));
  undo.push(kms.stop);
  const secretsManager = await startSecrets(folder, ports, undo);
  interrupted.throwIfAborted();
  const previousIssuer = readIssuer(folder);
  writeSettings(folder, withProvider(settings, provider.issuer));
  process.env = serviceEnvironment({ database, kms, secretsManager, folder });
  const service = await startService(ports, stageVariables);
  undo.push(service.stop);
  interrupted.throwIfAborted();
  const demo = { principal: 'demo', realm: 'myrealm', expiresInSeconds: defaultValiditySeconds };
  if (previousIssuer !== undefined && previousIssuer !== provider.issuer)
    console.log(
      `The URL of the identity provider has changed from ${previousIssuer}. Users who signed in there must sign in again.`,
    );
  console.log(formatWelcome(ports, await signToken(key, demo), settings, process.env));
}

/**
 * Adds the local identity provider and the issuer of `npm run token` to the trusted issuers. The pages sign in at the
 * local provider unless the settings name another provider.
 * @throws Error when the settings already contain one of these issuers
 */
function withProvider(settings: Settings, provider: string): Settings {
  const jwksUri = `${provider}/jwks`;
  const local = [localIssuer(jwksUri), localIssuer(jwksUri, provider)];
  const taken = local.find((own) => settings.issuers.some(({ issuer }) => issuer === own.issuer));
  if (taken)
    throw new Error(
      `The settings must not contain the issuer ${taken.issuer}, because it is the local issuer. Remove its entry.`,
    );
  const pages =
    settings.console?.issuer === undefined ? { ...settings.console, ...signInSettings(provider) } : settings.console;
  return { ...settings, issuers: [...local, ...settings.issuers], console: pages };
}

/** @returns the URL of the local identity provider in the previous run, if there was one */
function readIssuer(folder: string): string | undefined {
  try {
    const { issuers } = JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8'));
    return issuers[1].issuer;
  } catch {
    return undefined;
  }
}

/** Writes the settings beside the code of the functions, as in a deployment. */
function writeSettings(folder: string, settings: Settings): void {
  writeFileSync(join(folder, 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
}

async function openDatabase(folder: string, tableName: string, undo: Undo): Promise<Engine> {
  const database = await startDynalite({ path: join(folder, 'dynalite') });
  undo.push(database.stop);
  await createTable(database.endpoint, tableName);
  await seedApps(database.endpoint, tableName, Date.now());
  return database;
}

async function startSecrets(
  folder: string,
  { httpPort, issuerPort, lambdaPort }: Ports,
  undo: Undo,
): Promise<{ endpoint: string }> {
  const preferred = defaultSecretsPort(httpPort);
  const isTaken = [issuerPort, lambdaPort].includes(preferred);
  const port = await freePort(isTaken ? undefined : preferred);
  const manager = await startLocalSecretsManager({ port, file: join(folder, 'secrets.json') });
  undo.push(manager.stop);
  return manager;
}

/** Runs until a failure or a signal, and then cleans up. */
async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) return console.log(help);
  const undo: Undo = [];
  const interruption = new AbortController();
  // dynalite throws errors that no code can catch. An error is not a failure if dynalite was stopped while it was
  // working.
  process.on('uncaughtException', ({ message }) => {
    if (!interruption.signal.aborted) fail(new Error(`The local service has failed: ${message}`));
  });
  const interrupted = untilSignal(interruption);
  try {
    await Promise.race([run(options, undo, interruption.signal).then(() => interrupted), interrupted]);
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

function untilSignal(interruption: AbortController): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => resolve(interruption.abort()));
  });
}

function fail(error: unknown): void {
  console.error(`appkeys: ${messageOf(error)}`);
  process.exit(1);
}

main(process.argv.slice(2)).then(() => process.exit(), fail);
