import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { projectFolder } from '../../../infra/local/folders.ts';
import { freePort } from '../../../infra/local/ports.ts';
import { type App, type Client, createClient } from '../../../lib/package/client/client.ts';
import { commandLineCases } from '../../deployed/writing.ts';
import { type Outcome, runCommandLine, useCommandLine } from '../../support/command-line.ts';
import { useLocalService } from '../../support/local-service.ts';
import { type LossyProxy, startLossyProxy } from '../../support/lossy-proxy.ts';

const secret = /^ak_[A-Za-z0-9]{1,64}_[A-Za-z0-9]{49}\n$/;
const twinName = 'a name twice';
const permissions = ['account:createApp', 'account:verify'];
const commandLine = useCommandLine();
const service = useLocalService({ rateLimit: 'off' });
let token: string;
let client: Client;
let made = 0;

beforeAll(async () => {
  token = await service().token({ permissions });
  client = createClient({ url: service().url, token });
});

/** Runs the command line against the service, as somebody with all rights unless the environment says otherwise. */
function appkeys(args: string[], env: Record<string, string> = {}, input?: string): Promise<Outcome> {
  const own = { APPKEYS_URL: service().url, APPKEYS_TOKEN: token, XDG_CONFIG_HOME: service().folder };
  return runCommandLine(commandLine, args, { ...own, ...env }, input);
}

function newName(): string {
  made += 1;
  return `app ${made}`;
}

function newApp(): Promise<App> {
  return client.createApp({ name: newName() });
}

async function newKey(app: App, name = 'ci') {
  return client.generateApiKey({ app: app.hrn, name });
}

/** It types at a terminal. The `script` of macOS has other arguments. */
const hasScript = process.platform === 'linux' && existsSync('/usr/bin/script');

commandLineCases(() => ({ url: service().url, client, appkeys, newName }));

describe('appkeys apps', () => {
  it('an id wins over a name, and what has a name that is not unique is listed', async () => {
    const { clientId, hrn } = await newApp();
    const [twin, other] = [await client.createApp({ name: clientId }), await client.createApp({ name: twinName })];
    expect((await appkeys(['apps', 'show', clientId])).stdout).toContain(hrn);
    const same = await client.createApp({ name: twinName });
    const { code, stdout, stderr } = await appkeys(['keys', 'create', twinName, '--name', 'x']);
    expect([code, stdout]).toEqual([2, '']);
    for (const listed of [other.hrn, same.hrn]) expect(stderr).toContain(listed);
    expect(stderr).not.toContain(twin.hrn);
  });

  it("2 for the name of another's application on which one has rights, and its own wins over it", async () => {
    const mallory = createClient({
      url: service().url,
      token: await service().token({ principal: 'mallory', permissions }),
    });
    const foreign = await mallory.createApp({ name: 'my-app' });
    await mallory.putGrant({ app: foreign.hrn, principal: 'demo', actions: ['manage'] });
    const refused = await appkeys(['keys', 'create', 'my-app', '--name', 'x']);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toMatch(new RegExp(`${foreign.clientId} +my-app +mallory`));
    const mine = await client.createApp({ name: 'my-app' });
    expect((await appkeys(['apps', 'show', 'my-app'])).stdout).toMatch(
      new RegExp(
        `created by +demo\nlast change +createApp by demo, .+\nyour rights +read, write, manage\nHRN +${mine.hrn}`,
      ),
    );
    expect((await appkeys(['apps', 'show', foreign.clientId])).stdout).toMatch(/created by +mallory/);
    expect((await appkeys(['grants', 'remove', foreign.clientId, 'demo'])).code).toBe(0);
    expect((await appkeys(['apps', 'list'])).stdout).not.toContain(foreign.hrn);
  });

  it('1 for a name that no application has, which is not repeated', async () => {
    const { code, stderr } = await appkeys(['apps', 'show', 'nobody']);
    expect([code, stderr]).toEqual([
      1,
      'appkeys: No application that you can see has this name. "appkeys apps list" shows the names.\n',
    ]);
  });
});

