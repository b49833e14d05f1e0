import { describe, expect, it, vi } from 'vitest';
import { formatApiKeyId } from '../../../lib/domain/api-key-id.ts';
import { formatKey } from '../../../lib/package/cli/keys.ts';
import { type CannedAnswer, useCannedService } from '../../support/canned-service.ts';
import { runInProcess, type Setting } from '../../support/cli-in-process.ts';

const service = useCannedService();
const app = 'hrn:app/a';
const appPath = '/apps/hrn%3Aapp%2Fa';
const keyPath = `${appPath}/apiKeys/hrn%3Aapikey%2Fk`;
const createdTime = Date.UTC(2020, 0, 2, 3, 4);
const key = {
  apiKey: 'hrn:apikey/k',
  identity: app,
  name: 'ci',
  enabled: true,
  expiresAt: -1,
  createdTime,
  createdBy: 'demo',
  lastChange: { at: createdTime + 60_000, by: 'bob', action: 'disableApiKey' },
};
const shown = `name         ci
state        active
created      2020-01-02 03:04Z
created by   demo
last change  disableApiKey by bob, 2020-01-02 03:05Z
expires      never
application  hrn:app/a
HRN          hrn:apikey/k
`;
const apps = { items: [{ hrn: app, clientId: 'a', name: 'my-app', createdTime }] };
const found = [ok(apps), ok({ items: [key] })];
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const lines = () => service().seen.map(({ line }) => line);
const lookUps = ['GET /apps', `GET ${appPath}/apiKeys`];

function ok(body: object): CannedAnswer {
  return { status: 200, body };
}

/** Runs `appkeys keys …`; these are the answers. */
function keys(args: string[], answers: CannedAnswer[], setting: Setting = {}) {
  service().answers = [...answers];
  return runInProcess(['keys', ...args], { env: { APPKEYS_URL: service().url, APPKEYS_TOKEN: 'token' }, ...setting });
}

/** What the last request was, its body parsed. */
function lastRequest() {
  const { line = '', body = '', headers } = service().seen.at(-1) ?? {};
  return { line, body: body === '' ? undefined : JSON.parse(body), idempotencyKey: headers?.['idempotency-key'] };
}

describe('a key is shown', () => {
  it('with its name, state, times, application and HRN', () => {
    expect(`${formatKey(key as never)}\n`).toBe(shown);
  });

  it('with its description, scopes and sources, one a line, if it has any', () => {
    const others = { description: 'builds', scopes: ['a', 'b'], allowedSources: ['10.0.0.0/8', '::1'] };
    const rows = 'scopes       a\n             b\nsources      10.0.0.0/8\n             ::1\n';
    const rich = shown.replace('state', 'description  builds\nstate').replace('application', `${rows}application`);
    expect(`${formatKey({ ...key, ...others } as never)}\n`).toBe(rich);
    const none = { description: '', scopes: [], allowedSources: [] };
    expect(`${formatKey({ ...key, ...none } as never)}\n`).toBe(shown);
  });

  it('without its history in the answer about a new key', () => {
    const { createdBy: _, lastChange: __, ...made } = key;
    const unknown = shown.replace(/created by.+\nlast change.+\n/, '');
    expect(`${formatKey(made as never)}\n`).toBe(unknown);
  });

  it('with its predecessor, its successor and its last use, if it has any', () => {
    const others = { rotatedFrom: 'hrn:apikey/j', rotatedTo: 'hrn:apikey/l', lastUsedTime: createdTime };
    expect(`${formatKey({ ...key, ...others } as never)}\n`).toBe(
      `${shown.replaceAll(/^(.{11}) /gm, '$1  ')}succeeds      hrn:apikey/j\nsucceeded by  hrn:apikey/l\nlast used     2020-01-02 03:04Z\n`,
    );
  });

  it.each([
    ['active', { expiresAt: 1_001 }],
    ['expired', { expiresAt: 1_000 }],
    ['expired', { expiresAt: 999, enabled: false }],
    ['disabled', { expiresAt: 1_001, enabled: false }],
    ['disabled', { enabled: false }],
    ['disabled: leaked', { enabled: false, disabledReason: 'leaked' }],
    ['expired: leaked', { expiresAt: 999, enabled: false, disabledReason: 'leaked' }],
    ['active', {}],
  ])('as %s, with %j at 1000', (state, fields) => {
    vi.spyOn(Date, 'now').mockReturnValue(1_000);
    expect(formatKey({ ...key, ...fields } as never)).toMatch(new RegExp(`^state +${state}$`, 'm'));
    vi.restoreAllMocks();
  });
});

