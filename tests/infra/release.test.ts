import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeRelease, releaseOf } from '../../infra/scripts/release.ts';
import packageJson from '../../package.json' with { type: 'json' };

const folder = mkdtempSync(join(tmpdir(), 'appkeys-release-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const onGitHub = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/keys',
  GITHUB_REF_TYPE: 'tag',
  GITHUB_REF_NAME: 'v0.1.0',
};
const manifest = { name: 'appkeys', version: '0.1.0', type: 'module', exports: { './client': './client.js' } };

const [release, another] = [join(folder, 'release'), join(folder, 'another')];
const settings = releaseOf({ ...onGitHub, NPM_PACKAGE: '@acme/appkeys' }, '0.1.0');
const tarball = join(folder, 'appkeys-0.1.0.tgz');
const file = 'acme-appkeys-0.1.0.tgz';

/** A small package, as `npm pack` writes it, and a release of it. */
beforeAll(() => {
  const source = join(folder, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(source, 'client.js'), 'export const answer = 42;\n');
  execFileSync('npm', ['pack', source, '--silent', '--pack-destination', folder]);
  makeRelease(tarball, release, settings);
});

it('a release has the package under its name on npm, with the repository that built it, and its checksum', () => {
  const member = (name: string) => String(execFileSync('tar', ['-xzOf', join(release, file), `package/${name}`]));
  expect(readdirSync(release).sort()).toEqual(['SHA256SUMS', file]);
  expect(JSON.parse(member('package.json'))).toEqual({
    ...manifest,
    name: '@acme/appkeys',
    repository: { type: 'git', url: 'git+https://github.com/acme/keys.git' },
  });
  expect(member('client.js')).toBe('export const answer = 42;\n');
});

it('a second release of the same package is the same, byte by byte, and replaces what was there', () => {
  mkdirSync(another);
  writeFileSync(join(another, 'left-over.tgz'), '');
  makeRelease(tarball, another, settings);
  expect(readdirSync(another).sort()).toEqual(['SHA256SUMS', file]);
  expect(readFileSync(join(another, file)).equals(readFileSync(join(release, file)))).toBe(true);
});

it('the checksum is that of the file, and tells a changed one', () => {
  const check = () =>
    String(execFileSync('shasum', ['--algorithm', '256', '--check', 'SHA256SUMS'], { cwd: changed, stdio: 'pipe' }));
  const changed = join(folder, 'changed');
  cpSync(release, changed, { recursive: true });
  expect(check()).toBe(`${file}: OK\n`);
  writeFileSync(join(changed, file), 'something else');
  expect(check).toThrow('did NOT match');
});

it('npm would publish it, with public access', () => {
  const command = packageJson.scripts['publish:release'].replace('./dist/release/', `${release}/`);
  const output = execFileSync('sh', ['-c', `${command} --dry-run 2>&1`], { cwd: folder });
  expect(String(output)).toMatch(/public access \(dry-run\)\n\+ @acme\/appkeys@0\.1\.0\n$/);
});

it('a package without a name in the settings keeps its own', () => {
  expect(releaseOf({}, '0.1.0')).toEqual({ name: 'appkeys' });
  expect(releaseOf({ ...onGitHub, NPM_PACKAGE: '' }, '0.1.0')).toMatchObject({ name: 'appkeys' });
});

it('a tag that does not name the version is rejected', () => {
  expect(() => releaseOf({ ...onGitHub, GITHUB_REF_NAME: 'v0.2.0' }, '0.1.0')).toThrow(
    'The tag is v0.2.0, but package.json has version 0.1.0. Use the tag v0.1.0.',
  );
  expect(releaseOf({ ...onGitHub, GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: 'main' }, '0.1.0')).toMatchObject({
    name: 'appkeys',
  });
});
