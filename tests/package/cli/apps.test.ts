import { describe, expect, it } from 'vitest';
import { useCannedService } from '../../support/canned-service.ts';
import { runInProcess, type Setting } from '../../support/cli-in-process.ts';

const service = useCannedService();
const app = {
  hrn: 'hrn:app/a',
  clientId: 'a',
  name: 'my-app',
  description: 'sells',
  status: 'active',
  createdTime: Date.UTC(2030, 11, 31, 12, 34),
  createdBy: 'demo',
  lastChange: { at: Date.UTC(2031, 0, 1, 10, 0), by: 'bob', action: 'updateApp' },
};
const shown = `name         my-app
description  sells
status       active
created      2030-12-31 12:34Z
created by   demo
last change  updateApp by bob, 2031-01-01 10:00Z
HRN          hrn:app/a
`;
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const lines = () => service().seen.map(({ line }) => line);

/** Runs `appkeys apps …`; these are the answers. */
function apps(args: string[], answers: object[], setting: Setting = {}) {
  service().answers = answers.map((body) => ({ status: 200, body }));
  return runInProcess(['apps', ...args], { env: { APPKEYS_URL: service().url, APPKEYS_TOKEN: 'token' }, ...setting });
}

describe('apps list', () => {
  const pages = [{ items: [app], pageToken: 'next' }, { items: [{ ...app, name: 'b', status: 'deactivated' }] }];

  it('shows the applications of all pages', async () => {
    expect(await apps(['list'], pages)).toEqual({
      code: 0,
      stdout: `NAME    STATUS       CREATED            CREATED BY  HRN
my-app  active       2030-12-31 12:34Z  demo        hrn:app/a
b       deactivated  2030-12-31 12:34Z  demo        hrn:app/a
`,
      stderr: '',
    });
    expect(lines()).toEqual(['GET /apps', 'GET /apps?pageToken=next']);
  });

  const due = [
    { app: 'hrn:app/a', apiKey: 'hrn:apikey/k', notice: 'apiKeyIdle', time: Date.UTC(2030, 11, 31, 12, 34) },
  ];
  const duePages = [
    { items: [app], due: [], pageToken: 'next' },
    { items: [app], due },
  ];

  it('--due shows the notices that hold for API keys', async () => {
    const stdout = `NAME    NOTICE      SINCE              KEY           APPLICATION
my-app  apiKeyIdle  2030-12-31 12:34Z  hrn:apikey/k  hrn:app/a
`;
    expect(await apps(['list', '--due', '--action', 'write'], duePages)).toEqual({ code: 0, stdout, stderr: '' });
    expect(lines()).toEqual(['GET /apps?action=write&due=true', 'GET /apps?pageToken=next&action=write&due=true']);
    expect((await apps(['list', '--due', '--json'], duePages)).stdout).toBe(json(due));
    const none = { code: 0, stdout: '', stderr: 'There are no notices for API keys.\n' };
    expect(await apps(['list', '--due'], [{ items: [app], due: [] }])).toEqual(none);
  });

  it('--json gives them as they came', async () => {
    const { stdout, stderr } = await apps(['list', '--json'], pages);
    expect([stdout, stderr]).toEqual([json([app, { ...app, name: 'b', status: 'deactivated' }]), '']);
  });
});

describe('apps list', () => {
  it('says that there are none', async () => {
    const none = { items: [] };
    const stderr = 'There are no applications that you can see.\n';
    expect(await apps(['list'], [none])).toEqual({ code: 0, stdout: '', stderr });
    expect(await apps(['list', '--json'], [none])).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
  });

  it('--action asks on every page for those on which the caller has that right', async () => {
    const pages = [{ items: [app], pageToken: 'next' }, { items: [] }];
    expect((await apps(['list', '--action', 'write'], pages)).stdout).toContain('my-app');
    expect(lines()).toEqual(['GET /apps?action=write', 'GET /apps?pageToken=next&action=write']);
    const stderr = 'There are no applications that you can manage.\n';
    expect(await apps(['list', '--action', 'manage'], [{ items: [] }])).toEqual({ code: 0, stdout: '', stderr });
  });

  it('2 where the action is none', async () => {
    const { code, stderr } = await apps(['list', '--action', 'delete'], []);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Allowed choices are read, write, manage.')]);
    expect(lines()).toEqual([]);
  });
});

describe('apps update, activate and deactivate', () => {
  it.each([
    [['update', 'hrn:app/a', '--name', 'b'], '{"name":"b"}'],
    [['update', 'hrn:app/a', '--description', ''], '{"description":""}'],
    [['update', 'hrn:app/a', '--name', 'b', '--description', 'c'], '{"name":"b","description":"c"}'],
    [
      ['update', 'hrn:app/a', '--referrer', 'a.test', '--referrer', 'b.test/x', '--scope', 'a', '--scope', 'b'],
      '{"referrers":["a.test","b.test/x"],"scopes":["a","b"]}',
    ],
    [['update', 'hrn:app/a', '--no-referrers', '--no-scopes'], '{"referrers":[],"scopes":[]}'],
    [['update', 'hrn:app/a', '--any-scope'], '{"scopes":null}'],
    [['activate', 'hrn:app/a'], '{"status":"active"}'],
    [['deactivate', 'hrn:app/a'], '{"status":"deactivated"}'],
  ])('%j sends just that, and shows the application', async (args, body) => {
    expect(await apps(args, [app])).toEqual({ code: 0, stdout: '', stderr: shown });
    expect(service().seen).toMatchObject([{ line: 'PATCH /apps/hrn%3Aapp%2Fa', body }]);
    expect(await apps([...args, '--json'], [app])).toEqual({ code: 0, stdout: json(app), stderr: '' });
  });

  it.each([
    [['--scope', 'a', '--no-scopes'], '--no-scopes', '--scope <scope>'],
    [['--any-scope', '--scope', 'a'], '--any-scope', '--scope <scope>'],
    [['--no-scopes', '--any-scope'], '--any-scope', '--no-scopes'],
    [['--no-referrers', '--referrer', 'a.test'], '--no-referrers', '--referrer <host>'],
  ])('2 for %j, which contradict each other', async (args, one, other) => {
    const stderr = `error: option '${one}' cannot be used with option '${other}'\n`;
    expect(await apps(['update', 'hrn:app/a', ...args], [])).toEqual({ code: 2, stdout: '', stderr });
    expect(service().seen).toEqual([]);
  });

  it('2 where there is nothing to change', async () => {
    const stderr = 'appkeys: There is nothing to change. Pass one of the options.\n';
    expect(await apps(['update', 'hrn:app/a'], [])).toEqual({ code: 2, stdout: '', stderr });
    expect(service().seen).toEqual([]);
  });
});