describe('keys list --over-age', () => {
  const row = '2020-01-02 03:04Z  -          never    hrn:apikey/k  hrn:app/a\n';
  const table = `NAME  STATE   CREATED            LAST USED  EXPIRES  HRN           APPLICATION\nci    active  ${row}`;
  const query = `GET ${appPath}/apiKeys?overAge=true`;

  it.each([
    ['of one application', ['my-app'], ['GET /apps', query]],
    ['of all applications', [], ['GET /apps', query]],
  ])('asks the service for keys %s', async (_, args, requests) => {
    expect(await keys(['list', ...args, '--over-age'], found)).toEqual({ code: 0, stdout: table, stderr: '' });
    expect(lines()).toEqual(requests);
  });

  it('says that there are none', async () => {
    const answers = [ok(apps), ok({ items: [] })];
    const stderr = 'No API key is older than the maximum lifetime.\n';
    expect(await keys(['list', '--over-age'], answers)).toEqual({ code: 0, stdout: '', stderr });
  });

  it('is needed where no application is named', async () => {
    expect(await keys(['list'], [])).toMatchObject({ code: 2, stderr: expect.stringContaining('or pass --over-age') });
  });
});

describe('keys list', () => {
  const used = { ...key, name: 'deploy', enabled: false, expiresAt: 1, lastUsedTime: createdTime + 60_000 };
  const pages = [ok({ items: [key], pageToken: 'next' }), ok({ items: [used] })];
  const active = ok({ status: 'active' });

  it('says that there are none', async () => {
    const stderr = 'The application has no API keys.\n';
    const answers = [ok(apps), ok({ items: [] }), active];
    expect(await keys(['list', 'my-app'], answers)).toEqual({ code: 0, stdout: '', stderr });
  });

  it('says that a deactivated application has only rejected keys', async () => {
    const stderr = 'The application is deactivated, so all its API keys are rejected.\n';
    const answers = [ok(apps), ...pages, ok({ status: 'deactivated' })];
    expect(await keys(['list', 'my-app'], answers)).toMatchObject({ code: 0, stderr });
  });

  it('shows the keys of all pages', async () => {
    expect(await keys(['list', 'my-app'], [ok(apps), ...pages, active])).toEqual({
      code: 0,
      stdout: `NAME    STATE    CREATED            LAST USED          EXPIRES            HRN
ci      active   2020-01-02 03:04Z  -                  never              hrn:apikey/k
deploy  expired  2020-01-02 03:04Z  2020-01-02 03:05Z  1970-01-01 00:00Z  hrn:apikey/k
`,
      stderr: '',
    });
    expect(lines()).toEqual([...lookUps, `GET ${appPath}/apiKeys?pageToken=next`, `GET ${appPath}`]);
  });

  it('--json gives them as they came', async () => {
    expect(await keys(['list', app, '--json'], pages)).toEqual({ code: 0, stdout: json([key, used]), stderr: '' });
  });
});

