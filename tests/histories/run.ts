import type { App } from '../../lib/domain/app.ts';
import { randomNumbers, requireSound } from '../properties/support.ts';
import { setEnvironment } from '../support/environment.ts';
import { type Ground, type Invoke, openHandlers, prepareGround } from '../support/handlers.ts';
import { Client } from './clients.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { forgotten, History } from './history.ts';
import { explain, smallest, type Verdict } from './linearizability.ts';
import { oneApplication, owner, writer } from './one-application.ts';
import { swapInReadThenWrite } from './read-then-write.ts';

/** How much is done. */
export interface Size {
  readonly apps: number;
  readonly operations: number;
  /** clients of one application at most; at least 2 */
  readonly clients: number;
  /** applications in use at the same time */
  readonly appsAtOnce: number;
  readonly seed: number;
}

/** What came of a run. */
export interface Outcome {
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly operations: number;
  readonly unknown: number;
  readonly requests: number;
  readonly faults: FaultProxy['faults'];
  /** where an item did not hold together at the end, or what a client could not make sense of */
  readonly faulty: readonly string[];
  readonly refuted: readonly History[];
}

let tables = 0;

/**
 * Lets clients loose on applications, through the real handlers and a database that loses what they send; then looks
 * whether each application's history can be explained.
 * @param database its URL
 * @param progress called after each application
 */
export async function runHistories(
  database: string,
  size: Size,
  isReadThenWrite: boolean,
  progress: (done: number) => void = () => {},
): Promise<Outcome> {
  const streams = new Map<string, () => number>();
  const proxy = await startFaultProxy(database, (id) => streamOf(streams, size.seed, `faults ${id}`));
  tables += 1;
  const ground = await prepareGround(database, `histories-${process.pid}-${Date.now()}-${tables}`, proxy.endpoint);
  setEnvironment(ground.environment);
  const invoke = await openHandlers();
  const putBack = isReadThenWrite ? swapInReadThenWrite() : () => {};
  try {
    const stage = { ground, invoke, size, streams, tokens: await tokensFrom(ground), proxy };
    const lived = await live(stage, progress);
    await proxy.calm();
    const faulty = (await Promise.all(lived.map((one) => end(stage, one)))).flat();
    return judge(lived, proxy, faulty);
  } finally {
    putBack();
    proxy.stop();
    ground.stop();
  }
}

interface Stage {
  readonly ground: Ground;
  readonly invoke: Invoke;
  readonly size: Size;
  readonly streams: Map<string, () => number>;
  readonly tokens: Readonly<Record<string, string>>;
}

interface Lived {
  readonly app: App;
  readonly history: History;
  readonly faulty: string[];
}

/** Random numbers that hang on the seed and on what they are for alone. */
function streamOf(streams: Map<string, () => number>, seed: number, what: string): () => number {
  const known = streams.get(what);
  if (known) return known;
  const hash = [...what].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, seed);
  const stream = randomNumbers(hash);
  streams.set(what, stream);
  return stream;
}

async function tokensFrom({ authorize }: Ground): Promise<Record<string, string>> {
  const names = [owner.principal, writer.principal];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await authorize(name)])));
}

async function live(stage: Stage, progress: (done: number) => void): Promise<Lived[]> {
  const { apps, appsAtOnce } = stage.size;
  const lived: Lived[] = [];
  let next = 0;
  const work = async () => {
    while (next < apps) {
      next += 1;
      lived.push(await liveOne(stage, next));
      progress(lived.length);
    }
  };
  await Promise.all(Array.from({ length: appsAtOnce }, work));
  return lived;
}

/** One application's life: its share of all operations, split among its clients. */
async function liveOne(stage: Stage, nth: number): Promise<Lived> {
  const { ground, size, streams } = stage;
  const app = await ground.seed(`app${nth}`, owner.principal);
  const [history, faulty] = [new History(app.appId), [] as string[]];
  const random = streamOf(streams, size.seed, `clients ${nth}`);
  const clients = 2 + Math.floor(random() * (size.clients - 1));
  const last = 1;
  let left =
    Math.round((size.operations * nth) / size.apps) - Math.round((size.operations * (nth - 1)) / size.apps) - last;
  const work = async (_: unknown, number: number) => {
    const client = clientOf(stage, history, number);
    while (left > 0) {
      left -= 1;
      await client.act(() => {
        left -= 1;
        return left >= 0;
      });
    }
  };
  await Promise.all(Array.from({ length: clients }, work)).catch((error: Error) => faulty.push(error.message));
  return { app, history, faulty };
}

function clientOf({ streams, size, invoke, tokens }: Stage, history: History, number: number): Client {
  const random = streamOf(streams, size.seed, `client ${history.appId} ${number}`);
  return new Client(number, history, random, invoke, tokens);
}

/** Reads an application after all is over, as the last call of its history. @returns what does not hold together */
async function end(stage: Stage, { app, history, faulty }: Lived): Promise<string[]> {
  try {
    await clientOf(stage, history, 0).make({ id: 'listApiKeys', who: owner });
    requireSound(await stage.ground.item(app));
    return faulty;
  } catch (error) {
    return [...faulty, `${app.appId}: ${(error as Error).message}`];
  }
}

function judge(lived: readonly Lived[], { requests, faults }: FaultProxy, faulty: readonly string[]): Outcome {
  const verdicts = { explained: 0, refuted: 0, undecided: 0 };
  const refuted: History[] = [];
  for (const { history } of lived) {
    const verdict = explain(history.entries, oneApplication);
    verdicts[verdict] += 1;
    if (verdict === 'refuted') refuted.push(history);
  }
  const entries = lived.flatMap(({ history }) => history.entries);
  const unknown = entries.filter(({ answer }) => !answer).length;
  return { verdicts, operations: entries.length, unknown, requests: requests(), faults, faulty, refuted };
}

/** @returns a refuted history in its smallest form, a call a line */
export function tell({ entries, appId }: History): string[] {
  const left = smallest(entries, oneApplication, forgotten);
  const told = left.filter(({ answer }) => answer);
  const others = left.length - told.length;
  return [
    `${appId}: no order explains these answers, whatever came of ${others} other calls at the time`,
    ...told.map(({ client, invoked, returned, call, answer }) => {
      const { id, who, key = '', body, idempotencyKey = '', subject = '' } = call;
      const what = [who.principal, id, key, subject, body ? JSON.stringify(body) : '', idempotencyKey];
      const when = `${String(invoked).padStart(3)}..${String(returned).padStart(3)}`;
      return `  ${when}  client ${client}: ${what.filter(Boolean).join(' ')} -> ${JSON.stringify(answer)}`;
    }),
  ];
}
