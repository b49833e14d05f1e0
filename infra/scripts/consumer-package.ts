import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import { projectFolder } from '../local/folders.ts';
import { emitDeclarations } from './consumer-types.ts';
import { licensesOf } from './licenses.ts';

const commandLine = 'lib/package/cli/main';

/** The exports of the package and their modules. */
const entries = {
  client: 'lib/package/client/client',
  direct: 'lib/package/direct-client',
  verifier: 'lib/package/verifier/create-verifier',
  'verifier/express': 'lib/package/verifier/express',
  'verifier/fastify': 'lib/package/verifier/fastify',
  'verifier/fetch': 'lib/package/verifier/fetch',
  'verifier/middy': 'lib/package/verifier/middy',
};

/** The peer dependencies of parts of the package. A test runs the oldest SDK. */
const peers = {
  '@aws-sdk/client-dynamodb': '^3.600.0',
  '@aws-sdk/client-lambda': '^3.600.0',
  '@middy/core': '>=5',
  '@types/aws-lambda': '>=8',
  express: '>=4',
  fastify: '>=4',
};

/** The pages of docs/ that the package contains, with their names there. */
const pages: Readonly<Record<string, string>> = {
  'client.md': 'README.md',
  'cli.md': 'cli.md',
  'verifying.md': 'verifying.md',
};

/** CommonJS modules in an ESM bundle still call `require` for Node's built-in modules. */
const requireBanner = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

/**
 * Writes the package for consumers, with the client, the verifier, the direct client and the command line.
 * @param folder the target folder, whose content is deleted
 * @returns the path of the packed file, and the bundled files
 */
export async function packPackage(folder: string): Promise<{ tarball: string; used: string[] }> {
  const unpacked = join(folder, 'appkeys');
  await rm(folder, { recursive: true, force: true });
  const used = await assembleCode(unpacked);
  emitDeclarations(unpacked, Object.values(entries));
  await writeFile(join(unpacked, 'THIRD-PARTY-LICENSES.txt'), licensesOf(used));
  await cp(join(projectFolder, 'LICENSE'), join(unpacked, 'LICENSE'));
  await copyPages(unpacked);
  return { tarball: await pack(unpacked, folder), used };
}

/** Copies the pages. A relative link to a file that the package does not contain becomes plain text. */
async function copyPages(folder: string): Promise<void> {
  for (const [page, name] of Object.entries(pages)) {
    const text = await readFile(join(projectFolder, 'docs', page), 'utf8');
    const linked = text.replaceAll(/\[([^\]]+)\]\((?!\w+:|#)([^)#]+)(#[^)]+)?\)/g, (_, words, target, anchor = '') =>
      pages[target] ? `[${words}](${pages[target]}${anchor})` : words,
    );
    await writeFile(join(folder, name), linked);
  }
}

async function pack(unpacked: string, folder: string): Promise<string> {
  const args = ['pack', unpacked, '--silent', '--pack-destination', folder];
  const { stdout } = await promisify(execFile)('npm', args);
  return join(folder, stdout.trim());
}

/**
 * Bundles the code of the package. Its command line is `lib/package/cli/main.js`.
 * @returns the files in the bundles
 */
export async function assembleCode(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  const { client, ...others } = entries;
  const used = await Promise.all([
    bundle(folder, [client], { platform: 'browser', target: 'es2022' }),
    // The middleware and the verifier share code, so each recognizes the errors of the other.
    bundle(folder, Object.values(others), { platform: 'node', target: 'node20.19', splitting: true }),
    bundle(folder, [commandLine], {
      platform: 'node',
      target: 'node20.19',
      banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
    }),
  ]);
  return used.flat();
}

/** @returns the files in the bundle */
async function bundle(folder: string, modules: string[], options: BuildOptions): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: modules.map((module) => `${module}.ts`),
    outbase: projectFolder,
    outdir: folder,
    chunkNames: 'lib/shared/[hash]',
    external: Object.keys(peers),
    mainFields: ['module', 'main'],
    bundle: true,
    format: 'esm',
    sourcemap: true,
    absWorkingDir: projectFolder,
    logLevel: 'warning',
    ...options,
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

async function manifest(): Promise<object> {
  const { version, license } = JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8'));
  const exported = Object.entries(entries).map(([name, module]) => [
    `./${name}`,
    { types: `./${module}.d.ts`, default: `./${module}.js` },
  ]);
  return {
    name: 'appkeys',
    version,
    description: 'Client, key verifier, and command line of appkeys, an API-key service for your own AWS account.',
    license,
    type: 'module',
    engines: { node: '>=20.19' },
    bin: { appkeys: `${commandLine}.js` },
    exports: Object.fromEntries(exported),
    sideEffects: false,
    peerDependencies: peers,
    peerDependenciesMeta: Object.fromEntries(Object.keys(peers).map((name) => [name, { optional: true }])),
  };
}

if (import.meta.main) console.log((await packPackage(join(projectFolder, 'dist'))).tarball);
