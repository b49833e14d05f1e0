import { describe, expect, it } from 'vitest';
import { runCommandLine, useCommandLine } from '../../support/command-line.ts';
import { useLocalService } from '../../support/local-service.ts';
import { tokenAnswer, useFakeProvider } from './fake-provider.ts';
import { session, useHome } from './home.ts';

const provider = useFakeProvider();
const home = useHome();
const commandLine = useCommandLine();
const service = useLocalService();

const whoami = (args: string[] = [], env = {}) => home().run(['whoami', ...args], env);
const signedIn = (other: object = {}) =>
  home().write({ current: 'mine', profiles: { mine: session(provider().url, other) } });

describe('whoami', () => {
  const expiresAt = Date.UTC(2100, 0, 1);
  const table = (profile: string, words: string) =>
    ['principal  demo', `url        ${provider().url}`, `profile    ${profile}`, `session    ${words}`, ''].join('\n');

  it.each([
    ['renews itself', { expiresAt }, 'renews itself; the access token expires at 2100-01-01 00:00Z'],
    ['ends', { expiresAt, refreshToken: undefined }, 'ends at 2100-01-01 00:00Z'],
    [
      'ends, nobody knows when',
      { expiresAt: undefined, refreshToken: undefined },
      'the identity provider does not report when it ends',
    ],
  ])('shows a session that %s', async (_, other, words) => {
    signedIn(other);
    expect(await whoami()).toEqual({ code: 0, stdout: table('mine', words), stderr: '' });
    expect(provider().seen).toMatchObject([{ line: 'GET /apps', authorization: 'Bearer access-1' }]);
  });

  it('shows the session as it is after a renewal', async () => {
    signedIn({ expiresAt: 0 });
    const { stdout } = await whoami(['--json']);
    expect(JSON.parse(stdout)).toEqual({
      principal: 'demo',
      url: provider().url,
      profile: 'mine',
      expiresAt: home().read().profiles.mine?.expiresAt,
      isRenewed: true,
    });
    expect(JSON.parse(stdout).expiresAt).toBeGreaterThan(Date.now());
    expect(stdout).not.toMatch(new RegExp(`${tokenAnswer().access_token}|refresh`));
  });

  it('has no session with a token of the environment', async () => {
    signedIn();
    const env = { APPKEYS_TOKEN: 'env', APPKEYS_URL: provider().url };
    const words = 'none: the token is from APPKEYS_TOKEN or --token';
    expect(await whoami([], env)).toEqual({ code: 0, stdout: table('-', words), stderr: '' });
    const { stdout } = await whoami(['--json'], env);
    expect(JSON.parse(stdout)).toEqual({ principal: 'demo', url: provider().url, profile: null });
  });

  it.each(['401200', '401300'])('%s says how to sign in', async (code) => {
    provider().answers['GET /apps'] = { status: 401, body: { code, cause: 'No.', action: 'Do.', correlationId: 'c' } };
    const hint = 'Set APPKEYS_TOKEN, pass --token, or run "appkeys login".';
    expect(await whoami([], { APPKEYS_URL: provider().url, APPKEYS_TOKEN: 'token' })).toEqual({
      code: 1,
      stdout: '',
      stderr: `appkeys: ${code} No.\n${hint}\ncorrelationId c\n`,
    });
  });
});

describe('whoami at the local service', () => {
  it('names the principal of a token', async () => {
    const env = { ...home().env, APPKEYS_URL: service().url, APPKEYS_TOKEN: await service().token() };
    const { code, stdout } = await runCommandLine(commandLine, ['whoami', '--json'], env);
    expect([code, JSON.parse(stdout)]).toEqual([0, { principal: 'demo', url: service().url, profile: null }]);
  });
});
