import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';
import { freePort, listen } from '../../infra/local/ports.ts';

interface Run {
  npm: ChildProcess;
  port: number;
  output: () => string;
}

interface Outcome {
  code: unknown;
  stdout: string;
  stderr: string;
}

const folders: string[] = [];
const runs: Run[] = [];
let folder = '';

beforeAll(() => {
  folder = newFolder();
});

afterAll(() => {
  for (const run of runs) if (membersOf(run).length > 0) process.kill(-pidOf(run), 'SIGKILL');
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

describe('npm start', () => {
  let run: Run;

  test('answers 201 to the request that it prints', async () => {
    run = await startLocal(folder);
    expect(await statusOf(pasted(run))).toBe(201);
  });

  test('accepts the tokens of the token command', async () => {
    const { stdout } = await token('--principal', 'demo', '--realm', 'myrealm');
    const app = pasted(run).url.replace('/apiKeys', '');
    expect(await statusOf(new Request(app, { headers: { authorization: `Bearer ${stdout.trim()}` } }))).toBe(200);
  });

  test('refuses a folder in use by another instance, in one line', async () => {
    const { code, stderr } = await start(folder, '--port', String(await freePort()));
    expect([code, stderr]).toEqual([
      1,
      `appkeys: ${folder} is in use by another instance. Stop that instance, or set APPKEYS_LOCAL_DIR to another folder.\n`,
    ]);
  });

  test('SIGTERM to npm ends everything', async () => {
    await expectEnd(run, () => run.npm.kill('SIGTERM'), [0, 143]);
  });

  test('keeps the keys over a restart', async () => {
    const [, before] = /^Sign in at (\S+) /m.exec(run.output()) ?? [];
    run = await startLocal(folder);
    const words = `The URL of the identity provider has changed from ${before}. Users who signed in there must sign in again.`;
    expect(run.output()).toContain(words);
    const answers = [await statusOf(pasted(run)), await statusOf(pasted(run))];
    expect(answers).toEqual([201, 409]);
  });

  test('Ctrl-C ends everything', async () => {
    await expectEnd(run, () => process.kill(-pidOf(run), 'SIGINT'), [0, 130]);
  });

  test('answers 201 to the request that it prints, with settings of its own', async () => {
    const file = join(newFolder(), 'settings.yml');
    writeFileSync(file, 'partition: acme\nkeys: { prefix: sk, maxPerApp: 3 }\nissuers: []\n');
    run = await startLocal(newFolder(), '--settings', file);
    expect(run.output()).not.toContain('has changed from');
    expect(run.output()).toContain('an application can have at most 3:');
    const reply = await fetch(pasted(run));
    expect([reply.status, await reply.json()]).toMatchObject([
      201,
      { apiKeyId: expect.stringMatching(/^sk_/), apiKey: expect.stringMatching(/^hrn:acme:/) },
    ]);
    await expectEnd(run, () => run.npm.kill('SIGTERM'), [0, 143]);
  });

  test('kill -9 leaves nothing behind', async () => {
    run = await startLocal(folder);
    const [startPid = 0] = childrenOf(pidOf(run));
    await expectEnd(run, () => process.kill(startPid, 'SIGKILL'), [137]);
  });

  test.each([0, 300, 1000, 2000])('SIGTERM to npm ends everything %i ms after the start', async (ms) => {
    run = spawnLocal(folder, await freePort());
    await until(() => isHandedOver(run));
    await sleep(ms);
    await expectEnd(run, () => run.npm.kill('SIGTERM'), [0, 143]);
  });
});

describe('npm start refuses in one line', () => {
  test.each([
    [['--prot', '1'], "Unknown option '--prot'."],
    [['--port', '65536'], '--port must be a whole number from 1 to 65535.'],
    [['--port', '3e3'], '--port must be a whole number from 1 to 65535.'],
    [['3000'], "Unexpected argument '3000'."],
  ])('%j', async (args, message) => {
    expect(await start(folder, ...args)).toEqual({ code: 1, stdout: '', stderr: `appkeys: ${message}\n` });
  });

  test.each(['--port', '--lambda-port'])('%s in use', async (flag) => {
    const server = createServer();
    const port = await listen(server);
    const other = flag === '--port' ? [] : ['--port', String(await freePort())];
    const { code, stderr } = await start(folder, ...other, flag, String(port));
    server.close();
    expect([code, stderr]).toEqual([
      1,
      `appkeys: Port ${port} is in use. Choose another port: npm start -- ${flag} N\n`,
    ]);
  });

  test.each(['', '{', '{}', '{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}'])(
    'the key file %j',
    async (text) => {
      const broken = newFolder();
      writeFileSync(join(broken, 'issuer-key.json'), text);
      const { code, stderr } = await start(broken, '--port', String(await freePort()));
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^appkeys: .*issuer-key\.json does not contain a usable key\..*\n$/),
      ]);
    },
  );
});

