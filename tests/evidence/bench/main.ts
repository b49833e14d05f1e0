import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectFolder as project } from '../../../infra/local/folders.ts';
import { measureCrowds } from './crowd-table.ts';
import { writePages } from './pages.ts';
import { plotOf } from './plot.ts';
import type { Figures, Table } from './report.ts';
import { describeMachine, type PartName, partNames, readResults, writeResults } from './results.ts';
import { buildSubjects, type Subjects } from './subjects.ts';
import { bundleTable, loadTable, measureStarts, turnsTable, warmTable } from './tables.ts';

const usage = `npm run bench [-- [--rounds N] [PART ...]]

Measures the parts, or all of them, in N rounds (31 unless given), and writes docs/benchmarks.md, the end of
docs/bundles.md, and their plots. Parts: ${partNames.join(', ')}.`;

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '31' }, help: { type: 'boolean' } },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
const [loadBefore = 0] = loadavg();

const tablesOf = async (...tables: (Table | Promise<Table>)[]) => ({ tables: await Promise.all(tables), answers: [] });

const parts: Readonly<Record<PartName, (subjects: Subjects) => Promise<Figures>>> = {
  /** each of its rounds has 4,000 calls for each contender, so that a fifth of them will do */
  verify: async () => ({ tables: [], answers: await measureCrowds(Math.ceil(rounds / 5)) }),
  bundles: (subjects) => tablesOf(bundleTable(subjects)),
  start: (subjects) => measureStarts(subjects, rounds),
  cpu: (subjects) => tablesOf(warmTable(subjects, rounds)),
  turns: (subjects) => tablesOf(turnsTable(subjects, rounds)),
  load: (subjects) => tablesOf(loadTable(subjects, Math.min(400, rounds * 20))),
};

function isPart(name: string): name is PartName {
  return name in parts;
}

async function main(): Promise<void> {
  const isRight = positionals.every(isPart) && Number.isInteger(rounds) && rounds > 0;
  if (values.help || !isRight) {
    console.log(usage);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const chosen = partNames.filter((name) => positionals.length === 0 || positionals.includes(name));
  const subjects = await buildSubjects();
  for (const name of chosen) await measure(name, subjects);
  subjects.stop();
  writePages(readResults());
}

/** Keeps what one part found, also when a later one fails. */
async function measure(name: PartName, subjects: Subjects): Promise<void> {
  const begun = performance.now();
  const figures = await parts[name](subjects);
  for (const table of figures.tables) writeFileSync(join(project, 'docs', `${table.id}.svg`), plotOf(table));
  writeResults({ ...readResults(), [name]: { machine: describeMachine(), rounds, load: loadBefore, ...figures } });
  console.log(`${name}: ${Math.round((performance.now() - begun) / 1_000)} s`);
}

await main();
