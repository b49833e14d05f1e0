import { describe, expect, it } from 'vitest';
import { useCannedService } from '../../support/canned-service.ts';
import { runInProcess } from '../../support/cli-in-process.ts';

const service = useCannedService();
const app = 'hrn:app/a';
const issuer = 'https://login.example.com/realms/a';
const path = '/apps/hrn%3Aapp%2Fa/issuers';
const lines = () => service().seen.map(({ line, body }) => `${line} ${body}`.trimEnd());

/** Runs `appkeys issuers …`; this is the answer. */
function run(args: string[], body?: object) {
  service().answers = [body ? { status: 200, body } : { status: 204 }];
  return runInProcess(['issuers', ...args], { env: { APPKEYS_URL: service().url, APPKEYS_TOKEN: 'token' } });
}

describe('issuers list', () => {
  it('prints one issuer a line', async () => {
    const items = [issuer, 'https://b.example.com'];
    expect(await run(['list', app], { total: 2, items })).toEqual({
      code: 0,
      stdout: `${items.join('\n')}\n`,
      stderr: '',
    });
    expect(lines()).toEqual([`GET ${path}`]);
    expect(JSON.parse((await run(['list', app, '--json'], { total: 2, items })).stdout)).toEqual(items);
  });

  it('says that there are none', async () => {
    const none = { total: 0, items: [] };
    expect(await run(['list', app], none)).toEqual({
      code: 0,
      stdout: '',
      stderr: 'The application has no token issuers.\n',
    });
    expect(await run(['list', app, '--json'], none)).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
  });
});

const encoded = encodeURIComponent(issuer);

it('issuers add names the issuer in the path, encoded once', async () => {
  expect(await run(['add', app, issuer])).toEqual({ code: 0, stdout: '', stderr: `Attached ${issuer} to ${app}.\n` });
  expect(lines()).toEqual([`PUT ${path}/${encoded}`]);
});

it('issuers remove does too', async () => {
  const stderr = `Detached ${issuer} from ${app}.\n`;
  expect(await run(['remove', app, issuer])).toEqual({ code: 0, stdout: '', stderr });
  expect(lines()).toEqual([`DELETE ${path}/${encoded}`]);
});