describe('appkeys keys', () => {
  it('create prints the secret alone, everything else on stderr', async () => {
    const app = await newApp();
    const { code, stdout, stderr } = await appkeys(['keys', 'create', app.name, '--name', 'ci', '--expires', '30d']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(secret)]);
    expect(stderr).toMatch(/^name +ci$/m);
    expect(stderr).not.toContain(stdout.trim());
    const [key] = (await client.listApiKeys({ app: app.hrn })).items;
    const days = ((key?.expiresAt ?? 0) - (key?.createdTime ?? 0)) / 86_400_000;
    expect(days).toBeCloseTo(30, 1);
    expect(await client.verifyApiKey({ apiKeyId: stdout.trim() })).toMatchObject({ valid: true });
  });

  it('create and rotate with --json give the secret in it', async () => {
    const app = await newApp();
    const created = JSON.parse(
      (await appkeys(['keys', 'create', app.hrn, '--name', 'a', '--disabled', '--json'])).stdout,
    );
    expect(created).toMatchObject({ enabled: false, apiKeyId: expect.stringMatching(/^ak_/) });
    const rotated = JSON.parse((await appkeys(['keys', 'rotate', app.hrn, 'a', '--json'])).stdout);
    expect(rotated).toMatchObject({ rotatedFrom: created.apiKey, apiKeyId: expect.stringMatching(/^ak_/) });
  });

  it('the same --idempotency-key gives the same key', async () => {
    const app = await newApp();
    const args = ['keys', 'create', app.hrn, '--name', 'x', '--idempotency-key', 'once'];
    expect((await appkeys(args)).stdout).toBe((await appkeys(args)).stdout);
  });

  it('lists, shows, updates, renames, expires, disables, enables and deletes by name', async () => {
    const app = await newApp();
    const { apiKey } = await newKey(app);
    const on = (command: string, ...args: string[]) => appkeys(['keys', command, app.name, ...args]);
    expect((await on('list')).stdout).toMatch(new RegExp(`^NAME.+\nci +active .+ - +never +${apiKey}\n$`));
    expect((await on('rename', 'ci', 'deploy')).stderr).toMatch(/^name +deploy$/m);
    expect((await on('expire', 'deploy', '2100-01-01')).stderr).toMatch(/^expires +2100-01-01 00:00Z$/m);
    expect((await on('expire', 'deploy', 'never')).stderr).toMatch(/^expires +never$/m);
    const lists = ['--scope', 'a', '--scope', 'b', '--source', '10.0.0.0/8'];
    expect((await on('update', 'deploy', ...lists)).stderr).toMatch(/^scopes +a\n +b\nsources +10\.0\.0\.0\/8$/m);
    expect((await on('update', 'deploy', '--no-scopes', '--no-sources')).stderr).not.toMatch(/^(scopes|sources)/m);
    const { stderr: disabled } = await on('disable', 'deploy');
    expect(disabled).toMatch(new RegExp(`^Disabled ${apiKey}.\nNo verifier accepts the key after 20.+:..:..Z.\n$`));
    expect((await on('show', 'deploy')).stdout).toMatch(/^state +disabled$/m);
    expect((await on('enable', apiKey)).code).toBe(0);
    expect(JSON.parse((await on('list', '--json')).stdout)).toMatchObject([{ apiKey, name: 'deploy', enabled: true }]);
    expect((await on('delete', 'deploy', '--yes')).code).toBe(0);
    expect((await on('delete', apiKey, '--yes')).stderr).toMatch(/^appkeys: 404666 /);
  });

  it('revokes the key on stdin without signing in; list and show tell why it is disabled', async () => {
    const app = await newApp();
    const made = await appkeys(['keys', 'create', app.name, '--name', 'ci']);
    const revoked = await appkeys(['keys', 'revoke'], { APPKEYS_TOKEN: '' }, made.stdout);
    expect([revoked.code, revoked.stdout]).toEqual([0, '']);
    expect(revoked.stderr).toMatch(/^Accepted\. /);
    expect((await appkeys(['keys', 'list', app.name])).stdout).toMatch(/^ci +disabled: leaked /m);
    expect((await appkeys(['keys', 'show', app.name, 'ci'])).stdout).toMatch(/^state +disabled: leaked$/m);
  });

  it('409303 with cause and action when both slots are taken', async () => {
    const app = await newApp();
    for (const name of ['one', 'two']) await newKey(app, name);
    expect(await appkeys(['keys', 'create', app.name, '--name', 'three'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^appkeys: 409303 The application has reached its key limit\..+\nDelete an API key .+\n/,
      ),
    });
  });

  it('names the option that the service does not accept', async () => {
    const { code, stderr } = await appkeys(['keys', 'create', (await newApp()).name, '--name', ' ']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('  $.name must be: 1 to 255 characters')]);
  });
});

