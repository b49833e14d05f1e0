import { parseArgs } from 'node:util';
import { type Engine, startDynalite } from '../../infra/local/dynalite.ts';
import { startDynamodbLocal } from '../../infra/local/dynamodb-local.ts';
import { silenceLog } from '../support/silence-log.ts';
import { tell } from './histories/life.ts';
import { type Outcome, runHistories, type Size, type Ways } from './histories/run.ts';

const engines: Readonly<Record<string, () => Promise<Engine>>> = {
  dynalite: () => startDynalite(),
  'dynamodb-local': () => startDynamodbLocal(),
};

const shown = 3;

async function main(): Promise<void> {
  const say = silenceLog();
  const { values } = parseArgs({
    options: {
      engine: { type: 'string', multiple: true, default: Object.keys(engines) },
      apps: { type: 'string', default: '300' },
      operations: { type: 'string', default: '12000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    },
  });
  const { apps, operations, seed } = values;
  const size = { apps: Number(apps), operations: Number(operations), clients: 10, appsAtOnce: 8, seed: Number(seed) };
  if (!Object.values(size).every(Number.isSafeInteger)) throw new Error('--apps, --operations and --seed take numbers');
  say(`seed ${size.seed}: --seed ${size.seed} makes the same choices of calls and faults again`);
  const holds: boolean[] = [];
  for (const name of values.engine) holds.push(await holdsOn(name, size, say));
  process.exitCode = holds.every(Boolean) ? 0 : 1;
}

/** @returns whether the service's histories are all explained, and those of read-then-write are not */
async function holdsOn(name: string, size: Size, say: (line: string) => void): Promise<boolean> {
  const start = engines[name];
  if (!start) throw new Error(`there is no engine ${name}`);
  const engine = await start();
  try {
    say(`\n${name}: the service`);
    const good = await timed(engine, size, { isReadThenWrite: false, isCalm: false }, say);
    for (const line of [...good.faulty, ...good.refuted.flatMap(tell)]) say(`  ${line}`);
    const isGood = good.verdicts.explained === size.apps && good.faulty.length === 0;
    const isFound = [await isRefuted(name, engine, size, false, say), await isRefuted(name, engine, size, true, say)];
    return isGood && isFound.every(Boolean);
  } finally {
    await engine.stop();
  }
}

/** The checker must find what is wrong: with late copies, which then find no condition, and by the race alone. */
async function isRefuted(
  name: string,
  engine: Engine,
  size: Size,
  isCalm: boolean,
  say: (line: string) => void,
): Promise<boolean> {
  say(
    `${name}: read-then-write in place of conditional writes${isCalm ? ', and nothing is lost, late or doubled' : ''}`,
  );
  const bad = await timed(engine, size, { isReadThenWrite: true, isCalm }, say);
  say(`  refuted ${bad.verdicts.refuted} of ${size.apps}, which shows that the checker finds what is wrong; as in`);
  for (const line of smallestOf(bad)) say(`  ${line}`);
  return bad.verdicts.refuted > 0;
}

async function timed({ endpoint }: Engine, size: Size, ways: Ways, say: (line: string) => void): Promise<Outcome> {
  const begun = performance.now();
  const progress = (done: number) => {
    if (done % 50 === 0) process.stderr.write(`  ${done} of ${size.apps} applications\n`);
  };
  const outcome = await runHistories(endpoint, size, ways, progress);
  const { verdicts, operations, unknown, requests, faults, faulty } = outcome;
  const lost = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
  const each = Object.entries(faults).map(([fault, count]) => `${fault} ${count}`);
  say(`  ${size.apps} applications, ${operations} operations, ${unknown} of unknown outcome, ${seconds} s`);
  say(`  ${requests} requests to the database, ${((100 * lost) / requests).toFixed(1)} % faulted: ${each.join(', ')}`);
  const { explained, refuted, undecided } = verdicts;
  say(`  explained ${explained}, refuted ${refuted}, undecided ${undecided}; unsound at the end ${faulty.length}`);
  return outcome;
}

/** @returns the shortest of the first few refuted histories */
function smallestOf({ refuted }: Outcome): string[] {
  const told = refuted.slice(0, shown).map(tell);
  return told.sort((one, other) => one.length - other.length)[0] ?? [];
}

if (import.meta.main) await main();
