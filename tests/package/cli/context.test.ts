import { describe, expect, it } from 'vitest';
import { useCannedService } from '../../support/canned-service.ts';
import { runInProcess } from '../../support/cli-in-process.ts';

const service = useCannedService();

/** Runs `appkeys apps …` with a token, where the service has no applications. */
function apps(args: string[], env: Record<string, string> = { APPKEYS_URL: service().url }) {
  service().answers = [
    {
      status: 200,
      body: {
        items: [],
        hrn: 'hrn:app/a',
        name: 'x',
        description: '',
        status: '',
        createdTime: 0,
        createdBy: 'demo',
        lastChange: { at: 0, by: 'demo', action: 'createApp' },
      },
    },
  ];
  return runInProcess(['apps', ...args], { env: { APPKEYS_TOKEN: 'token', ...env } });
}

describe('the service', () => {
  it('is that of --url before that of APPKEYS_URL', async () => {
    expect((await apps(['list', '--url', service().url], { APPKEYS_URL: 'http://127.0.0.1:1' })).code).toBe(0);
  });

  it.each(['', 'nonsense', 'ftp://x', 'http://me:pw@x', 'http://x?y'])('2 for %j', async (url) => {
    expect(await apps(['list', '--url', url])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'appkeys: --url or APPKEYS_URL must be an http or https URL without credentials, query, or fragment.\n',
    });
  });
});

describe('plain http', () => {
  it('2 for another machine: nothing is sent', async () => {
    const words = '--url or APPKEYS_URL uses plain http, which exposes tokens and keys to the network.';
    expect(await apps(['list'], { APPKEYS_URL: 'http://appkeys.invalid' })).toEqual({
      code: 2,
      stdout: '',
      stderr: `appkeys: ${words} Use https, or pass --insecure.\n`,
    });
  });

  it('--insecure allows it', async () => {
    const { code, stderr } = await apps(['list', '--insecure'], { APPKEYS_URL: 'http://appkeys.invalid' });
    expect([code, stderr]).toEqual([1, expect.stringContaining('There was no response from http://appkeys.invalid')]);
  });
});

describe('the token', () => {
  it.each([
    ['Bearer env', ['list'], 'env'],
    ['Bearer option', ['list', '--token', 'option'], 'env'],
  ])('%s', async (authorization, args, APPKEYS_TOKEN) => {
    expect((await apps(args, { APPKEYS_URL: service().url, APPKEYS_TOKEN })).code).toBe(0);
    expect(service().seen[0]?.headers.authorization).toBe(authorization);
  });

  it.each([[['apps', 'list']], [['whoami']], [['verify', 'ak_x']], [['keys', 'delete', 'hrn:app/a', '--all']]])(
    '1 without one, and what to do: nothing is sent by %j',
    async (args) => {
      const { url } = service();
      expect(await runInProcess(args, { env: { APPKEYS_URL: url, APPKEYS_TOKEN: '' } })).toEqual({
        code: 1,
        stdout: '',
        stderr: `appkeys: You are not signed in to ${url}. Run "appkeys login", or set APPKEYS_TOKEN.\n`,
      });
      expect(service().seen).toEqual([]);
    },
  );

  it('2 without one where the URL is none', async () => {
    expect(await apps(['list'], { APPKEYS_URL: 'nonsense', APPKEYS_TOKEN: '' })).toMatchObject({ code: 2 });
  });
});

describe('--idempotency-key', () => {
  it.each([
    ['the first visible character', '!'],
    ['the last one', '~'],
    ['255 of them', 'x'.repeat(255)],
  ])('may be %s', async (_, key) => {
    expect((await apps(['create', 'x', '--idempotency-key', key])).code).toBe(0);
    expect(service().seen).toMatchObject([{ headers: { 'idempotency-key': key } }]);
  });

  it.each([
    ['nothing', ''],
    ['two words', 'two words'],
    ['256 characters', 'x'.repeat(256)],
    ['what is not ASCII', 'é'],
  ])('2 for %s: nothing is sent', async (_, key) => {
    const { code, stderr } = await apps(['create', 'x', '--idempotency-key', key]);
    expect([code, stderr, service().seen]).toEqual([
      2,
      `error: option '--idempotency-key <key>' argument '${key}' is invalid. It must be 1 to 255 visible ASCII characters.\n`,
      [],
    ]);
  });
});
