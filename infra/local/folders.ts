import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export const projectFolder = join(import.meta.dirname, '../..');

/** What was fetched once and is not worth fetching again: ignored by git, kept by `npm ci`. */
export const cacheFolder = join(projectFolder, '.local/cache');

/** The folder of everything that outlives a local run: `.local/`, or what `APPKEYS_LOCAL_DIR` names. */
export function openLocalFolder(): string {
  const folder = process.env.APPKEYS_LOCAL_DIR || join(projectFolder, '.local');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
