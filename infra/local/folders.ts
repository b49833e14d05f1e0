import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export const projectFolder = join(import.meta.dirname, '../..');

/** The folder of downloads, which git ignores and `npm ci` keeps. */
export const cacheFolder = join(projectFolder, '.local/cache');

/** The folder of everything that outlives a local run: `.local/`, or the folder that `APPKEYS_LOCAL_DIR` names. */
export function openLocalFolder(): string {
  const folder = process.env.APPKEYS_LOCAL_DIR || join(projectFolder, '.local');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
