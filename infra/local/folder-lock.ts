import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Holds a folder for this process until `release()`, or until it ends in any way: the lock is SQLite's lock on a file, which the operating system
 * gives back.
 *
 * @throws Error when another process holds it
 */
export function lockFolder(folder: string): { release: () => void } {
  const lock = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    const why = isBusy(error) ? 'is in use by another instance: stop that one first.' : 'cannot be locked.';
    throw new Error(`${folder} ${why}`, { cause: error });
  }
  return { release: () => lock.close() };
}

function isBusy(error: unknown): boolean {
  const sqliteBusy = 5;
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}
