import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../../../infra/local/ports.ts';
import { readCredentials } from '../../../lib/package/cli/credentials.ts';
import { credentialsPath, writeCredentialsFile } from '../../../lib/package/cli/credentials-file.ts';
import { withFileLock } from '../../../lib/package/cli/file-lock.ts';
import { runCommandLine, useCommandLine } from '../../support/command-line.ts';
import { tokenAnswer, useFakeProvider } from './fake-provider.ts';
import { session, useHome } from './home.ts';

const provider = useFakeProvider();
const home = useHome();
const commandLine = useCommandLine();

/** Somebody signed in as `default` at the fake service. */
function signedIn(other: object = {}, name = 'default') {
  home().write({ current: name, profiles: { [name]: session(provider().url, other) } });
}

const list = (env = {}, args: string[] = []) => home().run(['apps', 'list', ...args], env);
const sentTokens = () => provider().seen.map(({ authorization }) => authorization);
const soon = () => Date.now() + 59_000;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('where the credentials are', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  it.each([
    ['linux', '/x', '/x/appkeys/credentials.json'],
    ['darwin', '/x', '/x/appkeys/credentials.json'],
    ['linux', '', `${homedir()}/.config/appkeys/credentials.json`],
    ['linux', 'not/absolute', `${homedir()}/.config/appkeys/credentials.json`],
  ] as const)('on %s with XDG_CONFIG_HOME=%s', (platform, XDG_CONFIG_HOME, path) => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue(platform);
    vi.stubEnv('XDG_CONFIG_HOME', XDG_CONFIG_HOME);
    expect(credentialsPath()).toBe(path);
  });

  it('in APPDATA on Windows', () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue('win32');
    vi.stubEnv('APPDATA', '/roaming');
    expect(credentialsPath()).toBe('/roaming/appkeys/credentials.json');
  });
});

