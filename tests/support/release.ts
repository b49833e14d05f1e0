import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from '../../infra/local/folders.ts';
import { copyService } from './package.ts';

/** What a release is built from, besides the service. */
const sources = ['LICENSE', 'package-lock.json', 'docs'];

export function copyProject() {
  const copy = copyService();
  for (const name of sources) {
    cpSync(join(projectFolder, name), join(copy.folder, name), { recursive: true });
  }
  return copy;
}

/** Makes a release, as somebody does whose files only they can read. @returns where it is */
export async function release(project: string, ...args: string[]): Promise<string> {
  const command = `umask 077; exec "${process.execPath}" infra/release/main.ts ${args.join(' ')}`;
  await promisify(execFile)('sh', ['-c', command], { cwd: project });
  return join(project, 'dist', args.length > 0 ? `release-${args[1]}` : 'release');
}
