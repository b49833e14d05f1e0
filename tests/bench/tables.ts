import { startDynalite } from '../../infra/local/dynalite.ts';
import { createTable } from '../../infra/local/table.ts';
import { runChild, startSitter } from './child.ts';
import type { LoadResult } from './load-child.ts';
import type { Row, Table, Verdict } from './report.ts';
import { ratiosOf, type Spread, spreadOf } from './statistics.ts';
import { appId, bytesOf, type Subject, type Subjects } from './subjects.ts';

const exact = (value: number): Spread => ({ median: value, low: value, high: value });

function atMost(what: string, figure: Spread, goal: number, stretch: number | undefined, unit: string): Row {
  const words = (limit: number) => `at most ${limit} ${unit}`;
  const verdict = verdictOf(figure.high <= goal, figure.low > goal);
  return { what, figure, unit, goal: words(goal), verdict, ...(stretch && { stretch: words(stretch) }) };
}

function atLeast(what: string, figure: Spread, goal: number, stretch: number, unit: string): Row {
  const words = (limit: number) => `at least ${limit} ${unit}`;
  const verdict = verdictOf(figure.low >= goal, figure.high < goal);
  return { what, figure, unit, goal: words(goal), stretch: words(stretch), verdict };
}

function verdictOf(isReached: boolean, isMissed: boolean): Verdict {
  if (isReached) return 'reached';
  return isMissed ? '**missed**' : 'within the spread';
}

export function bundleTable({ b, c, generate, direct, authorizer }: Subjects): Table {
  const base = bytesOf(b);
  const ratio = (subject: Subject) => exact(bytesOf(subject) / base);
  const bar = (label: string, subject: Subject, goal?: number) => ({
    label,
    value: exact(bytesOf(subject)),
    isOurs: goal !== undefined,
    ...(goal && { mark: goal * base }),
  });
  return {
    id: 'benchmark-bundles',
    title: 'Bundles',
    text: 'What Lambda loads. The JWT library and the KMS client are in `generate`; `authorizer` needs neither.',
    unit: 'bytes',
    rows: [
      atMost('generate', ratio(generate), 0.75, 0.6, 'b'),
      atMost('authorizer', ratio(authorizer), 0.65, 0.5, 'b'),
      { what: 'generate, invoked directly', figure: ratio(direct), unit: 'b', goal: '' },
    ],
    bars: [
      bar('b: client-dynamodb', b),
      bar('c: lib-dynamodb', c),
      bar('generate', generate, 0.75),
      bar('authorizer', authorizer, 0.65),
    ],
  };
}

interface Start {
  readonly startMs: number;
  readonly cpuMs: number;
  readonly rss: number;
}

