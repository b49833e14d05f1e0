import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Metafile, OnLoadResult, Plugin } from 'esbuild';

/** A change of a library's file in the bundles. */
export interface Replacement {
  /** The first 16 digits of the SHA-256 of the file that `edit` was written for. */
  readonly sha256: string;
  readonly edit: (source: string) => string;
}

/** The replaced files by their path in node_modules, such as `mnemonist/lru-cache.js`. */
export type Replacements = ReadonlyMap<string, Replacement>;

const table = 'infra/plugins/slim/replacements.ts';

/** @returns a plugin that replaces the files, and a check that the bundles built so far contain each of them */
export function replacing(replacements: Replacements): { replaceFiles: Plugin; requireAllUsed: () => void } {
  const used = new Set<string>();
  const replaceFiles: Plugin = {
    name: 'replace-files',
    setup({ initialOptions, onLoad, onEnd }) {
      onLoad({ filter: anyFileOf(replacements.keys()) }, ({ path }) => {
        const replacement = replacements.get(fileOf(path));
        return replacement && load(path, replacement);
      });
      initialOptions.metafile = true;
      onEnd(({ metafile }) => {
        for (const file of filesIn(metafile)) used.add(fileOf(file));
      });
    },
  };
  return {
    replaceFiles,
    requireAllUsed: () => requireNone([...replacements.keys()].filter((file) => !used.has(file))),
  };
}

function anyFileOf(files: Iterable<string>): RegExp {
  const patterns = [...files].map((file) => file.replaceAll('.', '\\.').replaceAll('/', '[/\\\\]'));
  return new RegExp(`[/\\\\]node_modules[/\\\\](${patterns.join('|')})$`);
}

/** @returns the path of the file in the innermost node_modules */
function fileOf(path: string): string {
  return path.replace(/^.*node_modules[/\\]/, '').replaceAll('\\', '/');
}

/** @returns the files that contribute to the bundle, as esbuild names them */
export function filesIn(metafile: Metafile | undefined): string[] {
  const inputs = Object.values(metafile?.outputs ?? {}).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
}

function load(path: string, { sha256, edit }: Replacement): OnLoadResult {
  const source = readFileSync(path, 'utf8');
  const { library, file } = originOf(path);
  const found = hash('sha256', source).slice(0, 16);
  if (found !== sha256) {
    return failure(
      `${library} has a different ${file}. Compare it with the file that the edit was written for, correct the edit, and set sha256 to '${found}'.`,
    );
  }
  const contents = edit(source);
  if (contents === source) {
    return failure(`The edit of ${file} in ${library} changes nothing. Correct the edit, or delete the entry.`);
  }
  return { contents, loader: 'js', resolveDir: dirname(path) };
}

/** @returns the library with its version, such as `@smithy/core 3.41.0`, and the path of the file in it */
function originOf(path: string): { library: string; file: string } {
  const parts = fileOf(path).split('/');
  const name = parts.splice(0, parts[0]?.startsWith('@') ? 2 : 1).join('/');
  const file = parts.join('/');
  const { version } = JSON.parse(readFileSync(join(path.slice(0, -file.length), 'package.json'), 'utf8'));
  return { library: `${name} ${version}`, file };
}

function failure(text: string): OnLoadResult {
  return { errors: [{ text, location: { file: table } }] };
}

function requireNone(unused: readonly string[]): void {
  if (unused.length === 0) return;
  throw new Error(
    `${table}: no function contains ${unused.join(', ')}. Replace the file that the library uses now, or delete the entry.`,
  );
}
