import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { WebPage } from '../../lib/service/http/web-page.ts';
import { projectFolder } from '../local/folders.ts';

const swaggerUi = 'node_modules/swagger-ui-dist';

/** The parts of each page in addition to its `index.html`: sources to bundle, and files to copy. */
const parts: Readonly<Record<string, { readonly sources: readonly string[]; readonly copies: readonly string[] }>> = {
  docs: {
    sources: ['lib/pages/docs/docs.ts', 'lib/pages/docs/docs.css'],
    copies: [`${swaggerUi}/swagger-ui-bundle.js`, `${swaggerUi}/swagger-ui.css`],
  },
  console: { sources: ['lib/pages/console/console.ts', 'lib/pages/console/console.css'], copies: [] },
};

const moduleNames = /^page:(\w+)$/;

/** Lets a function import `page:docs`. The page is built when its function is bundled, and is only in that bundle. */
export const pages: Plugin = {
  name: 'pages',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: moduleNames }, ({ path }) => ({ path, namespace: 'pages' }));
    onLoad({ filter: moduleNames, namespace: 'pages' }, async ({ path }) => ({ contents: await pageModule(path) }));
  },
};

/** @returns the source of the module `page:{name}` */
export async function pageModule(moduleName: string): Promise<string> {
  return `export const page = ${JSON.stringify(await buildPage(moduleName.replace(moduleNames, '$1')))};`;
}

/**
 * Gives each file a name that changes with its content, so that browsers can cache the file forever. The page uses the
 * new names.
 */
export async function buildPage(name: string): Promise<WebPage> {
  const { sources, copies } = parts[name] ?? { sources: [], copies: [] };
  const built = await Promise.all([...copies.map(copy), ...sources.map(bundle)]);
  const files = built.map(({ fileName, text }) => ({ fileName, hashedName: hashedName(fileName, text), text }));
  const html = await readFile(join(projectFolder, 'lib/pages', name, 'index.html'), 'utf8');
  return {
    html: files.reduce(
      (page, { fileName, hashedName }) => page.replace(`"${name}/${fileName}"`, `"${name}/${hashedName}"`),
      html,
    ),
    files: Object.fromEntries(files.map(({ hashedName, text }) => [hashedName, text])),
  };
}

/** @returns the files that the module `page:{name}` is made of */
export async function filesOfPage(moduleName: string): Promise<string[]> {
  const { sources, copies } = parts[moduleName.replace(moduleNames, '$1')] ?? { sources: [], copies: [] };
  const built = await Promise.all(sources.map(bundle));
  return [...copies, ...built.flatMap(({ inputs = [] }) => inputs)];
}

type File = { readonly fileName: string; readonly text: string; readonly inputs?: readonly string[] };

async function copy(path: string): Promise<File> {
  return { fileName: fileNameOf(path), text: await readFile(join(projectFolder, path), 'utf8') };
}

async function bundle(path: string): Promise<File> {
  const { outputFiles, metafile } = await build({
    entryPoints: [path],
    absWorkingDir: projectFolder,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    logLevel: 'silent',
    write: false,
    metafile: true,
  });
  return {
    fileName: fileNameOf(path).replace(/\.ts$/, '.js'),
    text: outputFiles[0]?.text ?? '',
    inputs: Object.keys(metafile.inputs),
  };
}

function fileNameOf(path: string): string {
  return path.split('/').at(-1) ?? '';
}

function hashedName(fileName: string, text: string): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return fileName.replace(/(\.\w+)$/, `.${hash}$1`);
}
