import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { projectFolder } from '../../../infra/local/folders.ts';
import { useLocalService } from '../../support/local-service.ts';

const service = useLocalService();
const app = 'hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: string[]): Promise<Outcome> {
  return promisify(execFile)(process.execPath, ['infra/local/rotate.ts', ...args], { cwd: projectFolder }).then(
    (output) => ({ code: 0, ...output }),
    (error: Outcome) => error,
  );
}

/** With the ports that npm start prints. */
function rotate(...args: string[]): Promise<Outcome> {
  const [, printed = ''] = /^npm run --silent rotate -- (.+)$/m.exec(service().output()) ?? [];
  expect(printed).toContain(`--app ${app} `);
  return run(...printed.split(' '), ...args);
}

/** Which versions there are at the end, and the step that failed. */
function lastOf(stdout: string): { labels: string[]; keys: string[] } {
  const blocks = stdout.split('\n\n').filter((block) => /^\w+Secret\n/.test(block));
  const lines = [...(blocks.at(-1) ?? '').matchAll(/^ {2}(\w+) +(.+)$/gm)];
  return { labels: lines.map(([, label = '']) => label), keys: lines.map(([, , key = '']) => key) };
}

it('plays a rotation step by step, and shows no key', async () => {
  const first = await rotate('--overlap', '0'); // The last one counts.
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toContain('is new');
  const second = await rotate('--overlap', '0');
  expect(second.code).toBe(0);
  for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
    expect(second.stdout).toContain(`\n${step}\n`);
  const [{ keys: before }, { labels, keys }] = [lastOf(first.stdout), lastOf(second.stdout)];
  expect(labels).toEqual(['AWSPREVIOUS', 'AWSCURRENT']);
  expect(keys[0]).toBe(before[1]);
  expect(first.stdout + second.stdout).not.toMatch(/ak_\w+_\w{49}/);
});

it('says which step failed and why, and goes on once the cause is gone', async () => {
  const url = `${service().url}/apps/${encodeURIComponent(app)}`;
  const headers = { authorization: `Bearer ${await service().token()}`, 'content-type': 'application/json' };
  const setStatus = (status: string) => fetch(url, { method: 'PATCH', headers, body: JSON.stringify({ status }) });
  await setStatus('deactivated');
  // The key before ends at once, and its slot is free 5 seconds later.
  const failed = await rotate('--overlap', '0');
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/^createSecret: 409306 .*\n.*--go-on/)]);
  expect((await rotate('--overlap', '0')).stderr).toMatch(/^A rotation of the secret is not complete/);
  await setStatus('active');
  await expect.poll(async () => (await rotate('--overlap', '0', '--go-on')).code, { interval: 1_000 }).toBe(0);
  const goOn = await rotate('--overlap', '0', '--go-on');
  expect(goOn.stderr).toMatch(/^No rotation has failed/);
});

it.each([
  [/^The secret lACE8kgYxsahjbXnvy8w is for \S+, not for \S+:app\/other/, ['--app', app.replace(/\w+$/, 'other')]],
  [/^--overlap applies only to a new secret/, ['--overlap', '7']],
  [/^The response from \S+ did not come from npm start\./, ['--secrets-port', 'api']],
])('an existing secret, or another port, is not taken for the one that is meant: %s', async (text, args) => {
  const port = new URL(service().url).port;
  const { code, stderr } = await rotate(
    ...['--secret', app.replace(/^.*\//, ''), ...args].map((arg) => (arg === 'api' ? port : arg)),
  );
  expect([code, stderr]).toEqual([1, expect.stringMatching(text)]);
});

it.each([
  ['--app is missing.', []],
  ['--app must be the HRN of an application', ['--app', 'lACE8kgYxsahjbXnvy8w']],
  ['--overlap must be a whole number', ['--app', app, '--overlap', 'x']],
  ['--secrets-port must be a whole number', ['--app', app, '--secrets-port', '0']],
  ["Unknown option '--x'.", ['--x']],
])('a wrong command line is told in one line: %s', async (text, args) => {
  const { code, stderr } = await run(...args);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^[^\n]+ usage: npm run --silent rotate [^\n]+\n$/)]);
  expect(stderr).toContain(text);
});

it('says when nothing answers', async () => {
  const { code, stderr } = await run('--app', app, '--secrets-port', '9');
  expect([code, stderr]).toEqual([
    1,
    'There was no response from http://127.0.0.1:9. Run npm start, or pass the ports that npm start prints.\n',
  ]);
});

it('--help prints the page', async () => {
  expect((await run('--help')).stdout).toContain('--go-on');
});
