import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openSigningKey } from '../../infra/local/issuer.ts';
import { runInProcess } from '../support/cli-in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'appkeys-'));
beforeAll(() => openSigningKey(folder));
afterAll(() => rmSync(folder, { recursive: true }));

const token = (args: string[] = [], env: Record<string, string> = {}) =>
  runInProcess(['token', ...args], { env: { APPKEYS_LOCAL_DIR: folder, ...env } });

describe('token', () => {
  it('prints one of the principal demo in myrealm, without rights, for 12 hours', async () => {
    const { code, stdout, stderr } = await token();
    const { sub, rlm, permissions, iat = 0, exp = 0 } = decodeJwt(stdout);
    expect([code, stderr, stdout]).toEqual([0, '', expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)]);
    expect([sub, rlm, permissions, exp - iat]).toEqual(['demo', 'myrealm', [], 43_200]);
  });

  it('prints one as it is asked to', async () => {
    const rights = ['--permission', 'account:createApp', '--permission', 'account:verify'];
    const { stdout } = await token(['--principal', 'bob', '--realm', 'other', ...rights, '--expires-in', '1']);
    const { sub, rlm, permissions, iat = 0, exp = 0 } = decodeJwt(stdout);
    expect([sub, rlm, permissions]).toEqual(['bob', 'other', ['account:createApp', 'account:verify']]);
    expect(exp - iat).toBe(1);
  });

  it('takes 1 to 1,000,000,000 seconds', async () => {
    expect((await token(['--expires-in', '1000000000'])).code).toBe(0);
    const message = 'appkeys: --expires-in must be a whole number from 1 to 1000000000.\n';
    for (const seconds of ['0', '1000000001', 'soon'])
      expect(await token(['--expires-in', seconds])).toEqual({ code: 2, stdout: '', stderr: message });
  });

  it.each([
    [['--permission', 'account:destroy'], '--permission account:destroy gives no right.'],
    [['--realm', 'elsewhere'], '--realm must be myrealm or other.'],
    [['--principal', ''], '--principal is none that the service accepts.'],
  ])('2 with %j', async (args, message) => {
    expect(await token(args)).toEqual({ code: 2, stdout: '', stderr: `appkeys: ${message}\n` });
  });

  it.each(['http://localhost:3000', 'http://127.0.0.10', 'http://[::1]:3000/x'])('is for %s', async (url) => {
    expect((await token(['--url', url])).code).toBe(0);
  });

  it.each([
    'https://example.com',
    'http://localhost.example.com',
    'http://not-localhost',
    'http://127.0.0.1.example.com',
    'http://x127.0.0.1',
    'http://[::2]',
    'nonsense',
  ])('2 for %s', async (url) => {
    const message = 'Only the local service takes such tokens: for another one, get a token of its issuer.';
    expect(await token([], { APPKEYS_URL: url })).toEqual({ code: 2, stdout: '', stderr: `appkeys: ${message}\n` });
  });

  const refusedIn = (name: string) =>
    `appkeys: The local service has no folder ${name} here: go where "npm start" runs, or set APPKEYS_LOCAL_DIR.\n`;

  it('1 where there is no local service, and makes no key there', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'appkeys-'));
    onTestFinished(() => rmSync(empty, { recursive: true }));
    const outcome = { code: 1, stdout: '', stderr: refusedIn(empty) };
    for (const _ of [1, 2]) expect(await token([], { APPKEYS_LOCAL_DIR: empty })).toEqual(outcome);
  });

  /** Only there may a process go to another folder. */
  it.runIf(isMainThread)('looks in .local of the folder where it runs', async () => {
    const [empty, here] = [mkdtempSync(join(tmpdir(), 'appkeys-')), process.cwd()];
    onTestFinished(() => {
      process.chdir(here);
      rmSync(empty, { recursive: true });
    });
    process.chdir(empty);
    expect((await token([], { APPKEYS_LOCAL_DIR: '' })).stderr).toBe(refusedIn('.local'));
  });
});