describe('the credentials file', () => {
  it.each([0o640, 0o604, 0o620, 0o602, 0o644])('1 with mode %o: nothing is sent', async (mode) => {
    signedIn();
    home().write(home().read(), mode);
    expect(await list()).toEqual({
      code: 1,
      stdout: '',
      stderr: `appkeys: Other users of this machine have access to ${home().path} and may have read your tokens. Run "chmod 600 ${home().path}", then sign out and in again: "appkeys logout --all", "appkeys login".\n`,
    });
    expect(provider().seen).toEqual([]);
  });

  it.each(['', '{', 'null', '[]', '"x"'])('1 when it is %j, and it stays as it is', async (text) => {
    home().write(text);
    const advice = 'Delete it, and run "appkeys login". Sessions in it remain at the identity provider.';
    const stderr = `appkeys: The file ${home().path} is broken. ${advice}\n`;
    for (const args of [['apps', 'list'], ['login'], ['logout'], ['whoami']])
      expect(await home().run(args)).toEqual({ code: 1, stdout: '', stderr });
    expect(readFileSync(home().path, 'utf8')).toBe(text);
  });

  it.each(['{}', '{"profiles": []}', '{"profiles": "x"}'])('has no session when it is %j', async (text) => {
    home().write(text);
    expect(await list()).toMatchObject({ code: 1, stderr: expect.stringContaining('You are not signed in to') });
  });

  it.each([null, 'x', { url: 'nonsense' }, { principal: 1 }])(
    'without a profile that is %j has the others: it says so once, and the next write drops that profile',
    async (part) => {
      const { url } = provider();
      const broken = part !== null && typeof part === 'object' ? { ...session(url), ...part } : part;
      home().write({ current: 'good', profiles: { broken, good: session(url, { expiresAt: soon() }) } });
      const words = `The profile broken in ${home().path} is broken and is ignored. Run "appkeys login --profile broken".\n`;
      expect(await list()).toEqual({
        code: 0,
        stdout: '',
        stderr: `${words}There are no applications that you can see.\n`,
      });
      expect(Object.keys(home().read().profiles)).toEqual(['good']);
      expect((await list()).stderr).not.toContain('broken');
    },
  );

  it.each<[string, (path: string) => void]>([
    ['a folder', (path) => mkdirSync(path, { mode: 0o700 })],
    ['a FIFO', (path) => execFileSync('mkfifo', ['-m', '600', path])],
  ])('1 when it is %s', async (_, make) => {
    mkdirSync(dirname(home().path));
    make(home().path);
    const stderr = `appkeys: ${home().path} is not a regular file. Delete it, and run "appkeys login".\n`;
    expect(await list()).toEqual({ code: 1, stdout: '', stderr });
  });

  it('1 when it cannot be read', async () => {
    mkdirSync(dirname(home().path));
    symlinkSync(home().path, home().path);
    const stderr = `appkeys: The credentials file ${home().path} cannot be read: ELOOP.\n`;
    expect(await list()).toEqual({ code: 1, stdout: '', stderr });
  });

  it('1 when another user owns it', async () => {
    signedIn();
    const { uid } = statSync(home().path);
    vi.spyOn(process, 'getuid').mockReturnValue(uid + 1);
    const words = `Another user owns the credentials file ${home().path}.`;
    const stderr = `appkeys: ${words} Delete it, or run the command as that user.\n`;
    expect(await list()).toEqual({ code: 1, stdout: '', stderr });
    expect(provider().seen).toEqual([]);
  });

  it('1 when its folder cannot be made: nobody has to sign in first', async () => {
    writeFileSync(dirname(home().path), '');
    const stderr = `appkeys: The credentials file ${home().path} cannot be written: EEXIST.\n`;
    expect(await home().run(['login', '--url', provider().url])).toEqual({ code: 1, stdout: '', stderr });
    expect(provider().seen).toEqual([]);
  });

  it('does not matter where the URL and the token are given', async () => {
    home().write('{');
    expect(await list({ APPKEYS_URL: provider().url, APPKEYS_TOKEN: 'mine' })).toMatchObject({ code: 0 });
  });

  it('does not matter where the token alone is given: the service is the local one', async () => {
    home().write('{');
    const asked = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(async () => Response.json({ principal: 'x', items: [] }));
    expect(await list({ APPKEYS_TOKEN: 'mine' })).toMatchObject({ code: 0 });
    expect(asked.mock.calls.map(([request]) => new Request(request).url)).toEqual(['http://127.0.0.1:3000/apps']);
  });

  it('1 when it is broken and a profile is to say where the service is', async () => {
    home().write('{');
    for (const [env, args] of [
      [{ APPKEYS_PROFILE: 'x' }, []],
      [{}, ['--profile', 'x']],
    ] as const)
      expect(await list({ APPKEYS_TOKEN: 'mine', ...env }, [...args])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('is broken. Delete it'),
      });
  });

  it('is written with mode 0600, and nothing is left beside it', () => {
    const folder = temporaryFolder();
    writeCredentialsFile('text', join(folder, 'file'));
    expect([readdirSync(folder), statSync(join(folder, 'file')).mode & 0o777]).toEqual([['file'], 0o600]);
  });

  it('is written after a command was killed, whose draft does not stay', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'file');
    const script = `
      import { writeCredentialsFile } from '${new URL('../../../lib/package/cli/credentials-file.ts', import.meta.url)}';
      import fs, { renameSync } from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      fs.renameSync = () => process.kill(process.pid, 'SIGKILL');
      syncBuiltinESMExports();
      writeCredentialsFile('access-1', '${path}');`;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
    expect([signal, readdirSync(folder).length]).toEqual(['SIGKILL', 1]);
    writeCredentialsFile('text', path);
    expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['file'], 'text']);
  });

  it('is as before when it cannot be written, and nothing is left beside it', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'file'));
    expect(() => writeCredentialsFile('text', join(folder, 'file'))).toThrow(
      /^The credentials file .+ cannot be written: E/,
    );
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('keeps a profile of any name', async () => {
    home().write(`{"profiles": {"__proto__": ${JSON.stringify(session(provider().url))}}}`);
    expect([...readCredentials().profiles.keys()]).toEqual(['__proto__']);
    expect(await list({}, ['--profile', '__proto__'])).toMatchObject({ code: 0 });
    expect(await list({}, ['--profile', 'constructor'])).toMatchObject({ code: 1 });
  });
});

