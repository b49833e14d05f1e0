import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../infra/local/folders.ts';
import packageJson from '../package.json' with { type: 'json' };
import { useLocalService } from './support/local-service.ts';

const timeout = 600_000;
const service = useLocalService();

/** Commands of which each runs alone: `npm start` has tests of its own, and `npm test` would run this test. */
const alone = ['npm ci && npm start\n', 'npm test\n'];
const endOfBlock = '\u0004';

interface Block {
  readonly commands: string;
  /** what the page says that the commands print; without it, nothing is said */
  readonly prints?: string;
}

/** @param end the heading before which the blocks stand; without it, those of the whole page count */
function blocksOf(page: string, end?: string): Block[] {
  const [text = ''] = readFileSync(join(projectFolder, page), 'utf8').split(`\n${end}\n`);
  const fences = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', content = '']) => ({
    language,
    content,
  }));
  return fences.flatMap(({ language, content }, index) => {
    if (language !== 'sh') return [];
    const next = fences[index + 1];
    const isOutput = next?.language === 'text' || next?.language === 'json';
    return [{ commands: content, ...(isOutput && { prints: next.content }) }];
  });
}

/** Replaces what differs from run to run. JSON is compared without its white space. */
function comparable(output: string): string {
  const same = output
    .replaceAll(/\bak_\w+/g, 'KEY')
    .replaceAll(/(?<=:app\/)\w+/g, 'ID')
    .replaceAll(/(?<=:apikey\/)[\w-]+/g, 'HANDLE')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\dZ/g, 'TIME')
    .replaceAll(/\b\d{13}\b/g, '0')
    .trim();
  return same.startsWith('{') ? JSON.stringify(JSON.parse(same)) : same;
}

/** Pastes the blocks into one shell. @returns what each of them has printed */
async function paste(blocks: readonly Block[]): Promise<string[]> {
  const script = blocks.map(({ commands }) => `${commands}printf '${endOfBlock}'\n`).join('');
  const env = {
    ...process.env,
    APPKEYS_LOCAL_DIR: service().folder,
    APPKEYS_URL: service().url,
    XDG_CONFIG_HOME: service().folder,
  };
  const args = ['-ec', script.replaceAll('http://127.0.0.1:3000', service().url)];
  const { stdout } = await promisify(execFile)('sh', args, { cwd: projectFolder, env, timeout });
  return stdout.split(endOfBlock).slice(0, -1);
}

describe.each(['README.md', 'docs/getting-started.md'])('%s', (page) => {
  const all = blocksOf(page);
  const blocks = all.filter(({ commands }) => !alone.includes(commands));
  let printed: string[];

  beforeAll(async () => {
    printed = await paste(blocks);
  }, timeout);

  it('begins with the command that starts the service', () => {
    expect(all[0]?.commands).toBe(alone[0]);
    expect(packageJson.scripts.start).toMatch(/exec node infra\/local\/start\.ts$/);
  });

  it('has commands that all run as pasted, in their order', () => {
    expect(printed).toHaveLength(blocks.length);
  });

  it('shows what they print', () => {
    const shown = blocks.flatMap(({ prints, commands }, index) =>
      prints === undefined ? [] : [{ commands, prints: comparable(prints), printed: comparable(printed[index] ?? '') }],
    );
    expect(shown).not.toHaveLength(0);
    for (const { commands, prints, printed: actual } of shown) expect(actual, commands).toBe(prints);
  });
});

it('docs/rotation.md: a rotation by hand', { timeout }, async () => {
  const printed = await paste(blocksOf('docs/rotation.md', '### Both slots are taken'));
  expect(printed.at(-1)).toMatch(/^NAME .+\nci 2 +active .+\n$/);
});
