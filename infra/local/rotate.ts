import { randomUUID } from 'node:crypto';
import { parseAppHrn } from '../../lib/domain/hrn.ts';
import { defaultSecretsPort, formatUrl } from './addresses.ts';
import { messageOf, parseFlags, parseWhole, UsageError } from './command-line.ts';
import { stage } from './functions.ts';

const usage = 'usage: npm run --silent rotate -- --app HRN [--secret NAME] [--overlap SECONDS] [--go-on]';
const help = `${usage}

Rotates the API key in a secret of the local stand-in for Secrets Manager, while npm start is running, and shows what
each step does. The first rotation creates the secret. The output shows key HRNs, never secret values.

  --app HRN          the application whose key the secret contains
  --secret NAME      default: the ID of the application
  --overlap SECONDS  how long the previous key stays valid, for a new secret; default 43200, which is 12 hours
  --go-on            continues a rotation that has failed, instead of starting a new one
  --lambda-port N    the port of npm start for direct invocations (default 3002)
  --secrets-port N   the port of its Secrets Manager (default 3003)
  --help             this page`;

const defaultPort = 3_000;
const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

interface Options {
  readonly app: string;
  readonly secret: string;
  readonly overlapSeconds: number | undefined;
  readonly goesOn: boolean;
  readonly lambda: string;
  readonly secrets: string;
}

