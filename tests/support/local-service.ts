import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { formatUrl } from '../../infra/local/addresses.ts';
import { projectFolder } from '../../infra/local/folders.ts';
import { openSigningKey, signToken, type TokenRequest } from '../../infra/local/issuer.ts';
import { freePort } from '../../infra/local/ports.ts';

/** A busy machine takes long. */
const startTimeoutMs = 300_000;

/** What `npm start` runs, in a folder and on a port of its own. */
export interface LocalService {
  readonly url: string;
  readonly folder: string;
  /** the URL of its identity provider */
  readonly issuer: string;
  /** what it has written until now */
  output(): string;
  /** what `npm start` prints for a verifier outside the service */
  readonly verifierEnvironment: Readonly<Record<string, string>>;
  /** a token of `demo`, unless it says otherwise */
  token(parts?: Partial<TokenRequest>): Promise<string>;
}

/**
 * Starts it before the tests of the file, which get at it by the function that this returns; ends it after them.
 * @param settings of its file; without any, it has those of infra/settings/local.yml
 */
export function useLocalService(settings?: Readonly<Record<string, unknown>>): () => LocalService {
  let child: ChildProcess | undefined;
  let service: LocalService | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-'));
  beforeAll(async () => {
    const port = await freePort();
    child = spawnService(folder, port, settings ? ['--settings', writeSettingsFile(folder, settings)] : []);
    service = await whenReady(child, folder, port);
  }, startTimeoutMs);
  afterAll(async () => {
    if (child) await end(child);
    rmSync(folder, { recursive: true, force: true });
  });
  return () => service ?? expect.fail('The local service did not start.');
}

/** Writes a settings file that is complete but for the defaults. @returns its path */
function writeSettingsFile(folder: string, settings: Readonly<Record<string, unknown>>): string {
  const file = join(folder, 'settings.yml');
  writeFileSync(file, JSON.stringify({ issuers: [], ...settings }));
  return file;
}

function spawnService(folder: string, port: number, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['infra/local/start.ts', '--port', String(port), ...args], {
    cwd: projectFolder,
    env: { ...process.env, APPKEYS_LOCAL_DIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function whenReady(child: ChildProcess, folder: string, port: number): Promise<LocalService> {
  let output = '';
  const isReady = new Promise<boolean>((resolve) => {
    // What it says later is read too, or it could not go on.
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        output += chunk;
        if (output.includes('Stop with Ctrl-C')) resolve(true);
      });
    child.on('exit', () => resolve(false));
  });
  if (!(await isReady)) throw new Error(`The local service did not start: ${output}`);
  const usual = { principal: 'demo', realm: 'myrealm', expiresInSeconds: 3600 };
  return {
    url: formatUrl(port),
    folder,
    issuer: JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8')).console.issuer,
    output: () => output,
    verifierEnvironment: verifierEnvironmentIn(output),
    token: async (parts) => signToken(await openSigningKey(folder), { ...usual, ...parts }),
  };
}

/** Reads the line `export NAME=value NAME=value …`. */
function verifierEnvironmentIn(output: string): Record<string, string> {
  const [, assignments = ''] = /^export (.+)$/m.exec(output) ?? [];
  return Object.fromEntries([...assignments.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
