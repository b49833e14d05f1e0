import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zip } from 'serverless-esbuild/dist/utils.js';
import { requireAllUsed } from '../plugins/slim-plugin.ts';
import { bundleFunction, modules } from './bundle.ts';

interface ZippedFile {
  readonly rootPath: string;
  /** its name in the zip */
  readonly localPath: string;
}

/**
 * Builds the zips of all functions, as the framework does, but without `settings.json`.
 * @returns the files of which the zips contain something
 */
export async function writeFunctionZips(folder: string): Promise<string[]> {
  const used = await bundleFunctions(Object.keys(modules), (name, file) =>
    writeZip(join(folder, `${name}.zip`), [file]),
  );
  requireAllUsed();
  return used;
}

/** @returns the files of which these functions contain something */
export async function filesOfFunctions(names: readonly string[]): Promise<string[]> {
  return bundleFunctions(names, async () => {});
}

async function bundleFunctions(
  names: readonly string[],
  take: (name: string, bundle: ZippedFile) => Promise<void>,
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-functions-'));
  try {
    const used: string[] = [];
    for (const name of names) {
      const localPath = `${modules[name]}.mjs`;
      const rootPath = join(folder, localPath);
      used.push(...(await bundleFunction(`${modules[name]}`, rootPath)));
      await take(name, { rootPath, localPath });
    }
    return used;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes the same bytes for the same files in the same order. */
export async function writeZip(archive: string, files: readonly ZippedFile[]): Promise<void> {
  for (const { rootPath } of files) chmodSync(rootPath, 0o644);
  await zip(archive, files);
}