describe('which token and which service count', () => {
  const both = () => {
    const { url } = provider();
    const other = session(`${url}/other`, { accessToken: 'of-other' });
    home().write({ current: 'default', profiles: { default: session(url), other } });
    provider().answers['GET /other/apps'] = { body: { principal: 'demo', items: [] } };
  };
  const here = () => provider().url;
  const there = () => `${provider().url}/other`;

  it.each<[string, string[], Record<string, string>, string | undefined, string]>([
    ['the last login', [], {}, 'access-1', '/apps'],
    ['APPKEYS_PROFILE', [], { APPKEYS_PROFILE: 'other' }, 'of-other', '/other/apps'],
    ['--profile before it', ['--profile', 'default'], { APPKEYS_PROFILE: 'other' }, 'access-1', '/apps'],
    ['an empty APPKEYS_PROFILE is none', [], { APPKEYS_PROFILE: '' }, 'access-1', '/apps'],
    [
      'APPKEYS_TOKEN before them, at the URL of the profile',
      ['--profile', 'other'],
      { APPKEYS_TOKEN: 'env' },
      'env',
      '/other/apps',
    ],
    ['--token before all', ['--token', 'option'], { APPKEYS_TOKEN: 'env' }, 'option', '/apps'],
    ['an empty APPKEYS_TOKEN is none', [], { APPKEYS_TOKEN: '' }, 'access-1', '/apps'],
  ])('%s', async (_, args, env, token, path) => {
    both();
    expect(await list(env, args)).toMatchObject({ code: 0 });
    expect(provider().seen).toMatchObject([{ line: `GET ${path}`, authorization: `Bearer ${token}` }]);
  });

  it.each([
    ['the profile of the URL', () => there(), {}, 'Bearer of-other'],
    ['a slash at the end does not matter', () => `${there()}/`, {}, 'Bearer of-other'],
    ['APPKEYS_PROFILE only where it is of the URL', () => there(), { APPKEYS_PROFILE: 'default' }, 'Bearer of-other'],
  ])('--url: %s', async (_, url, env, authorization) => {
    both();
    await list(env, ['--url', url()]);
    await list({ ...env, APPKEYS_URL: url() });
    expect(sentTokens()).toEqual([authorization, authorization]);
  });

  it.each([
    ['path', () => `${here()}/third`],
    ['host', () => here().replace('127.0.0.1', 'localhost')],
  ])('--url: none for another %s', async (_, url) => {
    both();
    const stderr = expect.stringContaining(`You are not signed in to ${url()}.`);
    expect(await list({}, ['--url', url()])).toEqual({ code: 1, stdout: '', stderr });
    expect(await list({ APPKEYS_URL: url() })).toEqual({ code: 1, stdout: '', stderr });
    expect(provider().seen).toEqual([]);
  });

  it('2 for --profile and the URL of another service: nothing is sent', async () => {
    both();
    for (const [args, env] of [
      [['--url', there()], {}],
      [[], { APPKEYS_URL: there() }],
    ] as const) {
      const { code, stderr } = await list(env, ['--profile', 'default', ...args]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(`The profile is for ${here()}, but --url`)]);
    }
    expect(provider().seen).toEqual([]);
  });

  it('--profile and its own URL go together', async () => {
    both();
    expect(await list({}, ['--profile', 'other', '--url', there()])).toMatchObject({ code: 0 });
    expect(sentTokens()).toEqual(['Bearer of-other']);
  });

  it.each([
    ['--profile', ['--profile', 'x'], {}],
    ['APPKEYS_PROFILE', [], { APPKEYS_PROFILE: 'x' }],
  ])('1 for %s that is unknown', async (_, args, env) => {
    both();
    const stderr = 'appkeys: No profile has this name. Run "appkeys login --profile NAME" to create one.\n';
    expect(await list(env, args)).toEqual({ code: 1, stdout: '', stderr });
  });

  it('1 for --profile that is unknown, and --url: the login has that too', async () => {
    both();
    const { stderr } = await list({}, ['--profile', 'x', '--url', there()]);
    expect(stderr).toContain(`Run "appkeys login --profile NAME --url ${there()}" to create one.`);
  });

  it('without a profile, the service is the local one', async () => {
    expect(await home().run(['open', 'docs'])).toMatchObject({ stdout: 'http://127.0.0.1:3000/docs\n' });
    both();
    expect(await home().run(['open', 'docs'])).toMatchObject({ stdout: `${here()}/docs\n` });
  });
});