describe('npm start ends when the service cannot work', () => {
  test.each([
    [
      'rateLimit: fast',
      'rateLimit must be "<requests per second>,<burst>", such as "10,20", each at most 100000, or "off".',
    ],
    [
      'ratelimit: off',
      'ratelimit is not a setting. The settings here are: partition, rateLimit, eventBus, claims, keys, verify, revoke, notices, authorizer, gateway, console, issuerKeys, deployment, issuers.',
    ],
  ])('saying what is wrong with the setting %s, in one line', async (setting, message) => {
    const file = join(newFolder(), 'settings.yml');
    writeFileSync(file, `${setting}\nissuers: []\n`);
    const { code, stderr } = await start(newFolder(), '--port', String(await freePort()), '--settings', file);
    expect([code, stderr]).toEqual([1, `appkeys: ${file}: ${message}\n`]);
  });

  test('saying that there is no such file, in one line', async () => {
    const file = join(newFolder(), 'settings.yml');
    const { code, stderr } = await start(newFolder(), '--port', String(await freePort()), '--settings', file);
    expect([code, stderr]).toEqual([1, `appkeys: ${file} does not exist. Copy infra/settings/example.yml to it.\n`]);
  });

  test('saying that the name of the local issuer is taken, in one line', async () => {
    const file = join(newFolder(), 'settings.yml');
    const taken = { issuer: 'urn:appkeys:local-issuer', jwksUri: 'http://127.0.0.1:4000/jwks' };
    writeFileSync(file, JSON.stringify({ issuers: [{ ...taken, algorithms: ['ES256'], audience: 'a', realm: 'r' }] }));
    const { code, stderr } = await start(newFolder(), '--port', String(await freePort()), '--settings', file);
    const message =
      'The settings must not contain the issuer urn:appkeys:local-issuer, because it is the local issuer. Remove its entry.';
    expect([code, stderr]).toEqual([1, `appkeys: ${message}\n`]);
  });
});

describe('npm run token', () => {
  test('makes one key however many ask at once', async () => {
    const empty = newFolder();
    const asked = Array.from({ length: 4 }, () => tokenIn(empty, '--principal', 'p', '--realm', 'other'));
    const kids = (await Promise.all(asked)).map(({ stdout }) => decodePart(stdout, 0).kid);
    expect(new Set(kids).size).toBe(1);
    expect(statSync(join(empty, 'issuer-key.json')).mode & 0o777).toBe(0o600);
  });

  test('puts what was asked for into the claims', async () => {
    const rights = ['--permission', 'account:createApp', '--permission', 'account:read:*'];
    const others = ['--scope', 's', '--expires-in', '60'];
    const { stdout } = await token('--principal', 'p', '--realm', 'other', ...rights, ...others);
    const claims = decodePart(stdout, 1);
    expect(claims).toMatchObject({ sub: 'p', rlm: 'other', aud: 'appkeys', scope: 's' });
    expect(claims.permissions).toEqual(['account:createApp', 'account:read:*']);
    expect(Number(claims.exp) - Number(claims.iat)).toBe(60);
  });

  test.each([
    [[]],
    [['--principal', 'p']],
    [['--principal', 'p', '--realm', 'elsewhere']],
    [['--principal', 'p', '--realm', 'other', '--expires-in', '-1']],
    [['--principal', 'p', '--realm', 'other', '--expires-in', 'soon']],
    [['--principal', 'p', '--realm', 'other', '--permission', 'account:destroy']],
    [['--principal', '', '--realm', 'other']],
    [['--principal', 'p', '--realm', 'other', '--nonsense']],
  ])('refuses %j in one line', async (args) => {
    const { code, stdout, stderr } = await token(...args);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(/^.+ usage: .+\n$/)]);
  });
});

