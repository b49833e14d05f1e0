import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PartName, parts } from './mutation/parts.ts';

const project = join(import.meta.dirname, '../..');
const folder = join(project, 'tests/evidence/mutation');

/** Of the mutants that are run, these shares at least must be noticed by the tests. */
const goals: Readonly<Partial<Record<PartName, number>>> = { domain: 0.95, store: 0.95 };
const goalOfAll = 0.9;

interface Mutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number } };
}

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

interface Score {
  readonly noticed: number;
  readonly of: number;
}

function main(names: readonly PartName[]): void {
  execFileSync('npm', ['ci', '--prefix', folder, '--silent'], { stdio: 'inherit' });
  const scores = new Map(names.map((name) => [name, run(name)]));
  const all = [...scores.values()].reduce((sum, { noticed, of }) => ({
    noticed: sum.noticed + noticed,
    of: sum.of + of,
  }));
  const verdicts = [...scores].map(([name, score]) => say(name, score, goals[name]));
  if (names.length === Object.keys(parts).length) verdicts.push(say('all of lib', all, goalOfAll));
  process.exitCode = verdicts.every(Boolean) ? 0 : 1;
}

/** Mutates a part of `lib`, and prints each mutant that no test has noticed. */
function run(name: PartName): Score {
  const stryker = join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const config = join(folder, 'stryker.config.mjs');
  const { status } = spawnSync(process.execPath, [stryker, 'run', config], {
    cwd: project,
    env: { ...process.env, MUTATION_PART: name },
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`Stryker ended with ${status}.`);
  const { files } = JSON.parse(readFileSync(join(project, 'coverage/mutation.json'), 'utf8')) as Report;
  const mutants = Object.entries(files).flatMap(([file, { mutants }]) =>
    mutants.map((mutant) => ({ file, ...mutant })),
  );
  for (const { file, location, status, mutatorName, replacement } of mutants.filter(isUnnoticed)) {
    console.log(`${file}:${location.start.line} ${status} ${mutatorName}: ${replacement?.replaceAll(/\s+/g, ' ')}`);
  }
  const ran = mutants.filter((mutant) => isNoticed(mutant) || isUnnoticed(mutant));
  return { noticed: ran.filter(isNoticed).length, of: ran.length };
}

function isNoticed({ status }: Mutant): boolean {
  return status === 'Killed' || status === 'Timeout';
}

function isUnnoticed({ status }: Mutant): boolean {
  return status === 'Survived' || status === 'NoCoverage';
}

/** @param goal the share that must be noticed; a part without one counts in all of `lib` alone */
function say(name: string, { noticed, of }: Score, goal?: number): boolean {
  const share = noticed / of;
  const words = goal === undefined ? '' : `, at least ${100 * goal} % wanted`;
  console.log(`${name}: ${noticed} of ${of} mutants noticed, ${(100 * share).toFixed(1)} %${words}`);
  return share >= (goal ?? 0);
}

main((process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)) as PartName[]);
