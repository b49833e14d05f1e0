import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

const retryMs = 50;
/** A lock of this age is stale. Its holder was killed or suspended, because no command holds it for so long. */
const staleMs = 20_000;
const patienceMs = 60_000;

/**
 * Runs `action` while no other process holds the lock `<path>.lock`.
 * @throws NodeJS.ErrnoException when the lock cannot be written; Error when other processes hold it for too long
 */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const holder = `${hostname()} ${process.pid} ${randomUUID()}`;
  await take(lock, holder);
  try {
    return await action();
  } finally {
    if (holderOf(lock) === holder) rmSync(lock, { force: true });
  }
}

async function take(lock: string, holder: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!tryToTake(lock, holder)) {
    if (Date.now() > deadline)
      throw new Error(`Other commands keep the lock ${lock}. If no other command is running, delete this file.`);
    if (isStale(lock)) remove(lock);
    await pause(retryMs);
  }
}

function tryToTake(lock: string, holder: string): boolean {
  try {
    writeFileSync(lock, holder, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** If the home folder is on the network, another machine can hold the lock. Such a lock is stale only by its age. */
function isStale(lock: string): boolean {
  const [host, pid] = holderOf(lock).split(' ');
  return (host === hostname() && !isRunning(Number(pid))) || isOld(lock);
}

function isOld(lock: string): boolean {
  const { mtimeMs = Date.now() } = statSync(lock, { throwIfNoEntry: false }) ?? {};
  return Date.now() - mtimeMs > staleMs;
}

/**
 * Another process may have replaced the stale lock with its own in the meantime. In that case, its lock is restored.
 */
function remove(lock: string): void {
  const moved = `${lock}.${randomUUID()}`;
  try {
    renameSync(lock, moved);
    if (!isStale(moved)) linkSync(moved, lock);
  } catch {
    // Another process was faster.
  } finally {
    rmSync(moved, { force: true });
  }
}

function holderOf(lock: string): string {
  try {
    return readFileSync(lock, 'utf8');
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
