import { describe, expect, it } from 'vitest';
import { useCannedService } from '../../support/canned-service.ts';
import { runInProcess } from '../../support/cli-in-process.ts';

const service = useCannedService();
const grants = 'hrn%3Aapp%2Fa/grants';
const lines = () => service().seen.map(({ line, body }) => `${line} ${body}`.trimEnd());

/** Runs `appkeys grants …`; these are the answers. */
function run(args: string[], answers: (object | undefined)[]) {
  service().answers = answers.map((body) => (body ? { status: 200, body } : { status: 204 }));
  return runInProcess(['grants', ...args], { env: { APPKEYS_URL: service().url, APPKEYS_TOKEN: 'token' } });
}

describe('grants list', () => {
  const items = [
    { principal: 'repo:a%3Ab', actions: ['manage'] },
    { principal: 'bob', actions: ['read', 'write'] },
  ];

  it('shows the principals and their rights', async () => {
    expect(await run(['list', 'hrn:app/a'], [{ total: 2, items }])).toEqual({
      code: 0,
      stdout: 'PRINCIPAL   RIGHTS\nrepo:a%3Ab  manage\nbob         read write\n',
      stderr: '',
    });
    expect(lines()).toEqual([`GET /apps/${grants}`]);
  });

  it('says that there are none', async () => {
    const stderr = 'The application has no grants.\n';
    expect(await run(['list', 'hrn:app/a'], [{ total: 0, items: [] }])).toEqual({ code: 0, stdout: '', stderr });
  });

  it('--json gives them as they came', async () => {
    const { stdout } = await run(['list', 'hrn:app/a', '--json'], [{ total: 2, items }]);
    expect(JSON.parse(stdout)).toEqual(items);
  });
});

describe.each([
  ['alice', 'alice'],
  ['a%3Ab', 'a%253Ab'],
  ['%', '%25'],
  ['a/b c', 'a%2Fb%20c'],
  ['\u00e9', '%C3%A9'],
])('the principal %s stands in the path encoded once, as %s', (principal, encoded) => {
  it('grants set', async () => {
    const answer = { principal, actions: ['read', 'write'] };
    expect(await run(['set', 'hrn:app/a', principal, 'read', 'write', 'read'], [answer])).toEqual({
      code: 0,
      stdout: '',
      stderr: `Granted read write to ${principal} on hrn:app/a.\n`,
    });
    expect(lines()).toEqual([`PUT /apps/${grants}/${encoded} {"actions":["read","write"]}`]);
  });

  it('grants remove', async () => {
    expect(await run(['remove', 'hrn:app/a', principal], [undefined])).toEqual({
      code: 0,
      stdout: '',
      stderr: `Removed the rights of ${principal} on hrn:app/a.\n`,
    });
    expect(lines()).toEqual([`DELETE /apps/${grants}/${encoded}`]);
  });
});

it('--json gives the grant as it came', async () => {
  const answer = { principal: 'bob', actions: ['read'] };
  const { stdout, stderr } = await run(['set', 'hrn:app/a', 'bob', 'read', '--json'], [answer]);
  expect([JSON.parse(stdout), stderr]).toEqual([answer, '']);
});

it.each([[['set', 'hrn:app/a', 'bob']], [['set', 'hrn:app/a', 'bob', 'own']], [['remove', 'hrn:app/a']]])(
  '2 for grants %j, which sends nothing',
  async (args) => {
    expect((await run(args, [])).code).toBe(2);
    expect(lines()).toEqual([]);
  },
);
