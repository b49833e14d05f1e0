import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';
import { pages } from '../scripts/pages.ts';
import { replacing } from './slim/replace-files.ts';
import { replacements } from './slim/replacements.ts';

const { replaceFiles, requireAllUsed } = replacing(replacements);

/** The esbuild plugins with which serverless-esbuild builds each function. */
export default [pages, fetchBuiltins(), replaceFiles];

/**
 * Call this after all functions are built.
 * @throws Error when no function contains one of the replaced files
 */
export { requireAllUsed };

/**
 * Loads Node's built-in modules by a call instead of an `import`. An `import` reads every export, and some exports are
 * getters that load unused modules, such as undici behind `node:http`.
 */
function fetchBuiltins(): Plugin {
  return {
    name: 'fetch-builtins',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^(node:)?[a-z0-9_/]+$/ }, ({ path, kind }) => {
        if (!isBuiltin(path)) return undefined;
        // `import()` and `require` use the whole module, and esbuild does not read its getters.
        return { path, namespace: kind === 'import-statement' ? 'named-builtin' : 'builtin' };
      });
      onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({ contents: `module.exports = ${fetched(path)};` }));
      onLoad({ filter: /./, namespace: 'named-builtin' }, ({ path }) => ({ contents: namedExports(path) }));
    },
  };
}

function fetched(path: string): string {
  return `process.getBuiltinModule(${JSON.stringify(path)})`;
}

/**
 * The exports of `node:process` depend on how the process was started, but a bundle must not depend on who builds it.
 */
const ofProcess = [
  'arch',
  'argv',
  'cwd',
  'emitWarning',
  'env',
  'hrtime',
  'nextTick',
  'pid',
  'platform',
  'version',
  'versions',
];

/** @returns the source of a module; esbuild keeps only its used exports */
function namedExports(path: string): string {
  const all = path === 'node:process' ? ofProcess : Object.keys(process.getBuiltinModule(path) ?? {});
  const names = all.filter((name) => /^[A-Za-z]\w*$/.test(name));
  return [
    `const builtin = ${fetched(path)};`,
    'const get = (name) => builtin[name];',
    'export default builtin;',
    ...names.map((name) => `const ${name}_ = /* @__PURE__ */ get('${name}');\nexport { ${name}_ as ${name} };`),
  ].join('\n');
}
