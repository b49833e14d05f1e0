import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { runInProcess } from '../../support/cli-in-process.ts';
import type { Outcome } from '../../support/command-line.ts';

type Environment = Readonly<Record<string, string>>;

/** Where somebody has credentials and a browser. */
export interface Home {
  /** for a process of its own */
  readonly env: Environment;
  /** the credentials file */
  readonly path: string;
  /** what it has, as JSON */
  read(): { current?: string; profiles: Record<string, Record<string, unknown>> };
  write(credentials: unknown, mode?: number): void;
  /** Waits until the browser is opened. @returns with which address; then it forgets that */
  opened(): Promise<string>;
  /** runs the command line in this process */
  run(args: readonly string[], env?: Environment): Promise<Outcome>;
}

/** An empty one for each test. Its browser only remembers what it has been opened with. */
export function useHome(): () => Home {
  let home: Home;
  const before = { ...process.env };
  const folder = () => home.env.XDG_CONFIG_HOME ?? '';
  beforeEach(() => {
    home = createHome(mkdtempSync(join(tmpdir(), 'appkeys-')));
    Object.assign(process.env, home.env);
  });
  afterEach(() => {
    // The browser may still be writing.
    rmSync(folder(), { recursive: true, force: true, maxRetries: 10 });
    for (const name of ['XDG_CONFIG_HOME', 'APPKEYS_PROFILE', 'PATH']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
  return () => home;
}

function createHome(folder: string): Home {
  const path = join(folder, 'appkeys', 'credentials.json');
  const address = installBrowser(folder);
  return {
    env: { XDG_CONFIG_HOME: folder, PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}` },
    path,
    read: () => JSON.parse(readFileSync(path, 'utf8')),
    write(credentials, mode = 0o600) {
      mkdirSync(join(folder, 'appkeys'), { recursive: true });
      writeFileSync(path, typeof credentials === 'string' ? credentials : JSON.stringify(credentials));
      chmodSync(path, mode);
    },
    async opened() {
      const text = await vi.waitUntil(() => existsSync(address) && readFileSync(address, 'utf8'), 60_000);
      rmSync(address);
      return text.trim();
    },
    run(args, { APPKEYS_PROFILE, ...env } = {}) {
      delete process.env.APPKEYS_PROFILE;
      if (APPKEYS_PROFILE !== undefined) process.env.APPKEYS_PROFILE = APPKEYS_PROFILE;
      return runInProcess(args, { env });
    },
  };
}

/** @returns the file that it writes the address to */
function installBrowser(folder: string): string {
  const address = join(folder, 'opened');
  mkdirSync(join(folder, 'bin'));
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\necho "$1" > ${address}.new && mv ${address}.new ${address}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  }
  return address;
}

/** A session that is valid for an hour. */
export function session(url: string, other: object = {}) {
  const provider = { issuer: url, clientId: 'console', tokenEndpoint: `${url}/token` };
  const tokens = { accessToken: 'access-1', expiresAt: Date.now() + 3_600_000, refreshToken: 'refresh-1' };
  return { url, ...provider, ...tokens, ...other };
}