describe('the login that is advised', () => {
  const sessions = () => {
    const { url } = provider();
    const over = { expiresAt: 0, refreshToken: undefined };
    const profiles = {
      default: session(url, over),
      other: session(`${url}/other`, over),
      second: session(`${url}/other`, over),
    };
    home().write({ current: 'default', profiles });
  };
  const there = () => `${provider().url}/other`;

  it.each<[string, () => string[], Record<string, string>, () => string]>([
    ['the last login', () => [], {}, () => ''],
    ['another profile', () => ['--profile', 'other'], {}, () => ' --profile other'],
    ['the usual profile of the environment', () => [], { APPKEYS_PROFILE: 'other' }, () => ''],
    ['not that one', () => ['--profile', 'default'], { APPKEYS_PROFILE: 'other' }, () => ' --profile default'],
    ['the URL of another profile', () => ['--url', there()], {}, () => ' --profile other'],
    ['the second profile of a URL', () => ['--profile', 'second'], {}, () => ' --profile second'],
  ])('is that of the session that has ended: %s', async (_, args, env, options) => {
    sessions();
    const stderr = `appkeys: Your session has ended. Run "appkeys login${options()}".\n`;
    expect(await list(env, args())).toEqual({ code: 1, stdout: '', stderr });
  });

  it('has the URL where nobody is signed in, unless a login goes there by itself', async () => {
    const url = `${there()}/third`;
    const words = (command: string) => `You are not signed in to ${url}. Run "${command}", or set APPKEYS_TOKEN.`;
    for (const prepare of [() => {}, sessions]) {
      prepare();
      expect((await list({}, ['--url', url])).stderr).toContain(words(`appkeys login --url ${url}`));
      expect((await list({ APPKEYS_URL: url })).stderr).toContain(words('appkeys login'));
    }
  });

  it('has the URL alone where the usual profiles are those of other services', async () => {
    const url = 'https://appkeys.example/prod';
    const profiles = { default: session(provider().url), 'appkeys.example-prod': session(there()) };
    home().write({ current: 'default', profiles });
    const { stderr } = await list({}, ['--url', url]);
    expect(stderr).toContain(`You are not signed in to ${url}. Run "appkeys login --url ${url}"`);
  });

  it('goes with a token that the service rejects', async () => {
    const { url } = provider();
    home().write({ current: 'default', profiles: { default: session(url), other: session(there()) } });
    const body = { code: '401300', cause: 'No.', action: 'Send the header.', correlationId: 'c' };
    provider().answers['GET /other/apps'] = { status: 401, body };
    const hint = (command: string) => `No.\nSet APPKEYS_TOKEN, pass --token, or run "${command}".\ncorrelationId c`;
    expect((await list({}, ['--profile', 'other'])).stderr).toContain(hint('appkeys login --profile other'));
    const env = { APPKEYS_TOKEN: 'mine' };
    expect((await list(env, ['--url', there()])).stderr).toContain(hint(`appkeys login --url ${there()}`));
    home().write('{');
    expect((await list(env, ['--url', there()])).stderr).toContain(hint('appkeys login'));
  });
});

