import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';
import { useLocalService } from '../support/local-service.ts';
import type { Connect } from './clients/calls.ts';
import { startPrism } from './prism.ts';
import { playScenario } from './scenario.ts';

const permissions = ['account:createApp', 'account:verify'];
const page = readFileSync(join(projectFolder, 'docs/client.md'), 'utf8');
/** What the documentation says is to be run, and what is to be in Orval's configuration. */
const commands = [...page.matchAll(/\| `(npx .+?)` \|$/gm)].map(([, command = '']) => command);
const [orvalConfig = ''] = /^export default \{\n.+?^\};\n/ms.exec(page) ?? [];

const service = useLocalService({ rateLimit: '1000,1000' });
const folder = mkdtempSync(join(import.meta.dirname, 'clients-'));
const generated = join(folder, 'generated');

beforeAll(async () => {
  cpSync(join(import.meta.dirname, 'clients'), folder, { recursive: true });
  mkdirSync(generated);
  writeFileSync(join(generated, 'orval.config.mjs'), orvalConfig);
  const answer = await fetch(`${service().url}/openapi.json`);
  writeFileSync(join(generated, 'openapi.json'), await answer.text());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Only packages that are here, and no word to their makers. */
const env = { ...process.env, npm_config_offline: 'true', npm_config_yes: 'false', DO_NOT_TRACK: '1' };
const run = (command: string) => {
  try {
    execFileSync('sh', ['-c', command], { cwd: generated, env, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    expect.fail(`${command}\n${stdout}${stderr}`);
  }
};

const connectBy = async (client: string, url: string) => {
  const { connect } = (await import(join(folder, 'compiled', `${client}.js`))) as { connect: Connect };
  const connection = async (principal: string) => connect(url, await service().token({ principal, permissions }));
  return [await connection('somebody'), await connection('stranger')] as const;
};

describe('clients generated as docs/client.md says', () => {
  it('it names three generators, and what Orval needs', () => {
    expect(commands).toHaveLength(3);
    expect(orvalConfig).toContain('urlEncodeParameters');
  });

  it.each(commands)('%s succeeds', run);

  it('compile under strict', () => run('npx tsc -p ..'));

  it.each(['openapi-fetch', 'hey-api', 'orval'])('the one for %s goes through the whole scenario', async (client) => {
    await playScenario(...(await connectBy(client, service().url)));
  });
});

describe('a proxy that validates every request and every answer', () => {
  let prism: Awaited<ReturnType<typeof startPrism>>;
  beforeAll(async () => {
    prism = await startPrism(join(generated, 'openapi.json'), service().url);
  });
  afterAll(() => prism?.stop());

  it.each(['openapi-fetch', 'hey-api'])('finds no contradiction in the scenario by %s', async (client) => {
    await playScenario(...(await connectBy(client, prism.url)));
  });

  it('finds one in a request, and in an answer', async () => {
    const contradicting = join(folder, 'contradicting.json');
    const document = JSON.parse(readFileSync(join(generated, 'openapi.json'), 'utf8'));
    document.components.schemas.App.properties.name = { type: 'integer' };
    writeFileSync(contradicting, JSON.stringify(document));
    const other = await startPrism(contradicting, service().url);
    onTestFinished(other.stop);
    const headers = {
      Authorization: `Bearer ${await service().token({ permissions })}`,
      'Content-Type': 'application/json',
    };
    const asked = await fetch(`${other.url}/apps?limit=many`, { headers });
    expect(await asked.json()).toMatchObject({ type: expect.stringMatching(/prism.errors#UNPROCESSABLE_ENTITY$/) });
    const made = await fetch(`${other.url}/apps`, { method: 'POST', headers, body: '{"name":"x"}' });
    expect(await made.json()).toMatchObject({ type: expect.stringMatching(/prism.errors#VIOLATIONS$/) });
  });
});