describe('the runbook for a leaked key', () => {
  it('is five commands, each of which does what it says', async () => {
    const page = readFileSync(join(projectFolder, 'docs/leaks.md'), 'utf8');
    const [, block = ''] = /^```sh\n(appkeys [^`]+)^```$/m.exec(page) ?? [];
    const [byKey = '', byName = '', ofApp = '', all = '', afterwards = '', ...more] = block.trim().split('\n');
    expect([afterwards, more]).toEqual([expect.stringMatching(/^appkeys /), []]);
    const folder = mkdtempSync(join(tmpdir(), 'appkeys-runbook-'));
    writeFileSync(join(folder, 'appkeys'), `#!/bin/sh\nexec '${process.execPath}' '${commandLine}' "$@"\n`);
    chmodSync(join(folder, 'appkeys'), 0o755);
    const APPKEYS_TOKEN = await service().token({ principal: 'on call', permissions });
    const owner = createClient({ url: service().url, token: APPKEYS_TOKEN });
    const PATH = `${folder}:${join(process.execPath, '..')}:${process.env.PATH}`;
    const env = { PATH, APPKEYS_URL: service().url, APPKEYS_TOKEN, XDG_CONFIG_HOME: folder };
    const run = async (command: string) =>
      (await promisify(execFile)('sh', ['-c', command], { cwd: folder, env })).stderr;
    const [{ hrn: app }] = [await owner.createApp({ name: 'my-app' }), await owner.createApp({ name: 'other' })];
    const { apiKey, apiKeyId } = await owner.generateApiKey({ app, name: 'ci' });
    writeFileSync(join(folder, 'key.txt'), `${apiKeyId.reveal()}\n`);
    const statuses = async () => (await owner.listApps()).items.map(({ status }) => status);

    await run(byKey);
    expect(await owner.getApiKey({ app, apiKey })).toMatchObject({ disabledReason: 'leaked' });
    await owner.enableApiKey({ app, apiKey });
    expect(await run(byName)).toMatch(/^Disabled .+\nNo verifier accepts the key after /);
    expect((await owner.getApiKey({ app, apiKey })).enabled).toBe(false);
    expect(await run(ofApp)).toContain('All verifiers apply the change by ');
    expect((await owner.getApp({ app })).status).toBe('deactivated');
    expect((await run(all)).match(/All verifiers apply the change by /g)).toHaveLength(2);
    expect(await statuses()).toEqual(['deactivated', 'deactivated']);
    await run(afterwards);
    expect((await owner.listApiKeys({ app })).items).toMatchObject([{ name: 'ci', enabled: true }]);
    rmSync(folder, { recursive: true });
  });
});

describe('appkeys asks before it deletes', () => {
  it('2 when the input is not a terminal and --yes is not given; nothing is deleted', async () => {
    const app = await newApp();
    const { apiKey } = await newKey(app);
    for (const args of [
      ['apps', 'delete', app.name],
      ['keys', 'delete', app.name, 'ci'],
      ['keys', 'delete', app.name, '--all'],
    ])
      expect(await appkeys(args)).toEqual({
        code: 2,
        stdout: '',
        stderr: "appkeys: Can't ask for confirmation because the input is not a terminal. To delete, pass --yes.\n",
      });
    expect(await client.getApiKey({ app: app.hrn, apiKey })).toMatchObject({ apiKey });
  });

  it.skipIf(!hasScript)('names the key, and takes y for yes and anything else for no', async () => {
    const app = await newApp();
    const { apiKey } = await newKey(app);
    const command = `${process.execPath} ${commandLine} keys delete ${app.hrn} ci`;
    expect(await atTerminal(command, '\n')).toMatch(/Permanently delete the key ci \(hrn:.+\)\? \[y\/N\]/);
    expect(await client.getApiKey({ app: app.hrn, apiKey })).toMatchObject({ apiKey });
    expect(await atTerminal(command, 'y\n')).toContain(`Deleted the key ci (${apiKey}).`);
    expect(await client.listApiKeys({ app: app.hrn })).toMatchObject({ total: 0 });
  });
});

/** What a command says at a terminal where somebody types `input`. */
function atTerminal(command: string, input: string): Promise<string> {
  const env = { ...process.env, APPKEYS_URL: service().url, APPKEYS_TOKEN: token };
  return new Promise((resolve) => {
    const child = execFile(
      'script',
      ['-qec', command, '/dev/null'],
      { cwd: projectFolder, env, timeout: 100_000 },
      (_, stdout) => resolve(stdout),
    );
    child.stdout?.on('data', (chunk) => String(chunk).includes('[y/N]') && child.stdin?.write(input));
  });
}

