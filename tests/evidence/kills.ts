import { parseArgs } from 'node:util';
import { silenceLog } from '../support/silence-log.ts';
import { tell } from './histories/life.ts';
import { killDatabase } from './kills/databases.ts';
import { engines, forgetful, type StartEngine } from './kills/engines.ts';
import { killService } from './kills/services.ts';

interface Size {
  readonly kills: number;
  readonly writes: number;
  readonly seed: number;
}

type Say = (line: string) => void;

/** What is killed. The service is killed as often as both databases together. */
const targets: Readonly<Record<string, (size: Size, say: Say) => Promise<boolean>>> = {
  ...Object.fromEntries(
    Object.entries(engines).map(([name, start]) => [
      name,
      async (size: Size, say: Say) =>
        (await databaseHolds(name, start, size, say)) && (await lossIsFound(name, start, size.seed, say)),
    ]),
  ),
  service: (size, say) => serviceHolds({ ...size, kills: 2 * size.kills }, say),
};

async function main(): Promise<void> {
  const say = silenceLog();
  const { values } = parseArgs({
    options: {
      target: { type: 'string', multiple: true, default: Object.keys(targets) },
      kills: { type: 'string', default: '25' },
      writes: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    },
  });
  const size = { kills: Number(values.kills), writes: Number(values.writes), seed: Number(values.seed) };
  if (!Object.values(size).every(Number.isSafeInteger)) throw new Error('--kills, --writes and --seed take numbers');
  const holds: boolean[] = [];
  for (const name of values.target) {
    const holdsFor = targets[name];
    if (!holdsFor) throw new Error(`--target is one of ${Object.keys(targets).join(', ')}`);
    holds.push(await holdsFor(size, say));
  }
  process.exitCode = holds.every(Boolean) ? 0 : 1;
}

async function databaseHolds(name: string, start: StartEngine, size: Size, say: Say): Promise<boolean> {
  const begun = performance.now();
  const outcome = await killDatabase(
    start,
    { ...size, appsAtOnce: 10 },
    (text) => void process.stderr.write(`  ${name}: ${text}\n`),
  );
  const { kills, writes, apps, operations, unknown, verdicts, faulty, refuted } = outcome;
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
  say(`\n${name}, killed ${kills} times under load, seed ${size.seed}, ${seconds} s`);
  say(`  ${writes} acknowledged writes, ${operations} calls on ${apps} applications, ${unknown} of unknown outcome`);
  say(`  everything acknowledged is there in ${verdicts.explained} applications, not in ${verdicts.refuted}`);
  say(`  undecided ${verdicts.undecided}; keyCount is not the number of keys, or above 2, in ${faulty.length}`);
  for (const line of [...faulty, ...refuted.flatMap(tell)]) say(`  ${line}`);
  return verdicts.explained === apps && faulty.length === 0;
}

/** A database that loses a part on purpose must be found out. */
async function lossIsFound(name: string, start: StartEngine, seed: number, say: Say): Promise<boolean> {
  const { apps, verdicts } = await killDatabase(forgetful(start), { kills: 2, writes: 100, appsAtOnce: 2, seed });
  say(`\n${name}, brought back the second time with the data of the first: lost in ${verdicts.refuted} of ${apps}`);
  return verdicts.refuted > 0;
}

async function serviceHolds({ kills, seed }: Size, say: Say): Promise<boolean> {
  const begun = performance.now();
  const outcome = await killService(kills, seed, (text) => void process.stderr.write(`  service: ${text}\n`));
  const { made, replayed, unanswered, keys, faulty } = outcome;
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
  say(`\nthe service, killed ${outcome.kills} times under load, seed ${seed}, ${seconds} s`);
  say(
    `  ${made} keys made with Idempotency-Key, ${replayed} of them answered by a repetition; ${unanswered} tries unanswered`,
  );
  say(`  ${keys} keys at the end, without an owner or not valid: ${faulty.length}`);
  for (const line of faulty) say(`  ${line}`);
  return faulty.length === 0;
}

if (import.meta.main) await main();
