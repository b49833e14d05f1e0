import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useCannedService } from '../../support/canned-service.ts';
import { runInProcess, type Setting } from '../../support/cli-in-process.ts';

const service = useCannedService();
const refusal = { code: '409303', cause: 'Both places are taken.', action: 'Delete one.', correlationId: 'c' };
const commands = [
  [],
  ['login'],
  ['logout'],
  ['whoami'],
  ['apps'],
  ...['list', 'create', 'show', 'update', 'activate', 'deactivate', 'delete'].map((name) => ['apps', name]),
  ['keys'],
  ...['list', 'create', 'show', 'update', 'rename', 'expire', 'enable', 'disable', 'revoke', 'rotate', 'delete'].map(
    (name) => ['keys', name],
  ),
  ['grants'],
  ...['list', 'set', 'remove'].map((name) => ['grants', name]),
  ['issuers'],
  ...['list', 'add', 'remove'].map((name) => ['issuers', name]),
  ['verify'],
  ['open'],
];

const run = (args: string[], setting: Setting = {}) =>
  runInProcess(args, { env: { APPKEYS_URL: service().url, APPKEYS_TOKEN: 'token' }, ...setting });

/** What a command says that is answered like this. */
async function told(status: number, body: object, headers = {}, args = ['apps', 'create', 'x']) {
  service().answers = Array(4).fill({ status, headers, body });
  const { code, stdout, stderr } = await run([...args]);
  expect([code, stdout]).toEqual([1, '']);
  return stderr;
}

describe('help', () => {
  it('is as in help.txt, for every command', async () => {
    const shown: string[] = [];
    for (const command of commands) {
      const { code, stdout, stderr } = await run([...command, '--help']);
      expect([code, stderr]).toEqual([0, '']);
      shown.push(`$ appkeys ${[...command, '--help'].join(' ')}\n${stdout}`);
    }
    await expect(shown.join('\n')).toMatchFileSnapshot('help.txt');
  });

  it.each([[[]], [['apps']], [['keys']], [['grants']], [['issuers']]])(
    '2 with help on stderr for %j, which is no command',
    async (args) => {
      const { stdout } = await run([...args, '--help']);
      const { code, stderr } = await run(args);
      expect([code, stderr.startsWith('Usage: appkeys')]).toEqual([2, true]);
      expect(stdout.startsWith(stderr.trimEnd())).toBe(true);
    },
  );

  it('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('what is not understood', () => {
  it.each([
    [['nonsense'], "error: unknown command 'nonsense'\n"],
    [['apps', 'list', '--nonsense'], "error: unknown option '--nonsense'\n"],
    [['apps', 'show'], "error: missing required argument 'app'\n"],
    [['nonsense\u001b'], "error: unknown command 'nonsense\\u001b'\n"],
  ])('2 for %j', async (args, stderr) => {
    expect(await run(args)).toEqual({ code: 2, stdout: '', stderr });
  });
});

describe('a refusal', () => {
  beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));

  it('is told by code, cause and action', async () => {
    const stderr = 'appkeys: 409303 Both places are taken.\nDelete one.\ncorrelationId c\n';
    expect(await told(409, refusal)).toBe(stderr);
  });

  it('is told with what is wrong, and the ids', async () => {
    const details = [
      { title: 'T', source: '$.name', message: 'must be shorter' },
      { title: 'T', source: '$.expiresAt', message: 'must be in the future' },
    ];
    expect(await told(400, { ...refusal, code: '400200', details, errorId: 'ERROR-1' })).toBe(
      [
        'appkeys: 400200 Both places are taken.',
        '  $.name must be shorter',
        '  $.expiresAt must be in the future',
        'Delete one.',
        'correlationId c, errorId ERROR-1\n',
      ].join('\n'),
    );
  });

  it.each(['401200', '401300'])('%s says where the token comes from, and nothing of headers', async (code) => {
    expect(await told(401, { ...refusal, code })).toContain(
      'taken.\nSet APPKEYS_TOKEN, pass --token, or run "appkeys login".\ncorrelationId',
    );
  });

  it('says when to come again', async () => {
    expect(await told(429, refusal, { 'Retry-After': '3600' })).toContain('\nRetry-After: 3600 seconds\ncorrelationId');
  });

  it.each([500, 502])('says how to repeat a creation after a %i', async (status) => {
    expect(await told(status, refusal)).toMatch(
      /\nTo repeat the request: --idempotency-key [0-9a-f]{32}\ncorrelationId/,
    );
  });

  it('does not say so after a 4xx, nor of anything else', async () => {
    expect(await told(499, refusal)).not.toContain('idempotency-key');
    expect(await told(500, refusal, {}, ['apps', 'list'])).not.toContain('To repeat it');
  });

  it('says how to repeat a creation that got no answer', async () => {
    const { code, stderr } = await run(['apps', 'create', 'x'], {
      env: { APPKEYS_URL: 'http://127.0.0.1:1', APPKEYS_TOKEN: 'token' },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^appkeys: UNREACHABLE .+\n.+\nTo repeat the request: --idempotency-key [0-9a-f]{32}\n/);
  });
});

describe('a result that cannot be written', () => {
  const write = (unwritable: Setting['unwritable']) => {
    service().answers = [
      {
        status: 200,
        body: {
          hrn: 'hrn:app/a',
          name: 'x',
          description: '',
          status: 'active',
          createdTime: 0,
          createdBy: 'demo',
          lastChange: { at: 0, by: 'demo', action: 'createApp' },
        },
      },
    ];
    return run(['apps', 'create', 'x'], { unwritable });
  };
  const failing = (code: string) => Object.assign(new Error(`${code}: no more`), { code });

  it('1, and says why', async () => {
    const { code, stderr } = await write({ stdout: failing('ENOSPC') });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/appkeys: The command succeeded, but its result cannot be written: ENOSPC: no more\n$/),
    ]);
  });

  it('0 when the reader has enough', async () => {
    const { code, stderr } = await write({ stdout: failing('EPIPE') });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('cannot be written')]);
  });

  it('0 when only what is for people cannot be written', async () => {
    expect(await write({ stderr: failing('ENOSPC') })).toEqual({ code: 0, stdout: 'hrn:app/a\n', stderr: '' });
  });
});
