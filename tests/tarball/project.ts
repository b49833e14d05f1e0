import { type ExecFileException, execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';
import { version } from '../../lib/base/version.ts';

const run = promisify(execFile);

export const tarball = join(projectFolder, `dist/appkeys-${version}.tgz`);
const here = join(projectFolder, 'tests/tarball');

/** @returns the path of something that a package of these tests contains */
export function pathIn(name: string, file = ''): string {
  const path = join(here, 'node_modules', name, file);
  if (!existsSync(path)) throw new Error(`${name} is not installed: run "npm run test:package" on Linux with x64.`);
  return path;
}

/** The Node.js versions that the package is for, and their binaries. */
export const runtimes = ['20', '22', '24'].map((major) => [major, pathIn(`node-${major}`, 'bin/node')] as const);

/** The parts of the package, each with the SDK that it needs. */
export const parts: Readonly<Record<string, string | undefined>> = {
  'appkeys/client': undefined,
  'appkeys/direct': '@aws-sdk/client-lambda',
  'appkeys/verifier': '@aws-sdk/client-dynamodb',
  'appkeys/verifier/express': undefined,
  'appkeys/verifier/fastify': undefined,
  'appkeys/verifier/fetch': undefined,
  'appkeys/verifier/middy': undefined,
};

/** Somebody's project, into which the tarball is installed. */
export interface Project {
  readonly folder: string;
  /** the folder of the installed package */
  readonly installed: string;
  /** Writes a file. @returns its path */
  write(name: string, text: string): string;
  /** Copies one of the programs that consumers could have written. */
  copy(program: string): void;
  /** Runs a program here. A failure is an outcome, too. */
  run(program: string, args: readonly string[], env?: Record<string, string>): Promise<Outcome>;
}

export interface Outcome {
  readonly code: ExecFileException['code'];
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Creates an empty project before the tests of the file, installs the tarball, and deletes the project after the tests.
 * @param others what the project has besides: names of packages, with the names that they have in these tests
 */
export function useProject(others: Readonly<Record<string, string>> = {}): Project {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-project-'));
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  beforeAll(async () => {
    write(
      'package.json',
      JSON.stringify({ name: 'fresh', private: true, type: 'module', scripts: { node: 'node -v' } }),
    );
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: folder });
    for (const [name, source] of Object.entries(others)) link(folder, name, pathIn(source));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    installed: join(folder, 'node_modules/appkeys'),
    write,
    copy: (program) => cpSync(join(here, 'programs', program), join(folder, program)),
    run: (program, args, env = {}) =>
      runProgram(program, args, { cwd: folder, env: { PATH: process.env.PATH, ...env } }),
  };
}

function link(folder: string, name: string, target: string): void {
  const path = join(folder, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

async function runProgram(program: string, args: readonly string[], options: object): Promise<Outcome> {
  try {
    return { code: 0, ...(await run(program, args, { encoding: 'utf8', timeout: 250_000, ...options })) };
  } catch (error) {
    return error as Outcome;
  }
}
