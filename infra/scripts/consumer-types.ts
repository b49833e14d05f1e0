import { dirname, join } from 'node:path';
import ts from 'typescript';
import { projectFolder } from '../local/folders.ts';

/**
 * Writes the declarations of modules and of everything that they refer to.
 * @param modules paths in the project, without their extension
 */
export function emitDeclarations(folder: string, modules: readonly string[]): void {
  const declared = declarationsOf(modules, folder);
  const files = new Set(modules.map((module) => join(folder, `${module}.d.ts`)));
  // The loop adds elements to the set that it iterates over.
  for (const file of files) {
    const text = declared.get(file);
    if (text === undefined) throw new Error(`There is no declaration ${file}.`);
    ts.sys.writeFile(file, text);
    for (const other of referredFrom(file, text)) files.add(other);
  }
}

/** @returns the text of each declaration of the program, by its path */
function declarationsOf(modules: readonly string[], folder: string): Map<string, string> {
  const { config } = ts.readConfigFile(join(projectFolder, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, projectFolder);
  const program = ts.createProgram(
    modules.map((module) => join(projectFolder, `${module}.ts`)),
    {
      ...options,
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: projectFolder,
      outDir: folder,
    },
  );
  const declared = new Map<string, string>();
  const { diagnostics } = program.emit(undefined, (file, text) => declared.set(join(file), withJsImports(text)));
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  return declared;
}

/** Every compiler finds a declaration by the name of its JavaScript file. */
function withJsImports(declarations: string): string {
  return declarations.replace(/(from '\.[^']+)\.ts'/g, "$1.js'");
}

function referredFrom(file: string, declarations: string): string[] {
  const names = [...declarations.matchAll(/from '(\.[^']+)\.js'/g)].map(([, name = '']) => name);
  return names.map((name) => `${join(dirname(file), name)}.d.ts`);
}
