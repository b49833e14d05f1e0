import { formatApiKeyId, handleOf } from '../../../lib/domain/api-key-id.ts';
import { newApp } from '../../../lib/domain/app.ts';
import type { Table } from '../../../lib/store/table.ts';
import { Verifier } from '../../../lib/verification/verifier.ts';
import { MemoryTable, openMemoryTable } from '../interleavings/memory-table.ts';

/** Verifications of one key, evenly over a time, each by a process drawn from a seed. */
export interface Traffic {
  readonly perSecond: number;
  readonly processes: number;
  readonly cacheSeconds: number;
  readonly seconds: number;
}

/** What they asked of the database. */
export interface Requests {
  readonly reads: number;
  /** writes of when the key was used, refused ones included */
  readonly writes: number;
  readonly applied: number;
}

const begin = 1_795_000_000_000;
const lastUsedSeconds = 3_600;
const apiKeyId = formatApiKeyId('ak', 'hottest', new Uint8Array(32));
const handle = handleOf(apiKeyId);

/** Runs real verifiers on a table in memory and a clock that goes from one verification to the next. */
export async function simulate({ perSecond, processes, cacheSeconds, seconds }: Traffic): Promise<Requests> {
  const { table, counted } = countingTable();
  const clock = { at: begin, now: () => clock.at, sleep: () => new Promise<void>(() => {}), random: () => 0 };
  const settings = { partition: 'here', prefixes: ['ak'], cacheSeconds, lastUsedSeconds };
  const verifiers = Array.from({ length: processes }, () => new Verifier(table, settings, clock));
  const draw = seeded(1);
  for (let index = 0; index < perSecond * seconds; index += 1) {
    clock.at = begin + Math.floor((index * 1_000) / perSecond);
    const check = await verifiers[Math.floor(draw() * processes)]?.check(apiKeyId);
    if (!check?.verification.valid) throw new Error('a valid key was refused');
  }
  return counted;
}

function countingTable(): { table: Table; counted: Requests } {
  const counted = { reads: 0, writes: 0, applied: 0 };
  const made = {
    appId: 'hottest',
    realm: 'myrealm',
    name: 'hottest',
    owner: 'demo',
    now: 1,
    op: '',
    correlationId: '',
  };
  const key = { name: 'a key', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: -1 };
  const { appId: pk, ...app } = { ...newApp(made), keyCount: 1, keys: { [handle]: key } };
  const memory = new MemoryTable();
  memory.write({ kind: 'put', put: { Item: { pk, sk: 'app', ...app } } });
  const table = openMemoryTable(memory);
  return {
    counted,
    table: {
      ...table,
      attemptGet(...read) {
        counted.reads += 1;
        return table.attemptGet(...read);
      },
      async attemptUpdate(update) {
        counted.writes += 1;
        const attempt = await table.attemptUpdate(update);
        if (attempt.outcome === 'applied') counted.applied += 1;
        return attempt;
      },
    },
  };
}

/** Mulberry32. @returns numbers from 0 to below 1 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
