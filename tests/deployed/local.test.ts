import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';
import { createClient, everyItem } from '../../lib/package/client/client.ts';
import { useLocalService } from '../support/local-service.ts';

const service = useLocalService();

/** A token as `npm run token` prints it. */
async function printedToken(permissions: readonly string[]): Promise<string> {
  const args = ['--principal', 'checker', '--realm', 'myrealm', ...permissions.flatMap((one) => ['--permission', one])];
  const env = { ...process.env, APPKEYS_LOCAL_DIR: service().folder };
  const program = join(projectFolder, 'infra/local/token.ts');
  return (await promisify(execFile)(process.execPath, [program, ...args], { env })).stdout.trim();
}

/** Runs `npm run test:deployed`. */
async function check(permissions: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const token = await printedToken(permissions);
  const { PATH, HOME = projectFolder } = process.env;
  const env = { PATH, HOME, NO_COLOR: '1', APPKEYS_URL: service().url, APPKEYS_TOKEN: token, ...more };
  const vitest = join(projectFolder, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config', 'tests/deployed/vitest.config.ts'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: projectFolder, env }).catch(
    (failure) => failure,
  );
  const apps: string[] = [];
  for await (const { name } of everyItem(createClient({ url: service().url, token }).listApps, {})) apps.push(name);
  return { tests: /^ *Tests +(.+)$/m.exec(stdout)?.[1], apps };
}

const [create, verify] = ['account:createApp', 'account:verify'];
const kept = 'made by somebody else';

beforeAll(async () => {
  await createClient({ url: service().url, token: await printedToken([create]) }).createApp({ name: kept });
});

it('only reads, unless it may write', async () => {
  expect(await check([verify])).toMatchObject({ tests: expect.stringMatching(/^7 passed \| 6 skipped/), apps: [kept] });
});

it('writes where it may, and deletes what it made', async () => {
  const { tests, apps } = await check([create, verify], { APPKEYS_WRITE: 'yes' });
  expect([tests, apps]).toEqual([expect.stringMatching(/^13 passed/), [kept]]);
});

it('deletes what it made after a failure too: here it may not verify', async () => {
  const { tests, apps } = await check([create], { APPKEYS_WRITE: 'yes' });
  expect([tests, apps]).toEqual(['4 failed | 9 passed (13)', [kept]]);
});