/** Starts each in a fresh process, in turns. @returns the table of times and that of memory */
export async function startTables(subjects: Subjects, rounds: number): Promise<[Table, Table]> {
  const { b, c, guarded, generate, direct, authorizer, env } = subjects;
  const measured = { b, c, guarded, generate, direct, authorizer };
  const unlimited = { ...env, RATE_LIMIT: 'off' };
  const starts = new Map<string, Start[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { file, event }] of Object.entries(measured)) {
      await start(name, file, event, env);
    }
    await start('unlimited', generate.file, generate.event, unlimited);
  }
  async function start(name: string, file: string, event: object, settings: Record<string, string>) {
    const result = await runChild<Start>('start.mjs', [file, JSON.stringify(event)], settings);
    starts.set(name, [...(starts.get(name) ?? []), result]);
  }
  const all = (name: string, field: keyof Start) => (starts.get(name) ?? []).map((result) => result[field]);
  const ratio = (name: string, field: keyof Start, base = 'b') => ratiosOf(all(name, field), all(base, field));
  const bar = (label: string, name: string, field: keyof Start, goal?: number, per = 1) => ({
    label,
    value: spreadOf(all(name, field).map((value) => value / per)),
    isOurs: !['b', 'c', 'guarded'].includes(name),
    ...(goal && { mark: (goal * spreadOf(all('b', field)).median) / per }),
  });
  const plain = (what: string, name: string): Row => ({ what, figure: ratio(name, 'startMs'), unit: 'b', goal: '' });
  const goals = (field: keyof Start, more = '') => [
    atMost(`generate${more}`, ratio('generate', field), 0.78, 0.65, 'b'),
    atMost(`authorizer${more}`, ratio('authorizer', field), 0.65, 0.55, 'b'),
  ];
  return [
    {
      id: 'benchmark-start',
      title: 'Import and first request',
      text:
        'In a fresh process, until the first answer, without the start of Node.js itself; by the clock, and in user and system time. In that time `b` makes one request; ' +
        '`generate` makes three, one after the other: for the issuer’s keys, for the rate limit, and the write. So does “b with as many requests”, which verifies the token by jose.',
      unit: 'ms',
      rows: [
        ...goals('startMs'),
        ...goals('cpuMs', ', processor time'),
        {
          what: 'generate, beside b with as many requests',
          figure: ratio('generate', 'startMs', 'guarded'),
          unit: '×',
          goal: '',
        },
        plain('generate, rate limit off', 'unlimited'),
        plain('generate, invoked directly', 'direct'),
      ],
      bars: [
        bar('b: client-dynamodb', 'b', 'startMs'),
        bar('c: lib-dynamodb', 'c', 'startMs'),
        bar('b with as many requests', 'guarded', 'startMs'),
        bar('generate', 'generate', 'startMs', 0.78),
        bar('rate limit off', 'unlimited', 'startMs'),
        bar('invoked directly', 'direct', 'startMs'),
        bar('authorizer', 'authorizer', 'startMs', 0.65),
      ],
    },
    {
      id: 'benchmark-memory',
      title: 'Resident memory after the first request',
      text: 'Of the same processes. Node.js itself is about 45 MB of each.',
      unit: 'MB',
      rows: [
        atMost('generate', ratio('generate', 'rss'), 0.95, undefined, 'b'),
        atMost('authorizer', ratio('authorizer', 'rss'), 0.95, undefined, 'b'),
      ],
      bars: [
        bar('b: client-dynamodb', 'b', 'rss', undefined, 1e6),
        bar('c: lib-dynamodb', 'c', 'rss', undefined, 1e6),
        bar('generate', 'generate', 'rss', 0.95, 1e6),
        bar('authorizer', 'authorizer', 'rss', 0.95, 1e6),
      ],
    },
  ];
}

export async function warmTable({ c, trusting, generate, env }: Subjects, rounds: number): Promise<Table> {
  const subjects = [c, trusting, generate].flatMap(({ file, event }) => [file, JSON.stringify(event)]);
  const args = [String(rounds * 2), '100', ...subjects];
  const figures = await runChild<[number, number, number][]>('warm.mjs', args, { ...env, RATE_LIMIT: 'off' });
  const baseline = figures.map(([micros]) => micros);
  const trusted = figures.map(([, micros]) => micros);
  const whole = figures.map(([, , micros]) => micros);
  return {
    id: 'benchmark-cpu',
    title: 'Processor time of a warm request',
    text:
      'User and system time for one key, made by the one write. The rate limit is off, since `c` has none, and the token is ' +
      'taken on trust (that is, verifying it is built out), but for the last row.',
    unit: 'µs',
    rows: [
      atMost('generate', ratiosOf(trusted, baseline), 1.1, 1.03, 'c'),
      { what: 'generate, its token verified', figure: ratiosOf(whole, baseline), unit: 'c', goal: '' },
    ],
    bars: [
      { label: 'c: lib-dynamodb', value: spreadOf(baseline), isOurs: false },
      { label: 'generate', value: spreadOf(trusted), isOurs: true, mark: 1.1 * spreadOf(baseline).median },
      { label: 'its token verified', value: spreadOf(whole), isOurs: true },
    ],
  };
}

