import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The local service key, kept in `folder` (mode 0600); made there if there is none. Only one process has the folder.
 * @throws Error when the file holds something else
 */
export function openServiceKey(folder: string): Uint8Array {
  const path = join(folder, 'service-key');
  try {
    writeFileSync(path, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' });
  } catch {
    // It is there already.
  }
  const key = Buffer.from(readFileSync(path, 'utf8'), 'base64');
  if (key.length === 32) return key;
  throw new Error(`${path} holds no usable key. Delete it to get a new one: requests are not repeated over that.`);
}