function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'appkeys-'));
  folders.push(path);
  return path;
}

/** As its user starts it, in a process group of its own, as a terminal does. */
function spawnLocal(localDir: string, port: number, ...args: string[]): Run {
  const npm = spawn('npm', ['start', '--', '--port', String(port), ...args], {
    cwd: projectFolder,
    detached: true,
    env: { ...process.env, APPKEYS_LOCAL_DIR: localDir },
  });
  let output = '';
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const run = { npm, port, output: () => output };
  runs.push(run);
  return run;
}

async function startLocal(localDir: string, ...args: string[]): Promise<Run> {
  const run = spawnLocal(localDir, await freePort(), ...args);
  await until(() => run.output().includes('Stop with Ctrl-C') || run.npm.exitCode !== null);
  expect(run.output()).toContain(`appkeys is ready on http://127.0.0.1:${run.port},`);
  expect(membersOf(run).length).toBeGreaterThanOrEqual(2);
  return run;
}

/** The request of the printed curl line: the parts in quotes are its URL, its headers and its body. */
function pasted(run: Run): Request {
  const line = /^curl .*$/m.exec(run.output())?.[0] ?? '';
  const [url = '', authorization = '', contentType = '', body = ''] = [...line.matchAll(/'([^']*)'/g)].map(
    ([, quoted]) => quoted,
  );
  const headers = [authorization, contentType].map((header): [string, string] => {
    const [name = '', value = ''] = header.split(': ');
    return [name, value];
  });
  return new Request(url, { method: 'POST', headers, body });
}

async function statusOf(request: Request): Promise<number> {
  return (await fetch(request)).status;
}

/** Everything that the run started ends after `end`, and npm ends with one of `codes`. */
async function expectEnd(run: Run, end: () => void, codes: number[]): Promise<void> {
  const exit = once(run.npm, 'exit');
  end();
  const [code, signal] = await exit;
  await until(() => membersOf(run).length === 0);
  expect(codes).toContain(code ?? 128 + constants.signals[signal as NodeJS.Signals]);
}

function pidOf(run: Run): number {
  return run.npm.pid ?? 0;
}

/** The processes of the run's group, npm among them. */
function membersOf(run: Run): number[] {
  return processes().flatMap(({ pid, group }) => (group === pidOf(run) ? [pid] : []));
}

function childrenOf(parent: number): number[] {
  return processes().flatMap((process) => (process.parent === parent ? [process.pid] : []));
}

/** Whether npm has come to the service itself. Before, a SIGTERM ends npm without what it is just starting. */
function isHandedOver(run: Run): boolean {
  return childrenOf(pidOf(run)).some((pid) => /^\S*node infra\/local/.test(argumentsOf(pid)));
}

function argumentsOf(pid: number): string {
  return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
}

/** All processes but those that have ended and wait for a parent to notice. */
function processes(): Array<{ pid: number; parent: number; group: number }> {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  const rows = lines.filter((line) => !/\sZ\S*$/.test(line)).map((line) => line.trim().split(/\s+/).map(Number));
  return rows.map(([pid = 0, parent = 0, group = 0]) => ({ pid, parent, group }));
}

async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition).toBe(true);
}

function start(localDir: string, ...args: string[]): Promise<Outcome> {
  return runScript('start', localDir, args);
}

function token(...args: string[]): Promise<Outcome> {
  return tokenIn(folder, ...args);
}

function tokenIn(localDir: string, ...args: string[]): Promise<Outcome> {
  return runScript('token', localDir, args);
}

function runScript(name: string, localDir: string, args: string[]): Promise<Outcome> {
  const options = { cwd: projectFolder, timeout: 100_000, env: { ...process.env, APPKEYS_LOCAL_DIR: localDir } };
  return new Promise((resolve) => {
    execFile(process.execPath, [`infra/local/${name}.ts`, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? (error ? error.signal : 0), stdout, stderr }),
    );
  });
}

function decodePart(jwt: string, part: number): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[part] ?? '', 'base64url').toString());
}
