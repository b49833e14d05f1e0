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

/** A FIFO in the place of the file must not wait for a writer. */
const readFlags = constants.O_RDONLY | constants.O_NONBLOCK;
/** The rights of a file that belong to others than its owner. */
const rightsOfOthers = 0o077;

/** @see https://specifications.freedesktop.org/basedir/latest/ */
export function credentialsPath(): string {
  const { XDG_CONFIG_HOME: configured = '', APPDATA: appData } = process.env;
  if (process.platform === 'win32' && appData) return join(appData, 'appkeys', 'credentials.json');
  const folder = isAbsolute(configured) ? configured : join(homedir(), '.config');
  return join(folder, 'appkeys', 'credentials.json');
}

/**
 * @returns the text of the file, or undefined where there is none
 * @throws Error when the file cannot be read, or is not the user's alone
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

/** On Windows, a file has the rights of its folder, which is the user's own. */
function requireOwn(file: number, path: string): void {
  const stats = fstatSync(file);
  if (!stats.isFile()) throw new Error(`${path} is not a regular file. Delete it, and run "appkeys login".`);
  if (process.platform === 'win32') return;
  if (stats.uid !== process.getuid?.())
    throw new Error(`Another user owns the credentials file ${path}. Delete it, or run the command as that user.`);
  if (stats.mode & rightsOfOthers)
    throw new Error(
      `Other users of this machine have access to ${path}, and may have read your tokens. Run "chmod 600 ${path}", then sign out and in again: "appkeys logout --all", "appkeys login".`,
    );
}

/**
 * Writes the file whole or not at all. A command that was killed may have left its draft.
 * @throws Error when the file cannot be written: it is as before then
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
 * @throws Error when nothing can be written into the folder of the file
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

/** Of an error of the file system, the user learns the path and the code. */
function failure(path: string, what: 'read' | 'written', error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error;
  return new Error(`The credentials file ${path} cannot be ${what}: ${error.code}.`, { cause: error });
}
