import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../../infra/local/dynalite.ts';
import { startDynamodbLocal } from '../../../infra/local/dynamodb-local.ts';

/** Starts a database in a process of its own, with its data in that folder; `stop` kills it (SIGKILL). */
export type StartEngine = (path: string, port: number) => Promise<Engine>;

export const engines: Readonly<Record<string, StartEngine>> = {
  dynalite: startDynaliteProcess,
  'dynamodb-local': (path, port) => startDynamodbLocal({ path, port }),
};

/** A database that loses what was acknowledged: it starts a third time with the data that it had at the second. */
export function forgetful(start: StartEngine): StartEngine {
  let starts = 0;
  return (path, port) => {
    const copy = `${path}-before`;
    starts += 1;
    if (starts === 2) cpSync(path, copy, { recursive: true });
    if (starts === 3) {
      rmSync(path, { recursive: true });
      renameSync(copy, path);
    }
    return start(path, port);
  };
}

async function startDynaliteProcess(path: string, port: number): Promise<Engine> {
  const file = fileURLToPath(new URL('dynalite-process.ts', import.meta.url));
  const child = fork(file, [path, String(port)], { execArgv: [] });
  const ended = once(child, 'exit');
  const [endpoint] = await Promise.race([once(child, 'message'), ended]);
  if (typeof endpoint !== 'string') throw new Error('dynalite ended before it answered');
  return {
    endpoint,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
