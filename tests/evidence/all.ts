import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const project = join(import.meta.dirname, '../..');

/** Each prints its figures, and exits with 1 when a claim does not hold. */
const parts: Readonly<Record<string, readonly string[]>> = {
  model: ['tests/evidence/model.ts'],
  interleavings: ['tests/evidence/interleavings.ts'],
  histories: ['tests/evidence/histories.ts'],
  kills: ['tests/evidence/kills.ts'],
  overload: ['tests/evidence/overload.ts'],
  rotation: ['tests/evidence/rotation.ts'],
  sweep: ['tests/evidence/sweep.ts'],
  hostile: ['tests/evidence/hostile.ts'],
  mutation: ['tests/evidence/mutation.ts'],
  errors: ['node_modules/vitest/vitest.mjs', 'run', 'tests/functions/error-paths.test.ts'],
};

const usage = `npm run evidence [-- PART ...]

Runs what docs/evidence.md explains: all of it, or the parts named: ${Object.keys(parts).join(', ')}.`;

function main(): void {
  const { values, positionals } = parseArgs({ options: { help: { type: 'boolean' } }, allowPositionals: true });
  const unknown = positionals.find((name) => !Object.hasOwn(parts, name));
  if (values.help || unknown !== undefined) {
    console.log(unknown === undefined ? usage : `There is no part "${unknown}".\n\n${usage}`);
    process.exitCode = unknown === undefined ? 0 : 2;
    return;
  }
  const results = (positionals.length > 0 ? positionals : Object.keys(parts)).map(run);
  console.log('');
  for (const { name, holds, seconds } of results) {
    console.log(`${holds ? 'holds ' : 'BROKEN'}  ${name.padEnd(14)} ${seconds.toFixed(0).padStart(5)} s`);
  }
  process.exitCode = results.every(({ holds }) => holds) ? 0 : 1;
}

function run(name: string): { name: string; holds: boolean; seconds: number } {
  console.log(`\n=== ${name}`);
  const begun = performance.now();
  const env = { ...process.env, FULL: '1' };
  const { status } = spawnSync(process.execPath, [...(parts[name] ?? [])], { cwd: project, stdio: 'inherit', env });
  return { name, holds: status === 0, seconds: (performance.now() - begun) / 1_000 };
}

main();
