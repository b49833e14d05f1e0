import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What Spin found in all states of a model. */
export interface Found {
  readonly states: number;
  readonly seconds: number;
  /** the property that does not hold, and after how many steps: the fewest that there are, if `shortest` */
  readonly violation: { readonly property: string; readonly depth: number } | undefined;
}

/** @returns what of the tools is missing, as one line; undefined when all are there */
export function missingTools(): string | undefined {
  const missing = ['spin', 'gcc'].filter((tool) => spawnSync(tool, [tool === 'spin' ? '-V' : '--version']).error);
  if (missing.length === 0) return undefined;
  return `The model needs ${missing.join(' and ')}: apt-get install spin gcc (Debian's packages of these names).`;
}

/**
 * Visits every state of the model.
 * @param options the model's own, without -D: `R0=generate`, `NO_MAX`
 * @param search `shortest` goes breadth first, which gives the shortest counterexample
 * @param file the model
 * @throws Error when not every state was visited
 */
export function explore(options: readonly string[], search: 'fast' | 'shortest', file = 'app.pml'): Found {
  const model = fileURLToPath(new URL(file, import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'model-'));
  try {
    run(folder, 'spin', [...options.map((option) => `-D${option}`), '-a', model]);
    const how = search === 'fast' ? ['-O2', '-DCOLLAPSE'] : ['-O0', '-DBFS'];
    run(folder, 'gcc', [...how, '-DSAFETY', '-DMEMLIM=8000', '-w', '-o', 'pan', 'pan.c']);
    const begun = performance.now();
    const report = run(folder, join(folder, 'pan'), ['-m100000', search === 'fast' ? '-w24' : '-w18']);
    return { ...parseReport(report), seconds: (performance.now() - begun) / 1_000 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(cwd: string, command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`${command} failed: ${error?.message ?? `${stdout}${stderr}`}`);
  return stdout;
}

function parseReport(report: string): Omit<Found, 'seconds'> {
  const [, states] = /(\d+) states, stored/.exec(report) ?? [];
  const [, errors] = /errors: (\d+)/.exec(report) ?? [];
  const [, property, depth] = /assertion violated (\w+) \(at depth (\d+)\)/.exec(report) ?? [];
  const isWhole = !/max search depth too small|Search not completed|out of memory/.test(report);
  if (errors === '0' && states && isWhole) return { states: Number(states), violation: undefined };
  if (property && states) return { states: Number(states), violation: { property, depth: Number(depth) } };
  throw new Error(`Spin did not visit every state:\n${report}`);
}
