import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { parse } from 'yaml';
import { projectFolder } from '../local/folders.ts';
import { filesIn } from '../plugins/slim/replace-files.ts';
import slimPlugins from '../plugins/slim-plugin.ts';
import { filesOfPage } from '../scripts/pages.ts';

const { custom, functions } = parse(readFileSync(join(projectFolder, 'serverless.yml'), 'utf8'), {
  logLevel: 'silent',
  maxAliasCount: -1,
});

/** The module of each function, such as `functions/groups/read`. */
export const modules: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries<{ handler: string }>(functions).map(([name, { handler }]) => [name, handler.replace(/\.\w+$/, '')]),
);

/** What serverless.yml gives to esbuild, without the plugins: a baseline is built so, too. */
export const plainSettings: BuildOptions = readSettings();

/** A function is built so. */
export const shippedSettings: BuildOptions = { ...plainSettings, plugins: slimPlugins };

function readSettings(): BuildOptions {
  const { format, platform, target, mainFields, minify } = custom.esbuild;
  return { format, platform, target, mainFields, minify, bundle: true };
}

/** Bundles a module, whose path is in the project, into a folder; the packaged functions are the same byte for byte. */
export async function bundle(entry: string, folder: string, settings = shippedSettings): Promise<string> {
  const outfile = join(folder, `${basename(entry, '.ts')}.mjs`);
  await build({ ...settings, absWorkingDir: projectFolder, entryPoints: [entry], outfile, logLevel: 'error' });
  return outfile;
}

/** As `bundle`. @returns the files of which something is in the bundle */
export async function bundleFunction(module: string, outfile: string): Promise<string[]> {
  const { metafile } = await build({
    ...shippedSettings,
    absWorkingDir: projectFolder,
    entryPoints: [`${module}.ts`],
    outfile,
    logLevel: 'error',
    metafile: true,
  });
  const files = filesIn(metafile);
  const pages = files.filter((file) => file.startsWith(inPages)).map((file) => filesOfPage(file.slice(inPages.length)));
  return [...files, ...(await Promise.all(pages)).flat()];
}

/** How esbuild names what the plugin `pages` has made. */
const inPages = 'pages:';
