import { Readable } from 'node:stream';
import { vi } from 'vitest';
import type { Outcome } from './command-line.ts';

export interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  /** what comes on stdin */
  readonly input?: string;
  /** whether somebody sits there, who types the input */
  readonly isTTY?: boolean;
  /** what writing meets */
  readonly unwritable?: { readonly stdout?: Error; readonly stderr?: Error } | undefined;
}

const streams = ['stdout', 'stderr'] as const;

/** Runs the command line in this process, with nothing of appkeys in the environment but what is given. */
export async function runInProcess(args: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const { env = {}, input = '', isTTY = false, unwritable = {} } = setting;
  const written = { stdout: '', stderr: '' };
  let exited: Outcome | undefined;
  const listeners = streams.map((name) => process[name].listeners('error'));
  for (const name of streams)
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      if (unwritable[name]) return process[name].emit('error', unwritable[name]);
      written[name] += text;
      return true;
    });
  vi.spyOn(process, 'exit').mockImplementation(((code = process.exitCode ?? 0) => {
    exited ??= { code, ...written };
  }) as never);
  vi.spyOn(process, 'argv', 'get').mockReturnValue(['node', 'main.js', ...args]);
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(Object.assign(Readable.from([input]), { isTTY }) as never);
  for (const name of ['APPKEYS_URL', 'APPKEYS_TOKEN', 'APPKEYS_LOCAL_DIR']) vi.stubEnv(name, env[name]);
  process.exitCode = undefined;
  vi.resetModules();
  try {
    await import('../../lib/package/cli/main.ts');
    return exited ?? { code: process.exitCode ?? 0, ...written };
  } finally {
    process.exitCode = undefined;
    for (const [index, name] of streams.entries())
      for (const listener of process[name].listeners('error'))
        if (!listeners[index]?.includes(listener)) process[name].off('error', listener as () => void);
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  }
}
