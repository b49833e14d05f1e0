import { describe, expect, it } from 'vitest';
import { useCannedService } from '../../support/canned-service.ts';
import { runInProcess, type Setting } from '../../support/cli-in-process.ts';

const service = useCannedService();
const valid = {
  valid: true,
  apiKey: 'hrn:apikey/k',
  identity: 'hrn:app/a',
  name: 'ci',
  enabled: true,
  expiresAt: -1,
  createdTime: 0,
};
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Runs `appkeys verify …`; the service answers with this. */
function verify(args: string[], answer: object, setting: Setting = {}) {
  service().answers = [{ status: 200, body: answer }];
  return runInProcess(['verify', ...args], { env: { APPKEYS_URL: service().url, APPKEYS_TOKEN: 'token' }, ...setting });
}

describe('verify', () => {
  it('0 for a key that is valid, on stdin, and shows it', async () => {
    const { code, stdout, stderr } = await verify([], valid, { input: ' ak_x\n' });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`name         ci
state        active
created      1970-01-01 00:00Z
expires      never
application  hrn:app/a
HRN          hrn:apikey/k
`);
    expect(service().seen).toMatchObject([{ line: 'POST /apiKeys/verify', body: '{"apiKeyId":"ak_x"}' }]);
  });

  it('asks what the key must be good for', async () => {
    const lists = ['--realm', 'r', '--app', 'a', '--app', 'b', '--scope', 's', '--scope', 't'];
    await verify(['ak_x', ...lists, '--source', '::1', '--referrer', 'https://a.test'], valid);
    expect(JSON.parse(service().seen[0]?.body ?? '')).toEqual({
      apiKeyId: 'ak_x',
      realms: ['r'],
      apps: ['a', 'b'],
      scopes: ['s', 't'],
      source: '::1',
      referrer: 'https://a.test',
    });
  });

  it('1 for one that is not, and why', async () => {
    const outcome = await verify(['ak_y'], { valid: false, reason: 'expired' });
    expect(outcome).toEqual({ code: 1, stdout: '', stderr: 'appkeys: The key is not valid: expired.\n' });
    expect(service().seen).toMatchObject([{ body: '{"apiKeyId":"ak_y"}' }]);
  });

  it.each([
    [0, valid],
    [1, { valid: false, reason: 'expired' }],
  ])('%i with --json, and the answer as it came', async (code, answer) => {
    expect(await verify(['ak_x', '--json'], answer)).toEqual({ code, stdout: json(answer), stderr: '' });
  });

  it('2 where nobody gives a key: a person is told how', async () => {
    const outcome = await verify([], valid, { isTTY: true });
    expect(outcome).toEqual({
      code: 2,
      stdout: '',
      stderr: 'appkeys: Pass the key on stdin: appkeys verify < key.txt\n',
    });
    expect(service().seen).toEqual([]);
  });
});
