import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { assembleCode } from '../../infra/scripts/consumer-package.ts';

export interface Outcome {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Assembles the command line as it is published, before the tests of the file. @returns its path */
export function useCommandLine(): string {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-'));
  beforeAll(() => assembleCode(folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'lib/package/cli/main.js');
}

/** Runs it as a process of its own, with nothing of the environment but where programs are. */
export function runCommandLine(
  path: string,
  args: string[],
  env: Record<string, string>,
  input = '',
): Promise<Outcome> {
  const options = { env: { PATH: process.env.PATH, ...env }, timeout: 100_000 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [path, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? (error ? error.signal : 0), stdout, stderr }),
    );
    child.stdin?.on('error', () => {}).end(input);
  });
}
