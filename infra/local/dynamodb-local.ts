import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Engine } from './dynalite.ts';
import { cacheFolder } from './folders.ts';
import { freePort, loopback } from './ports.ts';

const version = '2.9.30';
const packed = {
  name: `amplify-dynamodb-simulator-${version}.tgz`,
  sha512:
    'c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c5280439836665e89aa515dbad6908422c7cf1129e91cb5a3b4c1ea7888a17b9002749ec1',
};
const jar = {
  name: 'DynamoDBLocal.jar',
  sha512:
    '8072e71a0f9da51d93b351569478f5d94b9e486de90f32a7daffe812253c3cb9133deb3a76141750c23a8ed0607ba14abb680aa889d3750381ea4f37ce10649c',
};

const startTimeoutMs = 60_000;
const fetchTimeoutMs = 300_000;

/**
 * Starts AWS's DynamoDB Local on the given port or a free port, with its data in the folder `path` or in memory. The
 * first use downloads it.
 */
export async function startDynamodbLocal({
  path,
  port: wanted,
}: {
  path?: string;
  port?: number;
} = {}): Promise<Engine> {
  const folder = await openRelease();
  const port = wanted ?? (await freePort());
  const engine = spawnEngine(folder, port, path === undefined ? 'inMemory=true' : `dbPath=${path}`);
  const endpoint = `http://${loopback}:${port}`;
  await waitUntilItAnswers(engine, endpoint);
  return { endpoint, stop: () => stop(engine) };
}

/** @returns the folder with the jar, after its checksum was verified */
async function openRelease(): Promise<string> {
  const folder = join(cacheFolder, `dynamodb-local-${version}`);
  if (!existsSync(folder)) await fetchRelease(folder);
  requireChecksum(folder, jar);
  return folder;
}

/**
 * Downloads into a temporary folder and then moves it to `folder`, so that two processes can do this at once.
 */
async function fetchRelease(folder: string): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true });
  const draft = mkdtempSync(join(cacheFolder, 'fetching-'));
  try {
    const options = ['--pack-destination', '.', '--ignore-scripts', '--loglevel=error'];
    await run('npm', ['pack', `amplify-dynamodb-simulator@${version}`, ...options], draft);
    requireChecksum(draft, packed);
    await run('tar', ['-xzf', packed.name, '--strip-components=1', 'package/emulator'], draft);
    moveUnlessThere(join(draft, 'emulator'), folder);
  } finally {
    rmSync(draft, { recursive: true });
  }
}

async function run(command: string, args: string[], cwd: string): Promise<void> {
  try {
    await promisify(execFile)(command, args, { cwd, timeout: fetchTimeoutMs });
  } catch (error) {
    throw new Error(`DynamoDB Local could not be downloaded: ${command} ${args[0]} failed.`, { cause: error });
  }
}

function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

function requireChecksum(folder: string, file: typeof jar): void {
  const path = join(folder, file.name);
  const found = createHash('sha512').update(readFileSync(path)).digest('hex');
  if (found !== file.sha512) throw new Error(`${path} is not the expected file: its SHA-512 is ${found}.`);
}

function spawnEngine(folder: string, port: number, storage: string): ChildProcess {
  const classPath = [jar.name, join('DynamoDBLocal_lib', '*')].join(delimiter);
  const jvm = ['-Djava.library.path=./DynamoDBLocal_lib', '-cp', classPath, 'org.eclipse.jetty.xml.XmlConfiguration'];
  const server = join(import.meta.dirname, 'dynamodb-local.xml');
  const env = { ...process.env, DDB_LOCAL_TELEMETRY: '0' };
  const engine = spawn('java', [...jvm, server, `port=${port}`, storage], { cwd: folder, env, stdio: 'ignore' });
  const end = () => engine.kill('SIGKILL');
  process.on('exit', end);
  engine.on('exit', () => process.off('exit', end));
  return engine;
}

async function waitUntilItAnswers(engine: ChildProcess, endpoint: string): Promise<void> {
  const waiting = new AbortController();
  const failed = Promise.race([endOf(engine), sleep(startTimeoutMs, 'did not respond in time', waiting)]);
  const answered = poll(endpoint, waiting.signal);
  const failure = await Promise.race([failed, answered]);
  waiting.abort();
  failed.catch(() => {});
  if (failure === undefined) return;
  engine.kill('SIGKILL');
  throw new Error(`DynamoDB Local ${failure}.`);
}

async function endOf(engine: ChildProcess): Promise<string> {
  try {
    const [code] = await once(engine, 'exit');
    return `ended with exit code ${code}`;
  } catch {
    return 'needs Java 17 or later, but there is no java on the path (Debian: default-jre-headless)';
  }
}

async function poll(endpoint: string, signal: AbortSignal): Promise<undefined> {
  while (!signal.aborted) {
    const answer = await fetch(endpoint).catch(() => undefined);
    if (answer !== undefined) return;
    await sleep(100);
  }
}

async function stop(engine: ChildProcess): Promise<void> {
  const ended = once(engine, 'exit');
  if (engine.kill('SIGKILL')) await ended;
}
