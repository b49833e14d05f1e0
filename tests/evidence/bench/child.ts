import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';

type Env = Record<string, string>;

const settingsOf = (env: Env) => ({ PATH: process.env.PATH, ...env });

/** Runs a script beside this one in a fresh process, with nothing in its environment but `env`, and reads what it prints. */
export async function runChild<Result>(script: string, args: readonly string[], env: Env = {}): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, script), ...args], {
    env: settingsOf(env),
    maxBuffer: 256 * 1024 * 1024,
  });
  return JSON.parse(stdout.split('\nRESULT').at(-1) ?? '');
}

/** A process that measures something when it is told to, and else waits. */
export interface Sitter<Result, Ready = unknown> {
  /** its first message */
  readonly ready: Ready;
  /** @param what the message that tells it to */
  turn(what?: unknown): Promise<Result>;
  stop(): void;
}

/** Starts a script beside this one in such a process, which answers each message; it dies with what fails in it. */
export async function startSitter<Result, Ready = unknown>(
  script: string,
  args: readonly string[] = [],
  env: Env = {},
): Promise<Sitter<Result, Ready>> {
  const child = fork(join(import.meta.dirname, script), args, { env: settingsOf(env), stdio: [0, 'ignore', 2, 'ipc'] });
  const answer = async () => {
    const end = new AbortController();
    const { signal } = end;
    const failure = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`${script} ended with ${code}`);
    });
    try {
      const [result] = await Promise.race([once(child, 'message', { signal }), failure]);
      return result;
    } finally {
      failure.catch(() => {});
      end.abort();
    }
  };
  const ready = await answer();
  return {
    ready,
    turn(what = 'turn') {
      const result = answer();
      child.send(what as Parameters<typeof child.send>[0]);
      return result;
    },
    stop: () => void child.kill(),
  };
}