describe('keys create', () => {
  const made = { status: 201, body: { apiKeyId: 'ak_x', ...key } };

  it('prints the secret alone, and the key for people', async () => {
    expect(await keys(['create', 'my-app', '--name', 'ci'], [ok(apps), made])).toEqual({
      code: 0,
      stdout: 'ak_x\n',
      stderr: `${shown}The key itself, which is shown only this once:\n`,
    });
    expect(lastRequest()).toEqual({
      line: `POST ${appPath}/apiKeys`,
      body: { name: 'ci' },
      idempotencyKey: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('--json gives the secret with the key', async () => {
    const outcome = await keys(['create', app, '--name', 'ci', '--json'], [made]);
    expect(outcome).toEqual({ code: 0, stdout: json(made.body), stderr: '' });
  });

  it('takes an expiry, --disabled, and the Idempotency-Key of the creation that it repeats', async () => {
    const options = ['--expires', '2030-12-31', '--disabled', '--idempotency-key', 'once'];
    await keys(['create', app, '--name', '', ...options], [made]);
    expect(lastRequest()).toMatchObject({
      body: { name: '', expiresAt: Date.UTC(2030, 11, 31), enabled: false },
      idempotencyKey: 'once',
    });
  });

  it('takes a description, scopes and sources', async () => {
    const lists = ['--scope', 'a', '--source', '::1', '--scope', 'b', '--source', '10.0.0.0/8'];
    await keys(['create', app, '--name', 'ci', '--description', 'builds', ...lists], [made]);
    expect(lastRequest().body).toEqual({
      name: 'ci',
      description: 'builds',
      scopes: ['a', 'b'],
      allowedSources: ['::1', '10.0.0.0/8'],
    });
  });

  it('takes an expiry from now on', async () => {
    const before = Date.now();
    await keys(['create', app, '--name', 'ci', '--expires', '1h'], [made]);
    const { expiresAt } = lastRequest().body;
    expect(expiresAt).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + 3_600_000);
  });

  it.each([[['--expires', 'soon']], [['--idempotency-key', 'two words']]])(
    '2 with %j: nothing is sent',
    async (options) => {
      const { code, stdout } = await keys(['create', 'my-app', '--name', 'ci', ...options], []);
      expect([code, stdout, lines()]).toEqual([2, '', []]);
    },
  );

  it('2 without a name, which it asks for', async () => {
    expect(await keys(['create', 'my-app'], [])).toMatchObject({
      code: 2,
      stderr: "error: required option '--name <name>' not specified\n",
    });
  });
});

describe('keys rotate', () => {
  const made = { status: 201, body: { apiKeyId: 'ak_y', ...key, rotatedFrom: 'hrn:apikey/j' } };

  it("prints the successor's secret alone, and the key for people", async () => {
    expect(await keys(['rotate', 'my-app', 'ci'], [...found, made])).toEqual({
      code: 0,
      stdout: 'ak_y\n',
      stderr: `${shown}succeeds     hrn:apikey/j\nThe key itself, which is shown only this once:\n`,
    });
    expect(lines().slice(0, 2)).toEqual(lookUps);
    expect(lastRequest()).toMatchObject({ line: `POST ${keyPath}/rotate`, body: {} });
  });

  it('takes an overlap, an expiry, a name, and the Idempotency-Key of the rotation that it repeats', async () => {
    const options = ['--overlap', '1h', '--expires', 'never', '--name', 'cd', '--idempotency-key', 'once'];
    const { stdout } = await keys(['rotate', app, key.apiKey, ...options, '--json'], [made]);
    expect(stdout).toBe(json(made.body));
    expect(lastRequest()).toEqual({
      line: `POST ${keyPath}/rotate`,
      body: { overlapSeconds: 3_600, expiresAt: -1, name: 'cd' },
      idempotencyKey: 'once',
    });
  });

  it.each([
    [
      ['--description', '', '--scope', 'a', '--source', '::1'],
      { description: '', scopes: ['a'], allowedSources: ['::1'] },
    ],
    [['--no-scopes', '--no-sources'], { scopes: [], allowedSources: [] }],
    [['--until-first-use', '10m', '--at-most', '1d'], { overlap: { untilFirstUse: 600, atMost: 86_400 } }],
  ])('takes %j', async (options, body) => {
    await keys(['rotate', app, key.apiKey, ...options], [made]);
    expect(lastRequest().body).toEqual(body);
  });

  it.each([
    [['--overlap', '1y']],
    [['--until-first-use', '1h']],
    [['--at-most', '1h']],
    [['--overlap', '1h', '--until-first-use', '1h', '--at-most', '1h']],
  ])('2 with an overlap that is none, such as %j: nothing is sent', async (options) => {
    expect([(await keys(['rotate', 'my-app', 'ci', ...options], [])).code, lines()]).toEqual([2, []]);
  });
});

describe('keys show', () => {
  it('shows one, by its name', async () => {
    expect(await keys(['show', 'my-app', 'ci'], [...found, ok(key)])).toEqual({ code: 0, stdout: shown, stderr: '' });
    expect(lines()).toEqual([...lookUps, `GET ${keyPath}`]);
  });

  it('--json gives it as it came', async () => {
    const { stdout } = await keys(['show', app, key.apiKey, '--json'], [ok(key)]);
    expect([stdout, lines()]).toEqual([json(key), [`GET ${keyPath}`]]);
  });
});

describe('keys rename and expire', () => {
  it.each([
    ['rename', 'deploy', { name: 'deploy' }],
    ['expire', '2030-12-31', { expiresAt: Date.UTC(2030, 11, 31) }],
    ['expire', 'never', { expiresAt: -1 }],
  ])('%s to %s changes that alone, and shows the key for people', async (command, to, body) => {
    const outcome = await keys([command, 'my-app', 'ci', to], [...found, ok(key)]);
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: shown });
    expect(lastRequest()).toMatchObject({ line: `PATCH ${keyPath}`, body });
    expect(Object.keys(lastRequest().body)).toEqual(Object.keys(body));
  });

  it('--json gives it as it came', async () => {
    const outcome = await keys(['rename', app, key.apiKey, 'x', '--json'], [ok(key)]);
    expect(outcome).toEqual({ code: 0, stdout: json(key), stderr: '' });
  });

  it('2 for an expiry that is none: nothing is sent', async () => {
    expect([(await keys(['expire', 'my-app', 'ci', 'soon'], [])).code, lines()]).toEqual([2, []]);
  });
});

describe('keys update', () => {
  it.each([
    [['--name', 'cd'], { name: 'cd' }],
    [['--description', ''], { description: '' }],
    [['--expires', 'never'], { expiresAt: -1 }],
    [['--scope', 'a', '--scope', 'b'], { scopes: ['a', 'b'] }],
    [['--no-scopes'], { scopes: [] }],
    [['--source', '::1'], { allowedSources: ['::1'] }],
    [['--no-sources', '--name', 'cd'], { name: 'cd', allowedSources: [] }],
  ])('%j changes that alone, and shows the key for people', async (options, body) => {
    const outcome = await keys(['update', 'my-app', 'ci', ...options], [...found, ok(key)]);
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: shown });
    expect(lastRequest()).toMatchObject({ line: `PATCH ${keyPath}` });
    expect(lastRequest().body).toEqual(body);
  });

  it.each([
    [[], 'appkeys: There is nothing to change. Pass one of the options.\n'],
    [['--scope', 'a', '--no-scopes'], "error: option '--no-scopes' cannot be used with option '--scope <scope>'\n"],
    [
      ['--no-sources', '--source', '::1'],
      "error: option '--no-sources' cannot be used with option '--source <address>'\n",
    ],
  ])('2 with %j: nothing is sent', async (options, stderr) => {
    expect(await keys(['update', app, key.apiKey, ...options], [])).toEqual({ code: 2, stdout: '', stderr });
    expect(lines()).toEqual([]);
  });

  it('--json gives it as it came', async () => {
    const outcome = await keys(['update', app, key.apiKey, '--name', 'x', '--json'], [ok(key)]);
    expect(outcome).toEqual({ code: 0, stdout: json(key), stderr: '' });
  });
});

