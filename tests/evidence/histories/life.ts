import type { App } from '../../../lib/domain/app.ts';
import type { Ground, Invoke } from '../../support/handlers.ts';
import type { CallId } from '../properties/model.ts';
import { randomNumbers, requireSound } from '../properties/support.ts';
import { anyCalls, Client, type Likelihoods } from './clients.ts';
import { forgotten, History } from './history.ts';
import { explain, smallest, type Verdict } from './linearizability.ts';
import { oneApplication, owner, writer } from './one-application.ts';

/** What the lives of applications take place on. */
export interface Stage {
  readonly ground: Ground;
  readonly invoke: Invoke;
  readonly random: RandomStreams;
  /** Authorization headers by principal */
  readonly tokens: Readonly<Record<string, string>>;
}

/** How long a life is: calls in all, the last one included, and clients at most; and what they call. */
export interface Length {
  readonly operations: number;
  readonly clients: number;
  readonly likelihoods?: Likelihoods;
}

/** An application that was lived with, and what its clients could not make sense of. */
export interface Lived {
  readonly app: App;
  readonly history: History;
  readonly faulty: readonly string[];
}

/** Random numbers that hang on the seed and on what they are for alone. */
export type RandomStreams = (what: string) => () => number;

export function randomStreams(seed: number): RandomStreams {
  const streams = new Map<string, () => number>();
  return (what) => {
    const known = streams.get(what);
    if (known) return known;
    const hash = [...what].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, seed);
    const stream = randomNumbers(hash);
    streams.set(what, stream);
    return stream;
  };
}

/** @param invoke calls the real handlers on this ground */
export async function openStage(ground: Ground, invoke: Invoke, random: RandomStreams): Promise<Stage> {
  const names = [owner.principal, writer.principal];
  const tokens = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await ground.authorize(name)])));
  return { ground, invoke, random, tokens };
}

/** Lives with one application: its calls, split among 2 or more clients at once. */
export async function live(stage: Stage, nth: number, length: Length): Promise<Lived> {
  const app = await stage.ground.seed(`app${nth}`, owner.principal);
  const history = new History(app.appId);
  const clients = 2 + Math.floor(stage.random(`clients ${nth}`)() * (length.clients - 1));
  let left = length.operations - 1;
  const takesOne = () => {
    left -= 1;
    return left >= 0;
  };
  const work = async (_: unknown, number: number) => {
    const client = clientOf(stage, history, number, length.likelihoods);
    while (takesOne()) await client.act(takesOne);
  };
  const faulty: string[] = [];
  await Promise.all(Array.from({ length: clients }, work)).catch((error: Error) => faulty.push(error.message));
  return { app, history, faulty };
}

/** Reads an application after all is over, as the last calls of its history. @returns what does not hold together */
export async function end(
  stage: Stage,
  { app, history, faulty }: Lived,
  looks: readonly CallId[] = ['listApiKeys'],
): Promise<readonly string[]> {
  try {
    for (const id of looks) await clientOf(stage, history, 0).make({ id, who: owner });
    requireSound(await stage.ground.item(app));
    return faulty;
  } catch (error) {
    return [...faulty, `${app.appId}: ${(error as Error).message}`];
  }
}

function clientOf(
  { random, invoke, tokens }: Stage,
  history: History,
  number: number,
  likelihoods: Likelihoods = anyCalls,
): Client {
  return new Client(number, history, random(`client ${history.appId} ${number}`), invoke, tokens, likelihoods);
}

export interface Judgement {
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly operations: number;
  readonly unknown: number;
  readonly refuted: readonly History[];
}

export function judge(histories: readonly History[]): Judgement {
  const verdicts = { explained: 0, refuted: 0, undecided: 0 };
  const refuted: History[] = [];
  for (const history of histories) {
    const verdict = explain(history.entries, oneApplication);
    verdicts[verdict] += 1;
    if (verdict === 'refuted') refuted.push(history);
  }
  const entries = histories.flatMap((history) => history.entries);
  const unknown = entries.filter(({ answer }) => !answer).length;
  return { verdicts, operations: entries.length, unknown, refuted };
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
