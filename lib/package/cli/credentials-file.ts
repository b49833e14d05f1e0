import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { withFileLock } from './file-lock.ts';

/** If the file is a FIFO, opening it must not wait for a writer. */
const readFlags = constants.O_RDONLY | constants.O_NONBLOCK;
/** The permission bits of the group and of others. */
const rightsOfOthers = 0o077;

/** @see https://specifications.freedesktop.org/basedir/latest/ */
export function credentialsPath(): string {
  const { XDG_CONFIG_HOME: configured = '', APPDATA: appData } = process.env;
  if (process.platform === 'win32' && appData) return join(appData, 'appkeys', 'credentials.json');
  const folder = isAbsolute(configured) ? configured : join(homedir(), '.config');
  return join(folder, 'appkeys', 'credentials.json');
}

/**
 * @returns the text of the file, or undefined if there is no file
 * @throws Error when the file cannot be read, or another user owns it or has access to it
 */
export function readCredentialsFile(path = credentialsPath()): string | undefined {
  const file = open(path);
  if (file === undefined) return undefined;
  try {
    requireOwn(file, path);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw failure(path, 'read', error);
  } finally {
    closeSync(file);
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, readFlags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw failure(path, 'read', error);
  }
}

/** On Windows, the file inherits the permissions of its folder, which belongs to the user. */
function requireOwn(file: number, path: string): void {
  const stats = fstatSync(file);
  if (!stats.isFile()) throw new Error(`${path} is not a regular file. Delete it, and run "appkeys login".`);
  if (process.platform === 'win32') return;
  if (stats.uid !== process.getuid?.())
    throw new Error(`Another user owns the credentials file ${path}. Delete it, or run the command as that user.`);
  if (stats.mode & rightsOfOthers)
    throw new Error(
      `Other users of this machine have access to ${path} and may have read your tokens. Run "chmod 600 ${path}", then sign out and in again: "appkeys logout --all", "appkeys login".`,
    );
}

/**
 * Writes the file completely or not at all. A killed command can leave its draft behind.
 * @throws Error when the file cannot be written; the file is then unchanged
 */
export function writeCredentialsFile(text: string, path = credentialsPath()): void {
  const draft = `${path}.draft`;
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw failure(path, 'written', error);
  }
}

/**
 * Runs `action` while no other command changes the file.
 * @throws Error when the folder of the file is not writable
 */
export async function holdCredentialsFile<T>(action: () => Promise<T>, path = credentialsPath()): Promise<T> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    chmodSync(dirname(path), 0o700);
    return await withFileLock(path, action);
  } catch (error) {
    throw failure(path, 'written', error);
  }
}

/** The message of a file system error has only its path and its code. */
function failure(path: string, what: 'read' | 'written', error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error;
  return new Error(`The credentials file ${path} cannot be ${what}: ${error.code}.`, { cause: error });
}
