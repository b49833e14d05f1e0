import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import { projectFolder } from '../local/folders.ts';
import { emitDeclarations } from './consumer-types.ts';
import { licensesOf } from './licenses.ts';

const commandLine = 'lib/package/cli/main';

/** What can be imported, and the module behind it. */
const entries = {
  client: 'lib/package/client/client',
  direct: 'lib/package/direct-client',
  verifier: 'lib/package/verifier/create-verifier',
  'verifier/express': 'lib/package/verifier/express',
  'verifier/fastify': 'lib/package/verifier/fastify',
  'verifier/fetch': 'lib/package/verifier/fetch',
  'verifier/middy': 'lib/package/verifier/middy',
};

/** What a consumer has anyway, if a part of the package needs it. A test runs the oldest SDK. */
const peers = {
  '@aws-sdk/client-dynamodb': '^3.600.0',
  '@aws-sdk/client-lambda': '^3.600.0',
  '@middy/core': '>=5',
  '@types/aws-lambda': '>=8',
  express: '>=4',
  fastify: '>=4',
};

/** Modules in the older format, bundled in a newer one, still call `require` for what Node itself has. */
const requireBanner = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

/**
 * Writes the package for consumers: the client, the verifier, the direct client and the command line.
 * @param folder where to; whatever is there goes
 * @returns the path of the packed file
 */
export async function packPackage(folder: string): Promise<string> {
  const unpacked = join(folder, 'appkeys');
  await rm(folder, { recursive: true, force: true });
  const used = await assembleCode(unpacked);
  emitDeclarations(unpacked, Object.values(entries));
  await writeFile(join(unpacked, 'THIRD-PARTY-LICENSES.txt'), await licensesOf(used));
  await cp(join(projectFolder, 'LICENSE'), join(unpacked, 'LICENSE'));
  await copyPages(unpacked);
  return pack(unpacked, folder);
}

async function copyPages(folder: string): Promise<void> {
  await cp(join(projectFolder, 'docs/package.md'), join(folder, 'README.md'));
  const client = await readFile(join(projectFolder, 'docs/client.md'), 'utf8');
  await writeFile(join(folder, 'client.md'), client.replaceAll('(package.md)', '(README.md)'));
}

async function pack(unpacked: string, folder: string): Promise<string> {
  const args = ['pack', unpacked, '--silent', '--pack-destination', folder];
  const { stdout } = await promisify(execFile)('npm', args);
  return join(folder, stdout.trim());
}

/**
 * The part of the package that runs: its command line is `lib/package/cli/main.js`.
 * @returns the files that are bundled in
 */
export async function assembleCode(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  const { client, ...others } = entries;
  const used = await Promise.all([
    bundle(folder, [client], { platform: 'browser', target: 'es2022' }),
    // The middleware and the verifier share their parts: an error of the one is known to the other.
    bundle(folder, Object.values(others), { platform: 'node', target: 'node20.19', splitting: true }),
    bundle(folder, [commandLine], {
      platform: 'node',
      target: 'node20.19',
      banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
    }),
  ]);
  return used.flat();
}

/** @returns the files that went in */
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

if (import.meta.main) console.log(await packPackage(join(projectFolder, 'dist')));
