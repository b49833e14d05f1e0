import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assemblePackage } from '../../infra/client-package.ts';
import { projectFolder } from '../../infra/local/folders.ts';
import { freePort } from '../../infra/local/ports.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'appkeys-package-'));
const project = join(folder, 'project');
const installed = join(project, 'node_modules/appkeys');

/** What somebody writes who has installed the package; it says what it sees in the service's place. */
const program = `
import { type ApiKey, AppkeysError, type Client, createClient, everyItem, type NewApiKey } from 'appkeys/client';

const appkeys: Client = createClient({ url: 'URL', token: () => 'a.b.c', attempts: 1 });

export async function rotate(app: string, { apiKey }: ApiKey): Promise<string> {
  const successor: NewApiKey = await appkeys.rotateApiKey({ app, apiKey, overlapSeconds: 60 });
  for await (const { name, expiresAt } of everyItem(appkeys.listApiKeys, { app })) console.log(name, expiresAt + 1);
  const verification = await appkeys.verifyApiKey({ apiKeyId: successor.apiKeyId });
  if (verification.valid) return verification.identity;
  return verification.reason;
}

try {
  await appkeys.listApps();
} catch (error) {
  if (error instanceof AppkeysError) console.log(error.code);
}
`;

/** Lines that a compiler must refuse. */
const mistakes = [
  "await appkeys.generateApiKey({ name: 'no app' });",
  "await appkeys.generateApiKey({ app: 'hrn', name: 'x', expires: 1 });",
  "const secret: string = (await appkeys.generateApiKey({ app: 'hrn', name: 'x' })).apiKeyId;",
  "await appkeys.updateApp({ app: 'hrn', status: 'deleted' });",
  'const none: string = await appkeys.deleteApp({ app: "hrn" });',
];

beforeAll(async () => {
  await assemblePackage(join(folder, 'package'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: join(folder, 'package'),
  });
  const [packed] = Object.values<{ filename: string }>(JSON.parse(stdout));
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'fresh', private: true, type: 'module' }));
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, packed?.filename ?? '')], {
    cwd: project,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the compiler says of a program in the project, its libraries' declarations included. */
async function compile(name: string, source: string, moduleResolution: string): Promise<string> {
  writeFileSync(join(project, `${name}.ts`), source);
  const module = moduleResolution === 'nodenext' ? 'nodenext' : 'esnext';
  const compilerOptions = { strict: true, module, moduleResolution, target: 'es2022', types: [], skipLibCheck: false };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
  const tsc = join(projectFolder, 'node_modules/typescript/bin/tsc');
  const result = await run(process.execPath, [tsc, '-p', project], { cwd: project }).catch((error) => error);
  return result.stdout;
}

describe('the package, in a fresh project', () => {
  it('comes alone: no dependency, no source, no Node, no SDK', () => {
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['appkeys']);
    const files = readdirSync(installed, { recursive: true }).map(String);
    expect(files.filter((file) => /(?<!\.d)\.ts$|node_modules|generated.*\.js$/.test(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'THIRD-PARTY-LICENSES.txt']));
    expect(readFileSync(join(installed, 'THIRD-PARTY-LICENSES.txt'), 'utf8')).toMatch(
      /openapi-fetch(.|\n)+MIT License/,
    );
    expect(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))).not.toHaveProperty('dependencies');
  });

  it.each(['nodenext', 'bundler'])('compiles with moduleResolution %s, and runs', async (moduleResolution) => {
    const source = program.replace('URL', `http://127.0.0.1:${await freePort()}`);
    expect(await compile('program', source, moduleResolution)).toBe('');
    expect((await run(process.execPath, ['program.js'], { cwd: project })).stdout).toBe('UNREACHABLE\n');
  });

  it('compiles what its README says', async () => {
    const readme = readFileSync(join(installed, 'README.md'), 'utf8');
    const [, example = expect.fail()] = /^```ts\n(.+?)^```/ms.exec(readme) ?? [];
    const given = 'declare function getToken(): Promise<string>;\ndeclare function save(secret: string): void;\n';
    expect(await compile('readme', given + example, 'nodenext')).toBe('');
  });

  it('does not compile what the contract does not have', async () => {
    const head = "import { createClient } from 'appkeys/client';\nconst appkeys = createClient({ url: '' });\n";
    const said = await compile('mistakes', head + mistakes.join('\n'), 'nodenext');
    const lines = [...said.matchAll(/^mistakes\.ts\((\d+),/gm)].map(([, line]) => Number(line) - 2);
    expect([...new Set(lines)]).toEqual(mistakes.map((_, index) => index + 1));
  });

  it('its client goes into a bundle for a browser, with nothing of Node', async () => {
    const contents = "export { createClient } from 'appkeys/client';";
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: project },
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

  it('its command answers', async () => {
    const { stdout } = await run(join(project, 'node_modules/.bin/appkeys'), ['--version']);
    expect(stdout).toBe(`${JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')).version}\n`);
  });
});
