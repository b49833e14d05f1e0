import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import ts from 'typescript';
import { projectFolder } from './local/folders.ts';

const client = join(projectFolder, 'lib/client/client.ts');
const commandLine = join(projectFolder, 'lib/cli/main.ts');
/** Modules in the older format, bundled in a newer one, still call `require` for what Node itself has. */
const requireBanner = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

/**
 * Assembles the package that is published: the client and the command line, with what they need bundled in, so that it
 * depends on nothing.
 * @param folder where to; whatever is there goes
 */
export async function assemblePackage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const used = await assembleCode(folder);
  emitDeclarations(folder);
  await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), await licensesOf(used));
  await cp(join(projectFolder, 'LICENSE'), join(folder, 'LICENSE'));
  await cp(join(projectFolder, 'docs/client.md'), join(folder, 'README.md'));
}

/**
 * The part of the package that runs: its command line is `lib/cli/main.js`.
 * @returns the files that are bundled in
 */
export async function assembleCode(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  const used = await Promise.all([
    bundle(client, join(folder, 'lib/client/client.js'), { platform: 'browser', target: 'es2022' }),
    bundle(commandLine, join(folder, 'lib/cli/main.js'), {
      platform: 'node',
      target: 'node20',
      banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
    }),
  ]);
  return used.flat();
}

/** @returns the files that went in */
async function bundle(entry: string, outfile: string, options: BuildOptions): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    absWorkingDir: projectFolder,
    logLevel: 'warning',
    ...options,
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

function emitDeclarations(folder: string): void {
  const { config } = ts.readConfigFile(join(projectFolder, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, projectFolder);
  const program = ts.createProgram([client], {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: projectFolder,
    outDir: folder,
  });
  const { diagnostics } = program.emit(undefined, (file, text) => ts.sys.writeFile(file, withJsImports(text)));
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
}

/** Every compiler knows a declaration by the name of the JavaScript that it is for. */
function withJsImports(declarations: string): string {
  return declarations.replace(/(from '\.[^']+)\.ts'/g, "$1.js'");
}

/** It has the name of this repository's own package, of which it is a part. */
async function manifest(): Promise<object> {
  const { name, version, license } = JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8'));
  return {
    name,
    version,
    description: 'Client and command line of appkeys, an API-key service for your own AWS account.',
    license,
    type: 'module',
    engines: { node: '>=20' },
    bin: { appkeys: 'lib/cli/main.js' },
    exports: { './client': { types: './lib/client/client.d.ts', default: './lib/client/client.js' } },
    sideEffects: false,
  };
}

/** The licences of the packages that are bundled in, which want to go with them. */
async function licensesOf(files: string[]): Promise<string> {
  const names = files.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  const texts = [...new Set(names)].sort().map(licenseOf);
  return (await Promise.all(texts)).join('\n');
}

async function licenseOf(name: string): Promise<string> {
  const folder = join(projectFolder, 'node_modules', name);
  const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const text = await readFile(join(folder, 'LICENSE'), 'utf8').catch(() =>
    readFile(join(folder, 'LICENSE.md'), 'utf8'),
  );
  return `${name} ${version} (${license})\n\n${text}`;
}

if (import.meta.main) {
  const { positionals } = parseArgs({ allowPositionals: true });
  await assemblePackage(positionals[0] ?? join(projectFolder, 'dist'));
}