describe('appkeys verify', () => {
  it('0 for a valid key on stdin, 1 and the reason for one that is not', async () => {
    const app = await newApp();
    const { apiKey, apiKeyId } = await newKey(app);
    const valid = await appkeys(['verify'], {}, `${apiKeyId.reveal()}\n`);
    expect([valid.code, valid.stdout]).toEqual([0, expect.stringContaining(apiKey)]);
    const invalid = await appkeys(['verify', 'ak_x']);
    expect(invalid).toEqual({ code: 1, stdout: '', stderr: 'appkeys: The key is not valid: malformed.\n' });
    expect(JSON.parse((await appkeys(['verify', 'ak_x', '--json'])).stdout)).toMatchObject({ valid: false });
  });
});

describe('docs/cli.md', () => {
  it('its lines do what they say', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'appkeys-'));
    writeFileSync(join(folder, 'appkeys'), `#!/bin/sh\nexec ${process.execPath} ${commandLine} "$@"\n`);
    chmodSync(join(folder, 'appkeys'), 0o755);
    const page = readFileSync(join(projectFolder, 'docs/cli.md'), 'utf8');
    const [, lines = expect.fail()] = /^```sh\n(export .+?)^```/ms.exec(page) ?? [];
    const script = lines.replace('http://127.0.0.1:3000', service().url);
    const env = { PATH: `${folder}:${process.env.PATH}`, APPKEYS_LOCAL_DIR: service().folder };
    const { stdout } = await promisify(execFile)('sh', ['-ec', script], { env, timeout: 100_000 });
    expect(stdout).toMatch(/^name +ci\n(.|\n)+^ci +active .+ hrn:\S+\n/m);
    rmSync(folder, { recursive: true });
  });
});

describe('appkeys open', () => {
  it('prints the address, and hands it to the browser', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'appkeys-'));
    const opener = join(folder, process.platform === 'darwin' ? 'open' : 'xdg-open');
    writeFileSync(opener, `#!/bin/sh\necho "$1" > ${folder}/opened\n`);
    chmodSync(opener, 0o755);
    const { stdout } = await appkeys(['open', 'docs'], { PATH: `${folder}:${process.env.PATH}` });
    expect(stdout).toBe(`${service().url}/docs\n`);
    await vi.waitFor(() => expect(readFileSync(join(folder, 'opened'), 'utf8')).toBe(stdout), 60_000);
    rmSync(folder, { recursive: true });
  });
});

describe('appkeys, when it cannot be done', () => {
  it.each([
    ['no token', { APPKEYS_TOKEN: '' }, /^appkeys: You are not signed in to http.+\n$/],
    ['a wrong token', { APPKEYS_TOKEN: 'a.b.c' }, /^appkeys: 401300 .+\nSet APPKEYS_TOKEN/],
    ['a token that cannot be sent', { APPKEYS_TOKEN: 'to ken' }, /^appkeys: BAD_TOKEN (?!.*to ken)/],
  ])('1 with %s', async (_, env, stderr) => {
    expect(await appkeys(['apps', 'list'], env)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(stderr),
    });
  });

  it('1 with a service that is down, and how to repeat a creation', async () => {
    const APPKEYS_URL = `http://127.0.0.1:${await freePort()}`;
    expect(await appkeys(['apps', 'create', 'x'], { APPKEYS_URL })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^appkeys: UNREACHABLE .+ECONNREFUSED(.|\n)+--idempotency-key \w{32}\n/),
    });
  });

  it.each([
    [[]],
    [['keys']],
    [['nonsense']],
    [['keys', 'list']],
    [['keys', 'list', 'a', 'b']],
    [['keys', 'create', 'my-app']],
    [['keys', 'create', 'my-app', '--name', 'x', '--expires', 'soon']],
    [['keys', 'create', 'my-app', '--name', 'x', '--expires', '2027-02-31']],
    [['keys', 'create', 'my-app', '--name', 'x', '--idempotency-key', 'あ']],
    [['keys', 'rotate', 'my-app', 'x', '--idempotency-key', '']],
    [['apps', 'create', 'x', '--idempotency-key', 'two words']],
    [['keys', 'rotate', 'my-app', 'x', '--overlap', '1y']],
    [['keys', 'delete', 'my-app', '--yes']],
    [['keys', 'delete', 'my-app', 'x', '--all', '--yes']],
    [['apps', 'list', '--nonsense']],
    [['apps', 'list', '--url', 'ftp://x']],
    [['open', 'nothing']],
    [['login', '--port', 'x']],
    [['login', '--url', 'ftp://x']],
    [['login', 'x']],
    [['logout', '--all', '--profile', 'x']],
  ])('2 for %j, which sends nothing', async (args) => {
    const { code, stdout, stderr } = await appkeys(args, { APPKEYS_URL: 'http://127.0.0.1:1' });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
  });

  it('every command has help with an example', async () => {
    const groups = {
      apps: ['list', 'create', 'show', 'delete'],
      keys: keyCommands,
      grants: ['list', 'set', 'remove'],
      '': ['login', 'logout', 'whoami', 'verify', 'open'],
    };
    const all = Object.entries(groups).flatMap(([group, names]) => names.map((name) => [group, name].filter(Boolean)));
    for (const command of all) {
      const { code, stdout } = await appkeys([...command, '--help']);
      expect([code, stdout]).toEqual([0, expect.stringContaining(`$ appkeys ${command.join(' ')}`)]);
    }
  });
});

