import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Replacement, replacing } from '../../infra/plugins/slim/replace-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'appkeys-replace-'));
const source = "export const answer = 'long';\n";
const sha256 = hash('sha256', source).slice(0, 16);
const file = '@its/library/lib/answer.js';

beforeAll(() => {
  write(
    'node_modules/@its/library/package.json',
    '{ "version": "1.2.3", "main": "lib/answer.js", "sideEffects": false }',
  );
  write(`node_modules/${file}`, source);
  write('uses.js', "import { answer } from '@its/library';\nconsole.log(answer);\n");
  write('names.js', "import { answer } from '@its/library';\nconsole.log(1);\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function replace(replacement: Partial<Replacement> = {}) {
  const edit = () => "export const answer = 'short';";
  const { replaceFiles, requireAllUsed } = replacing(new Map([[file, { sha256, edit, ...replacement }]]));
  const bundle = async (entry: string) => {
    const settings = { absWorkingDir: folder, bundle: true, write: false, logLevel: 'silent' } as const;
    const { outputFiles } = await build({ ...settings, entryPoints: [entry], plugins: [replaceFiles] });
    return outputFiles[0]?.text;
  };
  return { bundle, requireAllUsed };
}

describe('a replaced file', () => {
  it('is in the bundle in its other form', async () => {
    expect(await replace().bundle('uses.js')).toContain('"short"');
  });

  it.each([
    [
      'has another hash',
      { sha256: '0123456789abcdef' },
      `@its/library 1.2.3 has a different lib/answer.js. Compare it with the file that the edit was written for, correct the edit, and set sha256 to '${sha256}'.`,
    ],
    [
      'is not changed by its edit',
      { edit: (text: string) => text },
      'The edit of lib/answer.js in @its/library 1.2.3 changes nothing. Correct the edit, or delete the entry.',
    ],
  ])('fails the build if it %s', async (_, replacement, text) => {
    await expect(replace(replacement).bundle('uses.js')).rejects.toMatchObject({
      errors: [{ text, location: { file: 'infra/plugins/slim/replacements.ts' } }],
    });
  });

  it('is used as soon as one of several bundles contains something of it', async () => {
    const { bundle, requireAllUsed } = replace();
    const refusal = `infra/plugins/slim/replacements.ts: no function contains ${file}. Replace the file that the library uses now, or delete the entry.`;
    await bundle('names.js');
    expect(requireAllUsed).toThrow(refusal);
    await bundle('uses.js');
    await bundle('names.js');
    expect(requireAllUsed).not.toThrow();
  });
});
