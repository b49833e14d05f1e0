import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { projectFolder } from '../local/folders.ts';

export interface Release {
  /** The name on npm. */
  name: string;
  /** npm rejects provenance from any other repository than this one. */
  repository?: string;
}

/**
 * Writes the files of a release: the package under its name on npm, and `SHA256SUMS`.
 * @param tarball the built package
 * @param folder where to; whatever is there is removed
 */
export function makeRelease(tarball: string, folder: string, release: Release): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const file = repack(tarball, folder, release);
  const sum = createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex');
  writeFileSync(join(folder, 'SHA256SUMS'), `${sum}  ${file}\n`);
}

/** @returns the name of the new file in the folder */
function repack(tarball: string, folder: string, release: Release): string {
  const unpacked = mkdtempSync(join(tmpdir(), 'appkeys-release-'));
  try {
    execFileSync('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
    nameIt(join(unpacked, 'package.json'), release);
    execFileSync('npm', ['pack', unpacked, '--silent', '--pack-destination', folder]);
    return readdirSync(folder).join();
  } finally {
    rmSync(unpacked, { recursive: true });
  }
}

function nameIt(manifestFile: string, { name, repository }: Release): void {
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  const source = repository === undefined ? {} : { repository: { type: 'git', url: `git+${repository}.git` } };
  writeFileSync(manifestFile, `${JSON.stringify({ ...manifest, name, ...source }, null, 2)}\n`);
}

/**
 * Reads what GitHub Actions says of the run. Elsewhere nothing is set, and the package keeps its name.
 * @throws Error when the run is for a tag that is not `v<version>`
 */
export function releaseOf(env: NodeJS.ProcessEnv, version: string): Release {
  const { NPM_PACKAGE, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_REF_TYPE, GITHUB_REF_NAME } = env;
  if (GITHUB_REF_TYPE === 'tag' && GITHUB_REF_NAME !== `v${version}`)
    throw new Error(`The tag is ${GITHUB_REF_NAME}, but package.json has version ${version}. Use the tag v${version}.`);
  const name = NPM_PACKAGE || 'appkeys';
  return GITHUB_REPOSITORY ? { name, repository: `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}` } : { name };
}

if (import.meta.main) {
  const { version } = packageJson;
  const release = releaseOf(process.env, version);
  const dist = join(projectFolder, 'dist');
  makeRelease(join(dist, `appkeys-${version}.tgz`), join(dist, 'release'), release);
  console.log(`dist/release/ contains ${release.name} ${version} and SHA256SUMS.`);
}
