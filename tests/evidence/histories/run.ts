import { setEnvironment } from '../../support/environment.ts';
import { openHandlers, prepareGround } from '../../support/handlers.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { end, type Judgement, judge, type Lived, live, openStage, randomStreams, type Stage } from './life.ts';
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

/** `isReadThenWrite`: without conditions; `isCalm`: nothing is lost, late or doubled. */
export interface Ways {
  readonly isReadThenWrite: boolean;
  readonly isCalm: boolean;
}

/** What came of a run. */
export interface Outcome extends Judgement {
  readonly requests: number;
  readonly faults: FaultProxy['faults'];
  /** where an item did not hold together at the end, or what a client could not make sense of */
  readonly faulty: readonly string[];
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
  { isReadThenWrite, isCalm }: Ways,
  progress: (done: number) => void = () => {},
): Promise<Outcome> {
  const random = randomStreams(size.seed);
  const proxy = await startFaultProxy(database, (appId) => random(`faults ${appId}`));
  if (isCalm) await proxy.calm();
  tables += 1;
  const ground = await prepareGround(database, `histories-${process.pid}-${Date.now()}-${tables}`, proxy.endpoint);
  setEnvironment(ground.environment);
  const putBack = isReadThenWrite ? swapInReadThenWrite() : () => {};
  try {
    const stage = await openStage(ground, await openHandlers(), random);
    const lived = await liveAll(stage, size, progress);
    await proxy.calm();
    const faulty = (await Promise.all(lived.map((one) => end(stage, one)))).flat();
    const judgement = judge(lived.map(({ history }) => history));
    return { ...judgement, requests: proxy.requests(), faults: proxy.faults, faulty };
  } finally {
    putBack();
    proxy.stop();
    ground.stop();
  }
}

async function liveAll(stage: Stage, size: Size, progress: (done: number) => void): Promise<Lived[]> {
  const lived: Lived[] = [];
  let begun = 0;
  const work = async () => {
    while (begun < size.apps) {
      begun += 1;
      lived.push(await live(stage, begun, { operations: shareOf(size, begun), clients: size.clients }));
      progress(lived.length);
    }
  };
  await Promise.all(Array.from({ length: size.appsAtOnce }, work));
  return lived;
}

/** @returns how many of all operations are of the nth application */
function shareOf({ operations, apps }: Size, nth: number): number {
  return Math.round((operations * nth) / apps) - Math.round((operations * (nth - 1)) / apps);
}