/** How many a second, and what one takes of this process, in µs. */
interface Rate {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

const turns = ['peer', 'cached', 'uncached', 'read', 'peer32', 'uncached32', 'create', 'peerCreate'] as const;

type Rates = Record<(typeof turns)[number], Rate>;

/** Each has a process of its own, and they take turns: none has to carry another's heap and hooks. */
async function measureTurns(rounds: number, args: readonly string[], env: Record<string, string>): Promise<Rates[]> {
  const start = (name: string) =>
    name.startsWith('peer')
      ? startSitter<Rate>('verify-peer.mjs', [name])
      : startSitter<Rate>('verify.mjs', [...args, name], env);
  const sitters = await Promise.all(turns.map(start));
  const figures: Rates[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const figure: [string, Rate][] = [];
    for (const [index, sitter] of sitters.entries()) figure.push([turns[index] ?? '', await sitter.turn()]);
    figures.push(Object.fromEntries(figure) as Rates);
  }
  for (const sitter of sitters) sitter.stop();
  return figures;
}

export async function verifyTable(subjects: Subjects, rounds: number): Promise<Table> {
  const { verifier, direct, read, key, appHrn, env } = subjects;
  const args = [verifier, direct.file, read.file, key, appHrn, appId];
  const figures = await measureTurns(rounds * 2, args, env);
  const all = (name: keyof Rates, field: keyof Rate) => figures.map((rates) => rates[name][field]);
  const byClock = (name: keyof Rates, peer: keyof Rates) => ratiosOf(all(name, 'perSecond'), all(peer, 'perSecond'));
  const byWork = (name: keyof Rates, peer: keyof Rates) => ratiosOf(all(peer, 'cpuMicros'), all(name, 'cpuMicros'));
  const cached = (what: string, figure: Spread) => atLeast(what, figure, 100, 250, '× Better Auth');
  const uncached = (what: string, figure: Spread) => atLeast(what, figure, 0.6, 0.7, '× Better Auth');
  const bar = (label: string, name: keyof Rates, isOurs: boolean) => ({
    label,
    value: spreadOf(all(name, 'perSecond')),
    isOurs,
  });
  return {
    id: 'benchmark-verify',
    title: 'Verifying and creating keys',
    text:
      'One after the other unless said, beside `@better-auth/api-key` on its memory adapter, each in a process of its own. Better Auth has no network between itself and ' +
      'its keys, its rate limit on, as by default, but never reached; it writes down each use, the verifier one an hour. Each call was made before, until V8 had optimized it. The verifier makes one ' +
      'GetItem to a local server, a process of its own, for each key that it does not remember, generating one UpdateItem. By processor time, ' +
      'one takes that much less of the process that verifies, whatever else the machine does.',
    unit: 'a second',
    rows: [
      cached('verify, cached', byClock('cached', 'peer')),
      cached('verify, cached, by processor time', byWork('cached', 'peer')),
      uncached('verify, uncached', byClock('uncached', 'peer')),
      uncached('verify, uncached, 32 at a time on both sides', byClock('uncached32', 'peer32')),
      uncached('verify, uncached, by processor time', byWork('uncached', 'peer')),
      {
        what: 'the same read by client-dynamodb alone',
        figure: byClock('read', 'peer'),
        unit: '× Better Auth',
        goal: '',
      },
      { what: 'the same, by processor time', figure: byWork('read', 'peer'), unit: '× Better Auth', goal: '' },
      { what: 'generate', figure: byClock('create', 'peerCreate'), unit: '× Better Auth', goal: '' },
    ],
    bars: [
      bar('Better Auth verifies', 'peer', false),
      bar('Better Auth, 32 at a time', 'peer32', false),
      bar('verify, uncached', 'uncached', true),
      bar('the same read by the SDK', 'read', false),
      bar('uncached, 32 at a time', 'uncached32', true),
      bar('verify, cached', 'cached', true),
      bar('Better Auth creates', 'peerCreate', false),
      bar('generate', 'create', true),
    ],
  };
}

const sizes = [10, 100, 1_000, 10_000];

/** Applications in an embedded database, in a process beside the one that is measured. */
export async function loadTable({ direct, verifier, env }: Subjects, calls: number): Promise<Table> {
  const database = await startDynalite();
  const results: LoadResult[] = [];
  for (const apps of sizes) {
    const tableName = `load-${apps}`;
    await createTable(database.endpoint, tableName);
    const settings = { ...env, AWS_ENDPOINT_URL_DYNAMODB: database.endpoint, TABLE_NAME: tableName };
    const args = [direct.file, verifier, String(apps), String(calls)];
    results.push(await runChild<LoadResult>('load-child.ts', args, settings));
  }
  await database.stop();
  const micros = (index: number, call: keyof LoadResult) => results[index]?.[call].cpuMicros ?? Number.NaN;
  const growth = (what: string, call: keyof LoadResult): Row => {
    const figure = exact(micros(sizes.length - 1, call) / micros(0, call));
    return { what, figure, unit: '×', goal: 'flat' };
  };
  return {
    id: 'benchmark-load',
    title: 'Processor time of a call, by number of applications',
    text:
      'Calls all over 10 to 10,000 applications in an embedded database: what one costs the service at 10,000, compared ' +
      'with what it costs at 10. It looks at one item, whatever else there is.',
    unit: 'µs',
    rows: [growth('generate', 'generate'), growth('verify, uncached', 'uncached'), growth('verify, cached', 'cached')],
    bars: (['generate', 'uncached', 'cached'] as const).flatMap((call) =>
      sizes.map((apps, index) => ({
        label: `${call}, ${apps.toLocaleString('en-US')} apps`,
        value: exact(micros(index, call)),
        isOurs: true,
      })),
    ),
  };
}