describe('keys enable and disable', () => {
  const leak =
    'Somebody who holds this key had reported it as leaked. Rotate it, unless you made the report yourself.\n';

  it('disable says so for people alone', async () => {
    const outcome = await keys(['disable', 'my-app', 'ci'], [...found, { status: 204 }]);
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: 'Disabled hrn:apikey/k.\n' });
    expect(lines()).toEqual([...lookUps, `POST ${keyPath}/disable`]);
  });

  it.each([
    ['enable says so for people alone', {}, ''],
    ['enable says that the key had been reported as leaked', { disabledReason: 'leaked' }, leak],
  ])('%s', async (_, parts, warning) => {
    const outcome = await keys(['enable', 'my-app', 'ci'], [...found, ok({ ...key, ...parts }), { status: 204 }]);
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: `Enabled hrn:apikey/k.\n${warning}` });
    expect(lines()).toEqual([...lookUps, `GET ${keyPath}`, `POST ${keyPath}/enable`]);
  });
});

describe('from when on a revocation is effective', () => {
  const headers = { 'Appkeys-Effective-By': '1800000000001' };
  const effectiveBy = 1_800_000_000_001;
  const after = 'after 2027-01-15 08:00:01Z.\n';

  it.each([
    [['disable', 'my-app', 'ci'], found, 'No verifier accepts the key '],
    [['delete', 'my-app', 'ci', '--yes'], found, 'No verifier accepts the key '],
    [['delete', 'my-app', '--all', '--yes'], [ok(apps)], 'No verifier accepts these keys '],
  ])('is told after %j, to the next full second', async (args, answers, what) => {
    const { code, stderr } = await keys(args, [...answers, { status: 204, headers }]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^D(isabled|eleted) .+\n/)]);
    expect(stderr.split('\n').slice(1).join('\n')).toBe(what + after);
    expect(await keys([...args, '--json'], [...answers, { status: 204, headers }])).toMatchObject({
      stdout: json({ effectiveBy }),
      stderr: '',
    });
  });

  it('is told after a change that takes something away, and after a rotation', async () => {
    const changed = await keys(['expire', app, key.apiKey, '1h'], [ok({ ...key, effectiveBy })]);
    expect(changed.stderr).toMatch(/\nAll verifiers apply the change by 2027-01-15 08:00:01Z\.\n$/);
    const answer = { ...key, apiKeyId: 'ak_x', effectiveBy };
    const rotated = await keys(['rotate', app, key.apiKey], [{ status: 201, body: answer }]);
    expect([rotated.stdout, rotated.stderr]).toEqual([
      'ak_x\n',
      expect.stringContaining(`accepts the old key ${after}`),
    ]);
    const given = await keys(['rotate', app, key.apiKey, '--json'], [{ status: 201, body: answer }]);
    expect([JSON.parse(given.stdout), given.stderr]).toEqual([answer, '']);
  });
});

