import { startDynalite } from '../../../infra/local/dynalite.ts';
import { createTable } from '../../../infra/local/table.ts';
import { runChild, startSitter } from './child.ts';
import { goals } from './goals.ts';
import type { LoadResult } from './load-child.ts';
import type { Answer, Figures, Row, Table, Verdict } from './report.ts';
import { ratiosOf, type Spread, spreadOf } from './statistics.ts';
import { appId, bytesOf, type Subject, type Subjects } from './subjects.ts';

const exact = (value: number): Spread => ({ median: value, low: value, high: value });

/** What is to be reached, as a share of what it is compared with. */

function atMost(what: string, figure: Spread, goal: number, unit: string): Row {
  return {
    what,
    figure,
    unit,
    goal: `at most ${goal} ${unit}`,
    verdict: verdictOf(figure.high <= goal, figure.low > goal),
  };
}

function atLeast(what: string, figure: Spread, goal: number, unit: string): Row {
  return {
    what,
    figure,
    unit,
    goal: `at least ${goal} ${unit}`,
    verdict: verdictOf(figure.low >= goal, figure.high < goal),
  };
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
    text:
      'The number of bytes that Lambda loads. `generate` contains the JWT library and the KMS client. ' +
      '`authorizer` needs neither.',
    unit: 'bytes',
    rows: [
      atMost('generate', ratio(generate), goals.generateBytes, 'b'),
      atMost('authorizer', ratio(authorizer), goals.authorizerBytes, 'b'),
      { what: 'generate, invoked directly', figure: ratio(direct), unit: 'b', goal: '' },
    ],
    bars: [
      bar('b: client-dynamodb', b),
      bar('c: lib-dynamodb', c),
      bar('generate', generate, goals.generateBytes),
      bar('authorizer', authorizer, goals.authorizerBytes),
    ],
  };
}

interface Start {
  readonly startMs: number;
  readonly cpuMs: number;
  readonly rss: number;
}

/** Starts each in a new process, in turns. @returns the table of times, that of memory, and the cold starts that people ask for */
export async function measureStarts(subjects: Subjects, rounds: number): Promise<Figures> {
  const { b, c, guarded, generate, direct, authorizer, env, unlimited } = subjects;
  const measured = { b, c, guarded, generate, direct, authorizer };
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
  const withGoals = (field: keyof Start, more = '') => [
    atMost(`generate${more}`, ratio('generate', field), goals.generateStart, 'b'),
    atMost(`authorizer${more}`, ratio('authorizer', field), goals.authorizerStart, 'b'),
  ];
  const answer = (what: string, name: string): Answer => ({
    id: `start ${name}`,
    what,
    p50: spreadOf(all(name, 'startMs')),
    ratio: ratio(name, 'startMs'),
    beside: 'function that makes one write with the AWS SDK (b)',
  });
  const answers = [
    answer('Lambda authorizer', 'authorizer'),
    answer('Lambda function that generates a key', 'generate'),
  ];
  const tables: Table[] = [
    {
      id: 'benchmark-start',
      title: 'Import and first request',
      text:
        'The time from the import of the bundle to the first response, in a new process. The start of Node.js ' +
        'is not included. Processor time is user and system time. The bundle `b` makes one request. The bundle ' +
        '`generate` makes three, one after the other: for the issuer’s keys, for the rate limit, and for the ' +
        'write. The bundle “b with as many requests” makes the same three requests, and verifies the token with ' +
        'jose.',
      unit: 'ms',
      rows: [
        ...withGoals('startMs'),
        ...withGoals('cpuMs', ', processor time'),
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
        bar('generate', 'generate', 'startMs', goals.generateStart),
        bar('rate limit off', 'unlimited', 'startMs'),
        bar('invoked directly', 'direct', 'startMs'),
        bar('authorizer', 'authorizer', 'startMs', goals.authorizerStart),
      ],
    },
    {
      id: 'benchmark-memory',
      title: 'Resident memory after the first request',
      text: 'The memory of the same processes. Node.js itself takes about 45 MB in each.',
      unit: 'MB',
      rows: [
        atMost('generate', ratio('generate', 'rss'), goals.memory, 'b'),
        atMost('authorizer', ratio('authorizer', 'rss'), goals.memory, 'b'),
      ],
      bars: [
        bar('b: client-dynamodb', 'b', 'rss', undefined, 1e6),
        bar('c: lib-dynamodb', 'c', 'rss', undefined, 1e6),
        bar('generate', 'generate', 'rss', goals.memory, 1e6),
        bar('authorizer', 'authorizer', 'rss', goals.memory, 1e6),
      ],
    },
  ];
  return { tables, answers };
}

