import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Release {
  /** The name on npm. */
  name: string;
  /** npm rejects provenance from any other repository than this one. */
  repository?: string;
}

/** Writes the package under its name on npm. @param tarball the built package */
export function repack(tarball: string, folder: string, release: Release): void {
  const unpacked = mkdtempSync(join(tmpdir(), 'appkeys-release-'));
  try {
    execFileSync('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
    nameIt(join(unpacked, 'package.json'), release);
    execFileSync('npm', ['pack', unpacked, '--silent', '--pack-destination', folder]);
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
