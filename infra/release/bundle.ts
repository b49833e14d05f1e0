import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { parse } from 'yaml';
import slimPlugins from '../../infra/plugins/slim-plugin.ts';

export const project = fileURLToPath(new URL('../..', import.meta.url));

/** What serverless.yml gives to esbuild, without the plugins: a baseline is built so, too. */
export const plainSettings: BuildOptions = readSettings();

/** A function is built so. */
export const shippedSettings: BuildOptions = { ...plainSettings, plugins: slimPlugins };

function readSettings(): BuildOptions {
  const { custom } = parse(readFileSync(join(project, 'serverless.yml'), 'utf8'), {
    logLevel: 'silent',
    maxAliasCount: -1,
  });
  const { format, platform, target, mainFields, minify } = custom.esbuild;
  return { format, platform, target, mainFields, minify, bundle: true };
}

/** Bundles a module, whose path is in the project, into a folder; the packaged functions are the same byte for byte. */
export async function bundle(entry: string, folder: string, settings = shippedSettings): Promise<string> {
  const outfile = join(folder, `${basename(entry, '.ts')}.mjs`);
  await build({ ...settings, absWorkingDir: project, entryPoints: [entry], outfile, logLevel: 'error' });
  return outfile;
}
