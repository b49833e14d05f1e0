import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Runs a script beside this one in a fresh process, with nothing in its environment but `env`, and reads what it prints. */
export async function runChild<Result>(
  script: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, script), ...args], {
    env: { PATH: process.env.PATH, ...env },
    maxBuffer: 256 * 1024 * 1024,
  });
  return JSON.parse(stdout.split('\nRESULT').at(-1) ?? '');
}