const keyCommands = [
  'list',
  'create',
  'show',
  'update',
  'rename',
  'expire',
  'enable',
  'disable',
  'revoke',
  'rotate',
  'delete',
];

describe('what a service says never acts on the terminal', () => {
  const hostile = '\u001b]0;owned\u0007\u202egnp\u009b31m\r\n\ud800';
  let proxy: LossyProxy;
  beforeAll(async () => {
    proxy = await startLossyProxy(service().url);
  });
  afterAll(() => proxy.stop());

  it.each([
    [
      'in a table',
      ['apps', 'list'],
      200,
      { items: [{ name: hostile, status: 'active', createdTime: 1, createdBy: hostile, hrn: hostile }] },
    ],
    ['in JSON', ['apps', 'list', '--json'], 200, { items: [{ name: hostile }] }],
    ['in a refusal', ['apps', 'list'], 403, { code: '403403', cause: hostile, action: hostile }],
    [
      'in place of a secret',
      ['keys', 'create', 'hrn:x', '--name', 'x'],
      201,
      { apiKeyId: hostile, name: '', expiresAt: -1, createdTime: 1, identity: '', apiKey: '' },
    ],
  ])('%s', async (_, args, status, answer) => {
    proxy.losses = [{ status, body: JSON.stringify(answer) }];
    const { stdout, stderr } = await appkeys(args, { APPKEYS_URL: proxy.url });
    expect(stdout + stderr).toContain('\\u001b]0;owned\\u0007');
    expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('a creation of which it is not known whether it was carried out', () => {
  it.each([500, 502])('says how to repeat it after a %i, and not after a refusal', async (status) => {
    const proxy = await startLossyProxy(service().url);
    const body = JSON.stringify({ code: '500000', cause: 'Lost.', action: 'Repeat it.' });
    const create = async (...losses: LossyProxy['losses']) => {
      proxy.losses = losses;
      return (await appkeys(['apps', 'create', 'x'], { APPKEYS_URL: proxy.url })).stderr;
    };
    expect(await create(...Array(4).fill({ status, body }))).toMatch(
      /\nTo repeat the request: --idempotency-key \w{32}\n/,
    );
    expect(await create({ status: 403, body })).not.toContain('--idempotency-key');
    proxy.stop();
  });
});

describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  it('1 when the result cannot be written, and says so', async () => {
    const { code, stderr } = await inShell('> /dev/full');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/appkeys: .+ cannot be written: ENOSPC/)]);
  });

  it('0 when a reader has enough, or only stderr cannot be written', async () => {
    expect(await inShell('| true')).toMatchObject({ code: 0 });
    const { code, stdout } = await inShell('2> /dev/full');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^hrn:/)]);
  });
});

/** Makes an application in a shell that does `where` with its output. */
function inShell(where: string): Promise<Outcome> {
  const env = { ...process.env, APPKEYS_URL: service().url, APPKEYS_TOKEN: token };
  const command = `set -o pipefail; "${process.execPath}" "${commandLine}" apps create x ${where}`;
  return new Promise((resolve) =>
    execFile('bash', ['-c', command], { env, timeout: 100_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    ),
  );
}

describe('a service that limits', () => {
  it('1 when it asks to wait for longer than there is time', async () => {
    const body = JSON.stringify({ code: '429003', cause: 'Too many.', action: 'Wait.' });
    const proxy = await startLossyProxy(service().url);
    proxy.losses = [{ status: 429, headers: { 'Retry-After': '3600' }, body }];
    const { code, stderr } = await appkeys(['apps', 'list'], { APPKEYS_URL: proxy.url });
    proxy.stop();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^appkeys: 429003 Too many\.\nWait\.\nRetry-After: 3600 seconds\n/),
    ]);
  });
});