describe('keys revoke', () => {
  const headers = { 'Appkeys-Effective-By': '1800000000001' };
  const accepted = { status: 202, body: { accepted: true }, headers };
  const leaked = formatApiKeyId('acme', 'app', Buffer.alloc(32, 'k'));

  it('sends the key on stdin, and no token', async () => {
    const outcome = await keys(['revoke'], [accepted], { input: ` ${leaked}\r\n` });
    const words = 'If the service has this key, the key is disabled now, unless its application has referrers.';
    const effect = 'No verifier accepts the disabled key after 2027-01-15 08:00:01Z.';
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: `Accepted. ${words}\n${effect}\n` });
    expect(service().seen).toMatchObject([
      { line: 'POST /apiKeys/revoke', body: JSON.stringify({ apiKeyId: leaked }) },
    ]);
    expect(service().seen[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['a mistyped key', `${leaked.slice(0, -1)}-`],
    ['another checksum', leaked.replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
    ['a name with it', `API_KEY=${leaked}x`],
    ['quotes', `"${leaked}"`],
    ['two keys', `${leaked}\n${leaked}`],
    ['an HRN', 'hrn:here:account::r:apikey/k'],
  ])('sends nothing for %s', async (_, input) => {
    const { code, stderr } = await keys(['revoke'], [accepted], { input });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^appkeys: The input is not a single API key\. Nothing was sent/),
    ]);
    expect(service().seen).toEqual([]);
  });

  it('--json gives the answer as it came', async () => {
    const outcome = await keys(['revoke', '--json'], [accepted], { input: leaked });
    expect(outcome).toEqual({
      code: 0,
      stdout: json({ ...accepted.body, effectiveBy: 1_800_000_000_001 }),
      stderr: '',
    });
  });

  it.each([{ input: ' \n' }, { input: 'ak_x', isTTY: true }])('2 where no key comes on stdin: %j', async (setting) => {
    const { code, stderr } = await keys(['revoke'], [], setting);
    expect([code, stderr]).toEqual([2, 'appkeys: Pass the key on stdin: appkeys keys revoke < key.txt\n']);
    expect(lines()).toEqual([]);
  });
});

describe('keys delete', () => {
  const gone = { status: 204 };

  it.each([
    ['ci', [...found, gone], 'the key ci (hrn:apikey/k)'],
    ['hrn:apikey/k', [ok(apps), gone], 'the key hrn:apikey/k'],
  ])('--yes deletes %s without asking', async (name, answers, what) => {
    const outcome = await keys(['delete', 'my-app', name, '--yes'], answers);
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: `Deleted ${what}.\n` });
    expect(lines().at(-1)).toBe(`DELETE ${keyPath}`);
  });

  it('--all deletes every key in one step', async () => {
    const outcome = await keys(['delete', 'my-app', '--all', '--yes'], [ok(apps), gone]);
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: 'Deleted every key of hrn:app/a.\n' });
    expect(lines()).toEqual(['GET /apps', `DELETE ${appPath}/apiKeys`]);
  });

  it.each([
    [['ci'], found, 'the key ci (hrn:apikey/k)'],
    [['--all'], [ok(apps)], 'every key of hrn:app/a'],
  ])('%j asks, and deletes after yes', async (which, answers, what) => {
    const person = { isTTY: true, input: 'y\n' };
    const { code, stderr } = await keys(['delete', 'my-app', ...which], [...answers, gone], person);
    expect([code, stderr]).toEqual([0, `Permanently delete ${what}? [y/N] Deleted ${what}.\n`]);
  });

  it('1 after no: nothing is deleted', async () => {
    const { code, stderr } = await keys(['delete', app, key.apiKey], [], { isTTY: true, input: '\n' });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/appkeys: Nothing was deleted\.\n$/)]);
    expect(lines()).toEqual([]);
  });

  it('2 where the input is not a terminal: nothing is deleted', async () => {
    expect([(await keys(['delete', app, key.apiKey], [])).code, lines()]).toEqual([2, []]);
  });

  it.each([[[]], [['ci', '--all']]])('2 with %j: one key or all', async (which) => {
    const outcome = await keys(['delete', 'my-app', ...which, '--yes'], []);
    expect(outcome).toEqual({ code: 2, stdout: '', stderr: 'appkeys: Name one key, or pass --all.\n' });
    expect(lines()).toEqual([]);
  });
});
