import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { projectFolder } from '../../infra/local/folders.ts';

export interface Outcome {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a process of its own, with nothing of the environment but where programs are. */
export function runAppkeys(args: string[], env: Record<string, string>, input = ''): Promise<Outcome> {
  const options = { env: { PATH: process.env.PATH, ...env }, timeout: 25_000 };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(projectFolder, 'lib/cli/main.ts'), ...args],
      options,
      (error, stdout, stderr) => resolve({ code: error?.code ?? (error ? error.signal : 0), stdout, stderr }),
    );
    child.stdin?.on('error', () => {}).end(input);
  });
}
