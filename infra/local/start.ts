import { join } from 'node:path';
import { readRateLimit, readSettings, readTokenSettings } from '../../lib/service/config.ts';
import { readPlaces, readVerifierSettings } from '../../lib/verification/settings.ts';
import { choosePorts } from './addresses.ts';
import { messageOf, parseFlags, parseWhole } from './command-line.ts';
import { type Engine, startDynalite } from './dynalite.ts';
import { lockFolder } from './folder-lock.ts';
import { openLocalFolder } from './folders.ts';
import { functionEnvironment, stage } from './functions.ts';
import { defaultValiditySeconds, formatTokenIssuers, openSigningKey, signToken, startJwksServer } from './issuer.ts';
import { startLocalKms } from './kms.ts';
import { loopback } from './ports.ts';
import { seedApps } from './seed.ts';
import { serviceEnvironment, startService } from './service.ts';
import { openServiceKey } from './service-key.ts';
import { createTable } from './table.ts';
import { formatWelcome } from './welcome.ts';

const help = `usage: npm start -- [--port N] [--lambda-port N]

Runs the service on this machine, with its data in .local/ (or the folder that APPKEYS_LOCAL_DIR names).

  --port N         where the API listens (default 3000)
  --lambda-port N  where direct invocations are taken (default: the API's port + 2, or a free one)
  --help           this page`;

type Options = { help: boolean; httpPort: number; lambdaPort: number | undefined };
/** What to undo at the end, the last first. */
type Undo = Array<() => Promise<void> | void>;

function readOptions(args: string[]): Options {
  const flags = parseFlags(args, {
    port: { type: 'string', default: '3000' },
    'lambda-port': { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  const parsePort = (flag: string, text: string) => parseWhole(flag, text, 1, 65_535);
  const lambdaPort = flags['lambda-port'];
  return {
    help: flags.help,
    httpPort: parsePort('--port', flags.port),
    lambdaPort: lambdaPort === undefined ? undefined : parsePort('--lambda-port', lambdaPort),
  };
}

/** Starts everything, in this order. */
async function run({ httpPort, lambdaPort }: Options, undo: Undo, interrupted: AbortSignal): Promise<void> {
  requireSettings();
  const folder = openLocalFolder();
  undo.push(lockFolder(folder).release);
  const ports = await choosePorts(httpPort, lambdaPort);
  const key = await openSigningKey(folder);
  const database = await openDatabase(folder, undo);
  const issuer = await startJwksServer(key);
  undo.push(issuer.stop);
  const kms = await startLocalKms(openServiceKey(folder));
  undo.push(kms.stop);
  interrupted.throwIfAborted();
  process.env = serviceEnvironment({ database, kms, jwksUri: issuer.jwksUri });
  const service = await startService(ports);
  undo.push(service.stop);
  interrupted.throwIfAborted();
  const demo = { principal: 'demo', realm: 'myrealm', expiresInSeconds: defaultValiditySeconds };
  console.log(formatWelcome(ports, await signToken(key, demo), process.env));
}

/** @throws Error when the service would not start with the user's own settings */
function requireSettings(): void {
  const env = { ...functionEnvironment(process.env), TOKEN_ISSUERS: formatTokenIssuers(`http://${loopback}`) };
  for (const read of [readSettings, readVerifierSettings, readPlaces, readRateLimit, readTokenSettings]) read(env);
}

async function openDatabase(folder: string, undo: Undo): Promise<Engine> {
  const database = await startDynalite({ path: join(folder, 'dynalite') });
  undo.push(database.stop);
  const tableName = `appkeys-${stage}`;
  await createTable(database.endpoint, tableName);
  await seedApps(database.endpoint, tableName, Date.now());
  return database;
}

/** Runs until it fails or a signal asks for the end; leaves nothing behind. */
async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) return console.log(help);
  const undo: Undo = [];
  const interruption = new AbortController();
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

// dynalite throws where nothing can catch it.
process.on('uncaughtException', (error) => fail(new Error(`The local service has failed: ${error.message}`)));
main(process.argv.slice(2)).then(() => process.exit(), fail);
