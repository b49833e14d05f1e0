import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { projectFolder } from '../local/folders.ts';

/** A package of npm, of which something is in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly folder: string;
}

/**
 * @param files as esbuild names them
 * @returns the packages that they come from, in the order of their names
 */
export function packagesOf(files: readonly string[]): BundledPackage[] {
  const folders = files.flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(folders)].sort().map((path) => {
    const folder = resolve(projectFolder, path);
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    return { name, version, license, folder };
  });
}