export async function warmTable({ c, trusting, generate, unlimited }: Subjects, rounds: number): Promise<Table> {
  const subjects = [c, trusting, generate].flatMap(({ file, event }) => [file, JSON.stringify(event)]);
  const args = [String(rounds * 2), '100', ...subjects];
  const figures = await runChild<[number, number, number][]>('warm.mjs', args, unlimited);
  const baseline = figures.map(([micros]) => micros);
  const trusted = figures.map(([, micros]) => micros);
  const whole = figures.map(([, , micros]) => micros);
  return {
    id: 'benchmark-cpu',
    title: 'Processor time of a warm request',
    text:
      'User and system time of the process for one key, which one write generates. The rate limit is off, ' +
      'because `c` has none. Only the last row includes the verification of the token.',
    unit: 'µs',
    rows: [
      atMost('generate', ratiosOf(trusted, baseline), goals.warm, 'c'),
      { what: 'generate, its token verified', figure: ratiosOf(whole, baseline), unit: 'c', goal: '' },
    ],
    bars: [
      { label: 'c: lib-dynamodb', value: spreadOf(baseline), isOurs: false },
      { label: 'generate', value: spreadOf(trusted), isOurs: true, mark: goals.warm * spreadOf(baseline).median },
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

export async function turnsTable(subjects: Subjects, rounds: number): Promise<Table> {
  const { verifier, direct, read, key, appHrn, env } = subjects;
  const args = [verifier, direct.file, read.file, key, appHrn, appId];
  const figures = await measureTurns(rounds * 2, args, env);
  const all = (name: keyof Rates, field: keyof Rate) => figures.map((rates) => rates[name][field]);
  const byClock = (name: keyof Rates, peer: keyof Rates) => ratiosOf(all(name, 'perSecond'), all(peer, 'perSecond'));
  const byWork = (name: keyof Rates, peer: keyof Rates) => ratiosOf(all(peer, 'cpuMicros'), all(name, 'cpuMicros'));
  const cached = (what: string, figure: Spread) => atLeast(what, figure, 100, '× Better Auth');
  const uncached = (what: string, figure: Spread) => atLeast(what, figure, 0.6, '× Better Auth');
  const bar = (label: string, name: keyof Rates, isOurs: boolean) => ({
    label,
    value: spreadOf(all(name, 'perSecond')),
    isOurs,
  });
  return {
    id: 'benchmark-turns',
    title: 'Verifying and creating keys',
    text:
      'Unless the row says something else, the calls run one after the other. Each contender has its own ' +
      'process, and V8 has optimized every call before. Better Auth is `@better-auth/api-key` on its memory ' +
      'adapter, so it reads its keys without a network. Its rate limit is on, as by default, but is never ' +
      'reached. It writes each use of a key. The verifier writes one use an hour. For a key that is not in its ' +
      'cache, it makes one GetItem to a local server in another process. Generating a key makes one UpdateItem. ' +
      'The rows “by processor time” count only the process that verifies, so other processes on the machine ' +
      'affect them less.',
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
export async function loadTable({ direct, verifier, onTable }: Subjects, calls: number): Promise<Table> {
  const database = await startDynalite();
  const results: LoadResult[] = [];
  for (const apps of sizes) {
    const tableName = `load-${apps}`;
    await createTable(database.endpoint, tableName);
    const args = [direct.file, verifier, String(apps), String(calls)];
    results.push(await runChild<LoadResult>('load-child.ts', args, onTable(database.endpoint, tableName)));
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
      'Calls to applications all over an embedded database that contains 10 to 10,000 applications. A figure ' +
      'is the processor time of a call at 10,000 applications, divided by that at 10. Each uncached call reads ' +
      'one item.',
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
