import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, plainSettings } from '../../../infra/release/bundle.ts';
import { type ApiKeyId, formatApiKeyId, handleOf } from '../../../lib/domain/api-key-id.ts';
import type { Target } from './callers.ts';
import { startCannedDynamodb } from './canned-dynamodb.ts';
import { type Sitter, startSitter } from './child.ts';
import type { Latency } from './crowd.ts';
import type { Answer } from './report.ts';
import { ratiosOf, spreadOf } from './statistics.ts';
import { itemWith, tableEnvironment } from './subjects.ts';

const callers = 200;
/** 4,000 calls: 40 of them take longer than the p99. */
const callsEach = 20;
/** V8 has then optimized what the calls run through. */
const warmUpRounds = 2;

const ways = ['none', 'cached', 'uncached', 'handWritten', 'betterAuth'] as const;
type Way = (typeof ways)[number];

const names: Readonly<Record<Way, string>> = {
  none: 'no check: the bare server',
  cached: 'appkeys, key verified in the last 10 seconds',
  uncached: 'appkeys, cache off',
  handWritten: 'check written by hand',
  betterAuth: 'Better Auth',
};

/** What a contender tells when it is ready. */
type Ready = Omit<Target, 'callsEach'>;

interface Round {
  readonly http: Latency;
  readonly inProcess: Latency;
}

/** Each way in a process of its own; they take turns, so that nothing else of the bench runs while one is measured. */
export async function measureCrowds(rounds: number): Promise<Answer[]> {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-bench-'));
  const keys = Array.from({ length: callers }, (_, index) => keyOf(index, 1));
  const database = await startCannedDynamodb(itemsOf(keys));
  const contenders = await startContenders(folder, keys, tableEnvironment(database.endpoint));
  const crowd = await startSitter<Latency>('callers.ts');
  const figures = Object.fromEntries(ways.map((way) => [way, [] as Round[]])) as Record<Way, Round[]>;
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const way of ways) {
      const measured = await turnOf(contenders[way], crowd);
      if (round >= 0) figures[way].push(measured);
    }
  }
  for (const { stop } of [crowd, database, ...Object.values(contenders)]) stop();
  rmSync(folder, { recursive: true });
  return answersOf(figures);
}

function keyOf(index: number, secret: number): ApiKeyId {
  return formatApiKeyId('ak', `app${index}`, new Uint8Array(32).fill(secret));
}

/** Each key is in the table twice: in its application, and as the check written by hand looks for it. */
function itemsOf(keys: readonly ApiKeyId[]): Record<string, object> {
  const expiresAt = { N: String(Date.now() + 86_400_000) };
  return Object.fromEntries(
    keys.flatMap((key, index) => {
      const hash = handleOf(key);
      const plain = { pk: { S: hash }, owner: { S: `app${index}` }, enabled: { BOOL: true }, expiresAt };
      return [
        [`app${index}`, itemWith(`app${index}`, hash)],
        [hash, plain],
      ];
    }),
  );
}

type Contender = Sitter<Latency, Ready>;

/** All are bundled as a user of the library would do it, without what makes the service's own bundles smaller. */
async function startContenders(
  folder: string,
  keys: readonly string[],
  env: Record<string, string>,
): Promise<Record<Way, Contender>> {
  const verifier = await bundle('lib/package/verifier/create-verifier.ts', folder, plainSettings);
  const handWritten = await bundle('tests/evidence/bench/baselines/hand-written.ts', folder, plainSettings);
  const start = async (way: Way): Promise<[Way, Contender]> => {
    const file = way === 'handWritten' ? handWritten : verifier;
    return [way, await startSitter<Latency, Ready>('contender.mjs', [way, file, keyOf(0, 2), ...keys], env)];
  };
  return Object.fromEntries(await Promise.all(ways.map(start))) as Record<Way, Contender>;
}

async function turnOf(contender: Contender, crowd: Sitter<Latency>): Promise<Round> {
  const http = await crowd.turn({ ...contender.ready, callsEach });
  return { http, inProcess: await contender.turn({ callsEach }) };
}

function answersOf(figures: Readonly<Record<Way, readonly Round[]>>): Answer[] {
  const answer = (place: keyof Round, way: Way): Answer => {
    const all = (of: Way, field: keyof Latency) => figures[of].map((round) => round[place][field]);
    return {
      id: `${place} ${way}`,
      what: names[way],
      p50: spreadOf(all(way, 'p50')),
      p95: spreadOf(all(way, 'p95')),
      p99: spreadOf(all(way, 'p99')),
      ratio: ratiosOf(all(way, 'p50'), all('handWritten', 'p50')),
      beside: names.handWritten,
    };
  };
  return [
    ...ways.map((way) => answer('http', way)),
    ...ways.filter((way) => way !== 'none').map((way) => answer('inProcess', way)),
  ];
}
