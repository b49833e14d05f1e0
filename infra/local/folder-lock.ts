import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Locks a folder for this process until `release()`, or until the process ends in any way. The lock is SQLite's lock on
 * a file, which the operating system then releases.
 *
 * @throws Error when another process holds the lock
 */
export function lockFolder(folder: string): { release: () => void } {
  const lock = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    const why = isBusy(error)
      ? 'is in use by another instance. Stop that instance, or set APPKEYS_LOCAL_DIR to another folder.'
      : 'cannot be locked.';
    throw new Error(`${folder} ${why}`, { cause: error });
  }
  return { release: () => lock.close() };
}

function isBusy(error: unknown): boolean {
  const sqliteBusy = 5;
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}
