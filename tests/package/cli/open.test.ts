import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runInProcess } from '../../support/cli-in-process.ts';

const env = { APPKEYS_URL: 'https://x.test/prod//' };

/** A folder of programs that open a page: each writes its name, the address, and whether it is apart: its own group, no terminal. */
function openersIn(names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of names) {
    const apart = '[ $(/bin/ps -o pgid= -p $$) = $$ ] && [ -c /dev/stdin ] && echo apart';
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $1 $(${apart})" > ${folder}/opened\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** Runs `appkeys open …` on such a platform, where these programs are. */
function open(page: string, platform: NodeJS.Platform, folder: string) {
  vi.spyOn(process, 'platform', 'get').mockReturnValue(platform);
  vi.stubEnv('PATH', folder);
  return runInProcess(['open', page], { env });
}

describe('open', () => {
  it.each([
    ['linux', 'xdg-open'],
    ['freebsd', 'xdg-open'],
    ['darwin', 'open'],
    ['win32', 'explorer'],
  ] as const)('prints the address, and on %s hands it to %s, which goes on by itself', async (platform, opener) => {
    const folder = openersIn(['xdg-open', 'open', 'explorer']);
    const outcome = await open('docs', platform, folder);
    expect(outcome).toEqual({ code: 0, stdout: 'https://x.test/prod/docs\n', stderr: '' });
    const opened = () => readFileSync(join(folder, 'opened'), 'utf8');
    await vi.waitFor(() => expect(opened()).toBe(`${opener} https://x.test/prod/docs apart\n`), 60_000);
  });

  it('prints the address where there is nothing to open it with', async () => {
    const uncaught = vi.fn();
    process.on('uncaughtException', uncaught);
    onTestFinished(() => void process.off('uncaughtException', uncaught));
    const outcome = await open('console', 'linux', openersIn([]));
    expect(outcome).toEqual({ code: 0, stdout: 'https://x.test/prod/console\n', stderr: '' });
    await new Promise(setImmediate);
    expect(uncaught).not.toHaveBeenCalled();
  });

  it('2 for a URL that is none: nothing is opened', async () => {
    const outcome = await runInProcess(['open', 'docs'], { env: { APPKEYS_URL: 'ftp://x' } });
    expect(outcome).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('must be an http or https URL') });
  });

  it('2 for a page that is none', async () => {
    expect(await runInProcess(['open', 'nothing'], { env })).toEqual({
      code: 2,
      stdout: '',
      stderr:
        "error: command-argument value 'nothing' is invalid for argument 'page'. Allowed choices are docs, console.\n",
    });
  });
});