function readOptions(args: string[]): Options | undefined {
  const flags = parseFlags(args, {
    app: { type: 'string' },
    secret: { type: 'string' },
    overlap: { type: 'string' },
    'go-on': { type: 'boolean', default: false },
    'lambda-port': { type: 'string', default: String(defaultPort + 2) },
    'secrets-port': { type: 'string', default: String(defaultSecretsPort(defaultPort)) },
    help: { type: 'boolean', default: false },
  });
  if (flags.help) return undefined;
  const { app } = flags;
  if (!app) throw new UsageError('--app is missing.');
  if (!isAppHrn(app)) throw new UsageError(`--app must be the HRN of an application: ${app}`);
  const urlOf = (flag: string, text: string) => formatUrl(parseWhole(flag, text, 1, 65_535));
  return {
    app,
    secret: flags.secret ?? app.replace(/^.*\//, ''),
    overlapSeconds: flags.overlap === undefined ? undefined : parseWhole('--overlap', flags.overlap, 0, 31_536_000),
    goesOn: flags['go-on'],
    lambda: urlOf('--lambda-port', flags['lambda-port']),
    secrets: urlOf('--secrets-port', flags['secrets-port']),
  };
}

function isAppHrn(text: string): boolean {
  try {
    return Boolean(parseAppHrn(text, text.split(':')[1] ?? ''));
  } catch {
    return false;
  }
}

async function rotate(options: Options): Promise<void> {
  const { app, secret, overlapSeconds } = options;
  const SecretId = secret;
  const value = JSON.stringify({ app, ...(overlapSeconds !== undefined && { overlapSeconds }) });
  const isNew = await createSecret(options, value);
  if (!isNew) await requireSame(options);
  console.log(isNew ? `The secret ${secret} is new. It contains ${value}` : `The secret ${secret}`);
  await show(options);
  const { token, ARN } = await begin(options);
  console.log(`\nSecrets Manager ${options.goesOn ? 'continues' : 'starts'} the rotation ${token}`);
  await show(options);
  for (const Step of steps) {
    console.log(`\n${Step}`);
    await invoke(options, { Step, SecretId: ARN, ClientRequestToken: token });
    await show(options);
  }
  console.log(`\nThe key, for a consumer:\n${formatRead(options, SecretId)}`);
}

/** @returns whether the secret is new */
async function createSecret(options: Options, SecretString: string): Promise<boolean> {
  try {
    await ask(options, 'CreateSecret', { Name: options.secret, SecretString });
    return true;
  } catch (error) {
    if (!messageOf(error).startsWith('ResourceExistsException')) throw error;
    return false;
  }
}

/** @throws Error when the secret does not match the options of the command */
async function requireSame({ secret, app, overlapSeconds, ...servers }: Options): Promise<void> {
  const { SecretString = '' } = await ask(servers, 'GetSecretValue', { SecretId: secret });
  const held = JSON.parse(SecretString);
  if (held.app !== app)
    throw new Error(`The secret ${secret} is for ${held.app}, not for ${app}. Name another secret with --secret.`);
  if (overlapSeconds !== undefined && overlapSeconds !== held.overlapSeconds)
    throw new Error(`--overlap applies only to a new secret, but ${secret} exists. Name another secret with --secret.`);
}

async function begin(options: Options): Promise<{ token: string; ARN: string }> {
  const { ARN, VersionIdsToStages: stages = {} } = await ask(options, 'DescribeSecret', { SecretId: options.secret });
  const pending = Object.keys(stages).find((id) => stages[id]?.includes('AWSPENDING'));
  if (options.goesOn && pending === undefined) throw new Error('No rotation has failed. Leave --go-on out.');
  if (!options.goesOn && pending !== undefined)
    throw new Error('A rotation of the secret is not complete. To continue it, add --go-on.');
  const token = pending ?? randomUUID();
  await ask(options, 'RotateSecret', { SecretId: options.secret, ClientRequestToken: token });
  return { token, ARN: ARN ?? '' };
}

/** Prints the labeled versions and the key of each version. */
async function show(options: Options): Promise<void> {
  const { VersionIdsToStages: stages = {} } = await ask(options, 'DescribeSecret', { SecretId: options.secret });
  for (const [VersionId, labels] of Object.entries(stages))
    console.log(`  ${labels.join(', ').padEnd(11)}  ${await keyIn(options, VersionId)}`);
}

async function keyIn(options: Options, VersionId: string): Promise<string> {
  try {
    const { SecretString = '' } = await ask(options, 'GetSecretValue', { SecretId: options.secret, VersionId });
    return JSON.parse(SecretString).apiKey ?? 'no key yet';
  } catch {
    return 'no value yet';
  }
}

/** The response of Lambda if a function failed or does not exist. */
interface Failure {
  readonly errorMessage?: string;
  readonly Message?: string;
}

interface Answer {
  readonly __type?: string;
  readonly Message?: string;
  readonly ARN?: string;
  readonly SecretString?: string;
  readonly VersionIdsToStages?: Readonly<Record<string, readonly string[]>>;
}

async function ask({ secrets }: Pick<Options, 'secrets'>, operation: string, input: object): Promise<Answer> {
  const headers = { 'x-amz-target': `secretsmanager.${operation}`, 'content-type': 'application/x-amz-json-1.1' };
  const answer = await post(secrets, input, headers);
  const body = (await answer.json()) as Answer;
  if (!answer.ok) throw new Error(body.__type ? `${body.__type}: ${body.Message}` : notHere(secrets));
  return body;
}

async function invoke({ lambda }: Options, event: object): Promise<void> {
  const url = `${lambda}/2015-03-31/functions/appkeys-${stage}-rotateSecret/invocations`;
  const answer = await post(url, event, {});
  const body = (await answer.json()) as Failure | null;
  if (answer.ok && !answer.headers.has('x-amz-function-error')) return;
  const why = body?.errorMessage ?? body?.Message;
  if (!why) throw new Error(notHere(lambda));
  throw new Error(`${why}\nSee docs/rotation.md for what to do. Then add --go-on to continue this rotation.`);
}

function notHere(url: string): string {
  return `The response from ${url} did not come from npm start. Pass the ports that npm start prints.`;
}

async function post(url: string, body: object, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  } catch {
    throw new Error(`There was no response from ${url}. Run npm start, or pass the ports that npm start prints.`);
  }
}

function formatRead({ secrets }: Options, SecretId: string): string {
  return `curl -s ${secrets} -H 'X-Amz-Target: secretsmanager.GetSecretValue' -d '${JSON.stringify({ SecretId })}'`;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options) await rotate(options);
  else console.log(help);
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${error.message} ${usage}` : messageOf(error));
  process.exitCode = isUsage ? 2 : 1;
}
