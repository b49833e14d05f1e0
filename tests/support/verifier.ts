import { setTimeout } from 'node:timers/promises';
import { inject } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import { openTable } from '../../lib/store/dynamodb.ts';
import type { Table } from '../../lib/store/table.ts';
import { Verifier, type VerifierSettings } from '../../lib/verification/verifier.ts';
import { startDatabaseProxy } from './database-proxy.ts';
import { hrnOf, startService, type TestService } from './service.ts';

/** The service, and a table for verifiers whose requests are counted; its clock goes on only when told to, and while it sleeps. */
export interface VerifierBench {
  readonly service: TestService;
  readonly table: Table;
  /** the operations that the verifiers asked for, such as `GetItem` */
  readonly requests: string[];
  readonly proxy: Awaited<ReturnType<typeof startDatabaseProxy>>;
  readonly clock: {
    at: number;
    now(): number;
    sleep(ms: number): Promise<void>;
    random(): number;
    readonly slept: number[];
  };
  open(settings?: Partial<VerifierSettings>, parts?: { table?: Table; warn?: (why: unknown) => void }): Verifier;
  /** when the key was last used, as far as that was written down */
  lastUseOf(key: MadeKey): Promise<number | undefined>;
  /** a key of a new application, made by the service */
  makeKey(body?: object, parts?: Partial<App>): Promise<MadeKey>;
}

export interface MadeKey {
  readonly app: App;
  /** the secret */
  readonly apiKeyId: string;
  readonly path: { app: string; apiKey: string };
  readonly handle: string;
}

export async function startVerifierBench(): Promise<VerifierBench> {
  const service = await startService({ keys: { maxPerApp: 50 } });
  const proxy = await startDatabaseProxy(inject('endpoint'));
  const table = await openProxied(service.tableName, proxy.endpoint);
  const clock = fakeClock();
  return {
    service,
    table,
    requests: proxy.requests,
    proxy,
    clock,
    open: (settings = {}, parts = {}) =>
      new Verifier(
        parts.table ?? table,
        { partition: 'here', prefixes: ['ak'], cacheSeconds: 10, lastUsedSeconds: undefined, ...settings },
        clock,
        parts.warn,
      ),
    async lastUseOf({ app, handle }) {
      const attempt = await openTable(service.tableName).attemptGet({ pk: `used#${app.appId}`, sk: handle });
      return 'found' in attempt ? (attempt.found?.at as number | undefined) : undefined;
    },
    async makeKey(body = {}, parts = {}) {
      const app = await service.seed(parts);
      const { body: made } = await service.generate(app, { name: 'a key', ...body });
      const path = { app: hrnOf(app), apiKey: encodeURIComponent(made.apiKey) };
      return { app, apiKeyId: made.apiKeyId, path, handle: made.apiKey.split('/').at(-1) };
    },
  };
}

/** The SDK looks for its endpoint when it is used first, so that the service keeps its own. */
async function openProxied(tableName: string, endpoint: string): Promise<Table> {
  process.env.AWS_ENDPOINT_URL_DYNAMODB = endpoint;
  const table = openTable(tableName);
  await table.attemptGet({ pk: 'first use', sk: 'app' });
  process.env.AWS_ENDPOINT_URL_DYNAMODB = inject('endpoint');
  return table;
}

function fakeClock(): VerifierBench['clock'] {
  const clock = {
    at: Date.now(),
    slept: [] as number[],
    now: () => clock.at,
    async sleep(ms: number) {
      clock.slept.push(ms);
      // So long a verification waits for the note of a use, which takes real time.
      if (ms === 50) await setTimeout(ms);
      else clock.at += ms;
    },
    random: () => 1,
  };
  return clock;
}

/** Lets reads wait until they are released, so that requests come while one is under way. */
export function holdReads(table: Table): { table: Table; reads: number; answers: number; release(): void } {
  let waiting: (() => void)[] = [];
  const held = {
    reads: 0,
    /** how many reads have found what they tell when they are released */
    answers: 0,
    table: {
      ...table,
      async attemptGet(...read) {
        held.reads += 1;
        const found = table.attemptGet(...read);
        found.then(() => {
          held.answers += 1;
        });
        await new Promise<void>((resolve) => waiting.push(resolve));
        return found;
      },
    } satisfies Table as Table,
    release() {
      for (const go of waiting) go();
      waiting = [];
    },
  };
  return held;
}
