import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { project } from '../support/bundle.ts';
import { plotOf } from './plot.ts';
import { markdownOf, type Table } from './report.ts';
import { buildSubjects } from './subjects.ts';
import { bundleTable, loadTable, startTables, verifyTable, warmTable } from './tables.ts';

const usage = `npm run bench [-- --rounds N]

Measures what docs/benchmarks.md shows, in N rounds (31 unless given), and writes that file and its plots.`;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '31' }, help: { type: 'boolean' } } });
const rounds = Number(values.rounds);
/** how many processes were ready to run before this one */
const [loadBefore = 0] = loadavg();

async function main(): Promise<void> {
  if (values.help || !Number.isInteger(rounds) || rounds < 1) {
    console.log(usage);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const subjects = await buildSubjects();
  const tables = [
    bundleTable(subjects),
    ...(await startTables(subjects, rounds)),
    await warmTable(subjects, rounds),
    await verifyTable(subjects, rounds),
    await loadTable(subjects, Math.min(400, rounds * 20)),
  ];
  subjects.stop();
  write(tables);
}

function write(tables: readonly Table[]): void {
  const docs = join(project, 'docs');
  for (const table of tables) writeFileSync(join(docs, `${table.id}.svg`), plotOf(table));
  const text = [introduction(), ...tables.map(markdownOf)].join('\n');
  writeFileSync(join(docs, 'benchmarks.md'), text);
  console.log(text);
}

function introduction(): string {
  const processors = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `# Benchmarks

\`npm run bench\` measures this on your machine and writes this page. What counts are the ratios: both sides of each are
measured in the same run, in turns (${rounds} rounds or more). A figure is the median of the rounds, its spread goes from the first quartile to the third.

**b** is an esbuild bundle of one handler that has nothing but \`@aws-sdk/client-dynamodb\` and makes the same conditional
\`UpdateItem\` as generating a key; **c** is the same by \`lib-dynamodb\`. They are built with the service's own esbuild settings, less its plugins.
DynamoDB and the token issuer are servers on the same machine that answer at once.

Measured on ${process.platform} ${process.arch}, ${processors.length} × ${processors[0]?.model.trim()}, ${gigabytes} GB, Node.js ${process.version},
with a load of ${loadBefore.toFixed(1)} from elsewhere: above ${processors.length} times are of little worth, and ratios are wider spread than on a machine at rest.
`;
}

await main();
