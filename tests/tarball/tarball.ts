import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';
import { version } from '../../lib/base/version.ts';
import { parts, pathIn, tarball, useProject } from './project.ts';

const project = useProject();

const filesIn = () => readdirSync(project.installed, { recursive: true }).map(String);
const textOf = (file: string) => readFileSync(join(project.installed, file), 'utf8');

/** The installed size in MB, as the package's page states it. */
const statedMb = Number(
  /installed package takes (\d\.\d) MB/.exec(readFileSync(join(projectFolder, 'docs/client.md'), 'utf8'))?.[1],
);

describe('the tarball', () => {
  it('publint finds nothing', async () => {
    const { code, stdout } = await project.run(process.execPath, [
      pathIn('publint', 'src/cli.js'),
      tarball,
      '--strict',
    ]);
    expect(stdout).toContain('All good!');
    expect(code).toBe(0);
  });

  it('attw finds nothing, for a package of ES modules alone', async () => {
    const attw = pathIn('@arethetypeswrong/cli', 'dist/index.js');
    const { code, stdout } = await project.run(process.execPath, [attw, '--profile', 'esm-only', tarball]);
    for (const part of Object.keys(parts)) expect(stdout).toContain(`"${part}"`);
    expect(code, stdout).toBe(0);
  });
});

describe('the package in an empty project', () => {
  it('comes alone: no dependency, no source, no Node.js', () => {
    const names = readdirSync(join(project.folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(names).toEqual(['appkeys']);
    expect(filesIn().filter((file) => /(?<!\.d)\.ts$|node_modules|generated.*\.js$/.test(file))).toEqual([]);
    expect(filesIn()).toEqual(expect.arrayContaining(['README.md', 'cli.md', 'verifying.md', 'LICENSE']));
    expect(textOf('THIRD-PARTY-LICENSES.txt')).toMatch(/openapi-fetch(.|\n)+MIT License/);
    expect(JSON.parse(textOf('package.json'))).not.toHaveProperty('dependencies');
  });

  it('leaves the Node.js of npm scripts as it was', async () => {
    const commands = readdirSync(join(project.folder, 'node_modules/.bin'));
    expect(commands).toEqual(['appkeys']);
    const PATH = `${dirname(pathIn('node-22', 'bin/node'))}${delimiter}${process.env.PATH}`;
    const { stdout } = await project.run('npm', ['run', '--silent', 'node'], { PATH });
    expect(stdout).toMatch(/^v22\./);
  });

  it('takes less than 3 MB, source maps included, as its page says', () => {
    const sizes = filesIn().map((file) => lstatSync(join(project.installed, file)));
    const bytes = sizes.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
    expect(Math.abs(bytes / 1_000_000 - statedMb)).toBeLessThan(0.1);
    expect(bytes).toBeLessThan(3_000_000);
  });

  it('has pages whose links lead to each other, or to the web', () => {
    const pages = filesIn().filter((file) => /^\w+\.md$/.test(file));
    const links = pages.flatMap((page) => [...textOf(page).matchAll(/\]\(([^)#]*)/g)].map(([, target = '']) => target));
    expect(links).toContain('verifying.md');
    expect(links.filter((target) => !['', ...pages].includes(target) && !target.startsWith('https://'))).toEqual([]);
  });

  it('has a source map, with the sources, for every module', () => {
    const modules = filesIn().filter((file) => file.endsWith('.js'));
    expect(modules).not.toHaveLength(0);
    for (const file of modules) {
      const { sources, sourcesContent } = JSON.parse(textOf(`${file}.map`));
      expect(sourcesContent).toHaveLength(sources.length);
    }
  });

  it('has a command that answers', async () => {
    const { stdout } = await project.run(join(project.folder, 'node_modules/.bin/appkeys'), ['--version']);
    expect(stdout).toBe(`${version}\n`);
  });

  it('has a client that goes into a bundle for a browser, with nothing of Node.js', async () => {
    const { outputFiles } = await build({
      stdin: { contents: "export { createClient } from 'appkeys/client';", resolveDir: project.folder },
      bundle: true,
      platform: 'browser',
      format: 'esm',
      minify: true,
      write: false,
    });
    const text = outputFiles[0]?.text ?? expect.fail();
    expect(text.length).toBeLessThan(20_000);
    for (const name of builtinModules)
      expect(text).not.toMatch(new RegExp(`(from|require\\()\\s*["'](node:)?${name}["']`));
  });
});