describe('apps create', () => {
  it('prints the HRN alone, and the application for people', async () => {
    expect(await apps(['create', 'my-app'], [app])).toEqual({ code: 0, stdout: 'hrn:app/a\n', stderr: shown });
    expect(service().seen).toMatchObject([{ line: 'POST /apps', body: '{"name":"my-app"}' }]);
    expect(service().seen[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('--json gives it as it came', async () => {
    expect(await apps(['create', 'my-app', '--json'], [app])).toEqual({ code: 0, stdout: json(app), stderr: '' });
  });

  it('takes a description, and the Idempotency-Key of the creation that it repeats', async () => {
    await apps(['create', 'x', '--description', '', '--idempotency-key', 'once'], [app]);
    expect(service().seen).toMatchObject([
      { body: '{"name":"x","description":""}', headers: { 'idempotency-key': 'once' } },
    ]);
  });
});

it.each([
  [['--referrer', 'a.test', '--scope', 'a', '--scope', 'b'], { referrers: ['a.test'], scopes: ['a', 'b'] }],
  [['--no-scopes'], { scopes: [] }],
])('apps create takes %j', async (args, body) => {
  await apps(['create', 'x', ...args], [app]);
  expect(JSON.parse(service().seen[0]?.body ?? '')).toEqual({ name: 'x', ...body });
});

describe('apps show', () => {
  it.each([
    [{ referrers: [] }, ''],
    [
      { referrers: ['a.test', 'b.test/x'], scopes: ['a', 'b'] },
      'referrers    a.test\n             b.test/x\nscopes       a\n             b\n',
    ],
    [{ referrers: [], scopes: [] }, 'scopes       none\n'],
  ])('shows %j', async (fields, rows) => {
    const { stdout } = await apps(['show', 'hrn:app/a'], [{ ...app, ...fields }]);
    expect(stdout).toBe(shown.replace('created  ', `${rows}created  `));
  });

  it('shows one, by its name', async () => {
    expect(await apps(['show', 'my-app'], [{ principal: 'demo', items: [app] }, app])).toEqual({
      code: 0,
      stdout: shown,
      stderr: '',
    });
    expect(lines()).toEqual(['GET /apps', 'GET /apps/hrn%3Aapp%2Fa']);
  });

  it('--json gives it as it came', async () => {
    expect(await apps(['show', 'hrn:app/a', '--json'], [app])).toEqual({ code: 0, stdout: json(app), stderr: '' });
  });
});

it('2 for the name of an application that only others created, with its creator', async () => {
  const foreign = { ...app, createdBy: 'mallory' };
  expect(await apps(['show', 'my-app'], [{ principal: 'demo', items: [foreign] }])).toEqual({
    code: 2,
    stdout: '',
    stderr: `appkeys: You created no application with this name, but others did. To use one of theirs, pass its ID:
ID  NAME    CREATED BY
a   my-app  mallory
`,
  });
});

describe('apps delete', () => {
  const remove = (name: string, setting: Setting) =>
    apps(['delete', name], name === 'my-app' ? [{ principal: 'demo', items: [app] }, {}] : [{}], setting);

  it('--yes deletes without asking', async () => {
    expect(await apps(['delete', 'hrn:app/a', '--yes'], [{}])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'Deleted hrn:app/a.\n',
    });
    expect(lines()).toEqual(['DELETE /apps/hrn%3Aapp%2Fa']);
  });

  it.each([
    ['hrn:app/a', 'hrn:app/a'],
    ['my-app', 'my-app (hrn:app/a)'],
  ])('asks about %s, and deletes it after yes', async (name, named) => {
    const { code, stderr } = await remove(name, { isTTY: true, input: 'y\n' });
    const question = `Permanently delete the application ${named} and all its keys? [y/N] `;
    expect([code, stderr]).toEqual([0, `${question}Deleted hrn:app/a.\n`]);
    expect(lines().at(-1)).toBe('DELETE /apps/hrn%3Aapp%2Fa');
  });

  it('1 after no: nothing is deleted', async () => {
    const { code, stderr } = await remove('hrn:app/a', { isTTY: true, input: 'n\n' });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/\? \[y\/N\] appkeys: Nothing was deleted\.\n$/)]);
    expect(lines()).toEqual([]);
  });

  it('2 where the input is not a terminal: nothing is deleted', async () => {
    expect(await remove('hrn:app/a', { input: 'y\n' })).toEqual({
      code: 2,
      stdout: '',
      stderr: "appkeys: Can't ask for confirmation because the input is not a terminal. To delete, pass --yes.\n",
    });
    expect(lines()).toEqual([]);
  });
});
