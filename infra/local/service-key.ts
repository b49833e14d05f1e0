import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Reads the local service key from `folder` (mode 0600), or generates it there. Only one process uses the folder.
 * @throws Error when the file does not contain a usable key
 */
export function openServiceKey(folder: string): Uint8Array {
  const path = join(folder, 'service-key');
  try {
    writeFileSync(path, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' });
  } catch {
    // The file exists already.
  }
  const key = Buffer.from(readFileSync(path, 'utf8'), 'base64');
  if (key.length === 32) return key;
  throw new Error(
    `${path} does not contain a usable key. Delete the file to generate a new key. Requests made before that can't be replayed.`,
  );
}
