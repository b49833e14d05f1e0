import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

const retryMs = 50;
/** A holder that is older has been killed or suspended: none needs so long. */
const staleMs = 20_000;
const patienceMs = 60_000;

/**
 * Runs `action` while no other process holds the lock `<path>.lock`.
 * @throws NodeJS.ErrnoException when the lock cannot be written; Error when others hold it for too long
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
      throw new Error(`Other commands hold ${lock} all the time. If none is running, delete the file.`);
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

/** The lock of another machine, in a home folder on the network, can only be judged by its age. */
function isStale(lock: string): boolean {
  const [host, pid] = holderOf(lock).split(' ');
  return (host === hostname() && !isRunning(Number(pid))) || isOld(lock);
}

function isOld(lock: string): boolean {
  const { mtimeMs = Date.now() } = statSync(lock, { throwIfNoEntry: false }) ?? {};
  return Date.now() - mtimeMs > staleMs;
}

/** Another process may have replaced the stale lock by its own since it was looked at: that one is put back. */
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
