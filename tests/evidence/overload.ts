import { fork } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { silenceLog } from '../support/silence-log.ts';
import { brokenClaims } from './overload/claims.ts';
import { allGuards, takeAway } from './overload/guards.ts';
import { type Figures, overload, type Part } from './overload/load.ts';
import { scenarios } from './overload/scenarios.ts';

/** In bytes a verification: a million of them would add a megabyte. */
const maxBytesEach = 1;

interface Heap {
  readonly done: number;
  readonly bytes: number;
  readonly results: Readonly<Record<string, number>>;
}

async function runOverload(seconds: number, seed: number, say: (line: string) => void): Promise<string[]> {
  const durations = { measuring: Math.min(10, seconds / 3), overload: seconds, calm: Math.min(10, seconds / 6) };
  const wrong: string[] = [];
  for (const [name, { capacity, promised, guard }] of Object.entries(scenarios)) {
    const { slots, serviceMs } = capacity;
    say(`\na store that serves ${slots} requests at a time in ${serviceMs} ms, and ${name} (seed ${seed})`);
    const figures = await overload(capacity, durations, seed);
    report(figures, say);
    wrong.push(...brokenClaims(figures, promised).map((line) => `${name}: ${line}`));
    for (const guards of [[guard], allGuards]) {
      say(`\nthe same without the ${guards.join(' and the ')}, which must not do`);
      const giveBack = takeAway(guards);
      const unguarded = await overload(capacity, durations, seed).finally(giveBack);
      report(unguarded, say);
      const broken = brokenClaims(unguarded, promised);
      broken.forEach((line) => void say(`  ${line}`));
      if (broken.length === 0) wrong.push(`${name}: all is well without the ${guards.join(' and the ')}.`);
    }
  }
  return wrong;
}

function report(figures: Figures, say: (line: string) => void): void {
  const { sustainable, before, overload: hard, after, goodput, answeredAfterMs, idleAfterMs, counts } = figures;
  say(`  sustainable: ${sustainable.toFixed(1)} requests a second`);
  for (const [name, part] of Object.entries({ 'half of it': before, 'twice of it': hard, 'half again': after }))
    say(`  ${name.padEnd(11)} ${lineOf(part)}`);
  say(`  served at twice the rate: ${(goodput * 100).toFixed(0)} % of the sustainable rate`);
  say(`  after the load ended: last answer after ${answeredAfterMs} ms, store idle after ${idleAfterMs} ms`);
  say(`  requests to the store: ${JSON.stringify(counts)}`);
}

function lineOf({ offered, byStatus, medianMs, p99Ms, latestMs, strange, untrue }: Part): string {
  const statuses = Object.entries(byStatus).map(([status, number]) => `${status}: ${number}`);
  const times = `median ${medianMs} ms, p99 ${p99Ms} ms, latest ${latestMs} ms`;
  return `offered ${offered}; ${statuses.join(', ')}; ${times}; strange ${strange}, untrue ${untrue}`;
}

/** @returns the sizes of the heap, measured in a process of its own */
function heapsOf(verifications: number): Promise<Heap[]> {
  const heaps: Heap[] = [];
  const script = join(import.meta.dirname, './overload/memory.ts');
  const child = fork(script, ['--verifications', String(verifications)], { execArgv: ['--expose-gc'] });
  child.on('message', (heap: Heap) => heaps.push(heap));
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => (code === 0 ? resolve(heaps) : reject(new Error(`${script} exits with ${code}`))));
  });
}

/** @returns by how many bytes the heap grows with each verification, after the first three tenths (least squares) */
function growthOf(heaps: readonly Heap[]): number {
  const warm = heaps.slice(3);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(warm.map(({ done }) => done)), mean(warm.map(({ bytes }) => bytes))];
  const covariance = mean(warm.map(({ done, bytes }) => (done - x) * (bytes - y)));
  return covariance / mean(warm.map(({ done }) => (done - x) ** 2));
}

async function runMemory(verifications: number, say: (line: string) => void): Promise<string[]> {
  if (verifications === 0) return [];
  say(`\n${verifications} verifications of keys that are remembered, read, malformed, unknown and refused`);
  const heaps = await heapsOf(verifications);
  for (const { done, bytes } of heaps) say(`  ${String(done).padStart(9)}: ${(bytes / 2 ** 20).toFixed(2)} MiB`);
  const growth = growthOf(heaps);
  say(`  ${JSON.stringify(heaps.at(-1)?.results)}`);
  say(`  growth after the first three tenths: ${growth.toFixed(3)} bytes a verification, at most ${maxBytesEach}`);
  return growth <= maxBytesEach ? [] : ['The heap grows.'];
}

async function main(): Promise<void> {
  const say = silenceLog();
  const options = {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    verifications: { type: 'string', default: '1000000' },
  } as const;
  const { values } = parseArgs({ options });
  const wrong = [
    ...(await runOverload(Number(values.seconds), Number(values.seed), say)),
    ...(await runMemory(Number(values.verifications), say)),
  ];
  wrong.forEach(say);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

if (import.meta.main) await main();