describe('a session', () => {
  const ended = 'appkeys: Your session has ended. Run "appkeys login".\n';

  it('is not renewed as long as its token is valid for a minute', async () => {
    signedIn({ expiresAt: Date.now() + 70_000 });
    await list();
    expect(sentTokens()).toEqual(['Bearer access-1']);
  });

  it('is renewed when its token expires within a minute', async () => {
    signedIn({ expiresAt: soon() });
    expect(await list()).toMatchObject({ code: 0 });
    expect(provider().seen).toMatchObject([
      {
        line: 'POST /token',
        form: { grant_type: 'refresh_token', refresh_token: 'refresh-1', client_id: 'console' },
      },
      { line: 'GET /apps', authorization: 'Bearer access-2' },
    ]);
    const { expiresAt, ...kept } = home().read().profiles.default ?? {};
    expect(kept).toMatchObject({ url: provider().url, accessToken: 'access-2', refreshToken: 'refresh-2' });
    expect(expiresAt).toBeGreaterThan(Date.now() + 800_000);
    expect([statSync(home().path).mode & 0o777, statSync(dirname(home().path)).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it('without a refresh token goes on until its token expires', async () => {
    signedIn({ expiresAt: soon(), refreshToken: undefined });
    expect(await list()).toMatchObject({ code: 0 });
    expect(sentTokens()).toEqual(['Bearer access-1']);
  });

  it('keeps a refresh token that is not replaced, and no expiry that is not known', async () => {
    provider().answers['POST /token'] = { body: { access_token: 'access-2', token_type: 'Bearer' } };
    signedIn({ expiresAt: soon() });
    await list();
    expect(home().read().profiles.default).toMatchObject({ accessToken: 'access-2', refreshToken: 'refresh-1' });
    expect(home().read().profiles.default).not.toHaveProperty('expiresAt');
  });

  it('1 when its refresh token is revoked, or it has none; the file stays as it is', async () => {
    provider().answers['POST /token'] = { status: 400, body: { error: 'invalid_grant' } };
    for (const refreshToken of ['refresh-1', undefined]) {
      signedIn({ expiresAt: Date.now() - 1, refreshToken });
      const before = home().read();
      expect(await list()).toEqual({ code: 1, stdout: '', stderr: ended });
      expect(home().read()).toEqual(before);
    }
    expect(provider().count('GET /apps')).toBe(0);
  });

  it.each([
    ['answers with an error', { status: 503, body: { error: 'temporarily_unavailable' } }, 'sent an invalid response.'],
    ['limits', { status: 429, body: { error: 'slow_down' } }, 'rejected the request: slow_down.'],
    ['answers with a page', { status: 200, body: '<html>', isHtml: true }, 'sent an invalid response.'],
    ['answers with no token', { status: 200, body: {} }, 'sent an invalid response.'],
    ['is slow', { isLost: true }, 'did not respond within 10 seconds.'],
  ])('1 when the identity provider %s; the file stays as it is', async (_, answer, words) => {
    hurry();
    provider().answers['POST /token'] = answer;
    signedIn({ expiresAt: soon() });
    const before = home().read();
    const { code, stdout, stderr } = await list();
    expect([code, stdout, stderr]).toEqual([
      1,
      '',
      expect.stringContaining(`appkeys: The identity provider at ${provider().url} ${words}`),
    ]);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(home().read()).toEqual(before);
  });

  it('1 when the identity provider is down', async () => {
    const origin = `http://127.0.0.1:${await freePort()}`;
    signedIn({ expiresAt: soon(), tokenEndpoint: `${origin}/token` });
    const { code, stderr } = await list();
    const words = `The identity provider at ${origin} cannot be reached (ECONNREFUSED).`;
    expect([code, stderr]).toEqual([1, `appkeys: ${words} Try again later.\n`]);
  });

  it('1 when it would be renewed over plain http, unless --insecure allows it', async () => {
    signedIn({ expiresAt: soon(), tokenEndpoint: 'http://appkeys.invalid/token' });
    expect((await list()).stderr).toContain('The identity provider at http://appkeys.invalid uses plain http');
    expect((await list({}, ['--insecure'])).stderr).toContain('http://appkeys.invalid cannot be reached');
  });

  it('no token is ever shown', async () => {
    provider().answers['POST /token'] = {
      status: 400,
      body: { error: 'invalid_request', error_description: 'refresh-1' },
    };
    signedIn({ expiresAt: soon() });
    const { stdout, stderr } = await list();
    expect(stdout + stderr).not.toMatch(/access-|refresh-/);
  });
});

/** Time-outs of requests come soon. */
function hurry(): void {
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 50);
  onTestFinished(() => {
    AbortSignal.timeout = timeout;
  });
}

describe('commands at once', () => {
  const runList = (args: string[] = []) => runCommandLine(commandLine, ['apps', 'list', ...args], { ...home().env });

  /** Each refresh token counts once: one that comes again ends the session. */
  function rotateRefreshTokens(): void {
    let isEnded = false;
    const used = new Set<string>();
    provider().answers['POST /token'] = ({ form: { refresh_token: token = '' } }) => {
      isEnded ||= used.has(token);
      used.add(token);
      const fresh = tokenAnswer({ refresh_token: `${token}+`, access_token: `access-of-${token}` });
      return isEnded ? { status: 400, body: { error: 'invalid_grant' } } : { body: fresh };
    };
  }

  it('renew a session once', async () => {
    rotateRefreshTokens();
    signedIn({ expiresAt: soon() });
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => runList()));
    expect(outcomes.map(({ code, stderr }) => [code, stderr])).toEqual(
      Array(6).fill([0, 'There are no applications that you can see.\n']),
    );
    expect(provider().count('POST /token')).toBe(1);
    expect(home().read().profiles.default).toMatchObject({ refreshToken: 'refresh-1+' });
    expect(readdirSync(dirname(home().path))).toEqual(['credentials.json']);
  });

  it('renew the sessions of different profiles, and lose none', async () => {
    rotateRefreshTokens();
    const names = ['a', 'b', 'c', 'd'];
    const old = (name: string) => session(provider().url, { expiresAt: soon(), refreshToken: name });
    home().write({ current: 'a', profiles: Object.fromEntries(names.map((name) => [name, old(name)])) });
    await Promise.all(names.map((name) => runList(['--profile', name])));
    const { current, profiles } = home().read();
    expect(current).toBe('a');
    expect(names.map((name) => profiles[name]?.refreshToken)).toEqual(['a+', 'b+', 'c+', 'd+']);
  });
});

describe('the lock', () => {
  const nobody = 2 ** 22 + 1;

  it('lets one in after the other', async () => {
    const path = join(temporaryFolder(), 'file');
    const steps: string[] = [];
    const enter = (name: string) =>
      withFileLock(path, async () => {
        steps.push(name);
        await new Promise((resolve) => setTimeout(resolve, 20));
        steps.push(name);
      });
    await Promise.all(['a', 'b', 'c'].map(enter));
    expect(steps.filter((_, index) => index % 2 === 0)).toEqual(steps.filter((_, index) => index % 2 === 1));
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  it.each([
    ['a process that has ended', `${hostname()} ${nobody} x`, 0],
    ['another machine, a minute ago', `elsewhere ${process.pid} x`, 60],
    ['a process that was killed before it could write', '', 60],
  ])('does not wait for %s', async (_, holder, ageSeconds) => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(`${path}.lock`, holder);
    const then = Date.now() / 1_000 - ageSeconds;
    utimesSync(`${path}.lock`, then, then);
    expect(await withFileLock(path, async () => 'done')).toBe('done');
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  it('waits for another machine', async () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(`${path}.lock`, `elsewhere ${nobody} x`);
    let isReleased = false;
    setTimeout(() => {
      isReleased = true;
      rmSync(`${path}.lock`);
    }, 200);
    expect(await withFileLock(path, async () => isReleased)).toBe(true);
  });

  it('is given back after an error', async () => {
    const path = join(temporaryFolder(), 'file');
    await expect(withFileLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(readdirSync(dirname(path))).toEqual([]);
  });
});
