import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder } from '../local/folders.ts';

/** @returns the licenses of the packages that the files come from, which must be passed on with their code */
export async function licensesOf(files: string[]): Promise<string> {
  const names = files.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  const texts = [...new Set(names)].sort().map(licenseOf);
  return (await Promise.all(texts)).join('\n');
}

async function licenseOf(name: string): Promise<string> {
  const folder = join(projectFolder, 'node_modules', name);
  const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const text = await readFile(join(folder, 'LICENSE'), 'utf8').catch(() =>
    readFile(join(folder, 'LICENSE.md'), 'utf8'),
  );
  return `${name} ${version} (${license})\n\n${text}`;
}
