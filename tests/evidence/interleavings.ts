import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { silenceLog } from '../support/silence-log.ts';
import {
  addTally,
  exhaust,
  firstBad,
  newTally,
  retrace,
  stages,
  type Tally,
  wander,
} from './interleavings/evidence.ts';
import { mutants } from './interleavings/mutants.ts';

/** A piece of the work, of which thread number `part` of so many does every so-manieth item. */
interface Piece {
  readonly stage: string;
  readonly size: number;
  readonly seed: number;
}

interface Share {
  readonly part: number;
  readonly threads: number;
}

const usualRandom = 1_000_000;

const curiosities = {
  goneSince: 'good, but a call was done and answered that what it made, or the application, is gone',
  unlisted: 'good, but after a late write or a cut a list does not show an application to one who has a right on it',
} as const;

async function main(): Promise<void> {
  const say = silenceLog();
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      random: { type: 'string' },
      seed: { type: 'string' },
      replay: { type: 'string' },
    },
  });
  if (values.replay) return void (await retrace(values.replay)).forEach(say);
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const random = Number(values.random ?? usualRandom);
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(random)) throw new Error('--seed and --random take numbers');
  await requireMutantsFound(say);
  const exhausted = Object.entries(stages)
    .filter(([, { isOnlyReplayed }]) => !isOnlyReplayed)
    .map(([stage, { scenarios }]) => ({ stage, size: scenarios.length, seed }));
  const pieces = [...exhausted, { stage: 'random', size: random, seed }];
  const wanted = pieces.filter(({ stage }) => stage === (values.only ?? stage));
  if (wanted.length === 0) throw new Error(`--only takes one of ${pieces.map(({ stage }) => stage).join(', ')}`);
  const workers = startWorkers();
  const total = newTally();
  for (const piece of wanted) {
    addTally(total, await runPiece(workers, piece, say));
  }
  for (const worker of workers) await worker.terminate();
  say(`${total.schedules} schedules in all, bad: ${total.bad}`);
  process.exitCode = total.bad > 0 ? 1 : 0;
}

function startWorkers(): Worker[] {
  const threads = Math.max(1, availableParallelism());
  return Array.from({ length: threads }, (_, part) => {
    return new Worker(new URL(import.meta.url), { workerData: { part, threads } satisfies Share, argv: [] });
  });
}

async function runPiece(workers: readonly Worker[], piece: Piece, say: (line: string) => void): Promise<Tally> {
  const startedAt = performance.now();
  const total = newTally();
  for (const tally of await Promise.all(workers.map((worker) => askWorker(worker, piece)))) addTally(total, tally);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const isRandom = piece.stage === 'random';
  say(isRandom ? `random, all calls, seed ${piece.seed}` : `${stages[piece.stage]?.name}`);
  const what = isRandom ? '' : `${total.scenarios} scenarios, 100 % of `;
  say(`  ${what}${total.schedules} schedules, ${total.steps} steps, ${total.faults} faults, ${seconds} s`);
  say(`  bad: ${total.bad}`);
  for (const [name, words] of Object.entries(curiosities)) {
    const number = total[name as keyof typeof curiosities];
    if (number > 0) say(`  ${words}: ${number}, as in ${total.curious[name as keyof typeof curiosities]}`);
  }
  for (const { sequence, scenario, fault } of total.examples) {
    say(`\nBAD ${scenario}: ${fault}\n  --replay ${sequence}`);
    for (const line of await retrace(sequence)) say(`  ${line}`);
  }
  return total;
}

function askWorker(worker: Worker, piece: Piece): Promise<Tally> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.postMessage(piece);
  });
}

/** The check is worth nothing unless it finds what is wrong: each mutant leaves one thing out. */
async function requireMutantsFound(say: (line: string) => void): Promise<void> {
  for (const [name, mutant] of Object.entries(mutants)) {
    const tally = await firstBad(mutant);
    const [found] = tally.examples;
    if (!found) throw new Error(`the mutant "${name}" is not found`);
    say(`mutant "${name}": found after ${tally.schedules} schedules: ${found.scenario}: ${found.fault}`);
  }
}

/** Does its share of each piece that the main thread sends. */
function work({ part, threads }: Share): void {
  silenceLog();
  parentPort?.on('message', async ({ stage, size, seed }: Piece) => {
    const tally = newTally();
    for (let nth = part; nth < size; nth += threads) {
      await (stage === 'random' ? wander(tally, seed, nth) : exhaust(tally, stage, nth));
    }
    parentPort?.postMessage(tally);
  });
}

Error.stackTraceLimit = 0;
if (!isMainThread) work(workerData as Share);
else if (import.meta.main) await main();
