import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../infra/local/ports.ts';
import { setEnvironment } from '../../support/environment.ts';
import { type Invoke, openHandlers, prepareGround } from '../../support/handlers.ts';
import { mostlyWrites } from '../histories/clients.ts';
import {
  end,
  type Judgement,
  judge,
  type Lived,
  live,
  openStage,
  randomStreams,
  type Stage,
} from '../histories/life.ts';
import type { StartEngine } from './engines.ts';

export interface Wanted {
  readonly kills: number;
  /** acknowledged writes at least */
  readonly writes: number;
  /** applications in use at the same time */
  readonly appsAtOnce: number;
  readonly seed: number;
}

/** What came of it; `faulty`: where an item did not hold together at the end. */
export interface Outcome extends Judgement {
  readonly apps: number;
  readonly kills: number;
  readonly writes: number;
  readonly faulty: readonly string[];
}

const life = { operations: 60, clients: 3, likelihoods: mostlyWrites };
const longestPauseMs = 200;
/** What shows all that the calls of a life change. */
const looks = ['listApiKeys', 'getApp', 'listGrants'] as const;

/** What is counted while clients work: writes that were acknowledged, kills, and whether there is enough of both. */
class Progress {
  readonly wanted: Wanted;
  writes = 0;
  kills = 0;

  constructor(wanted: Wanted) {
    this.wanted = wanted;
  }

  /** Kills are spread evenly over the writes. */
  get isKillDue(): boolean {
    const { kills, writes } = this.wanted;
    return this.kills < kills && this.writes * (kills + 1) >= writes * (this.kills + 1);
  }

  get isEnough(): boolean {
    return this.kills >= this.wanted.kills && this.writes >= this.wanted.writes;
  }
}

/**
 * Kills a database again and again while the real handlers write to it, starts it again each time, and then holds the
 * history of every application against the model: whatever was acknowledged is there, and nothing is there by half.
 */
export async function killDatabase(
  start: StartEngine,
  wanted: Wanted,
  say: (text: string) => void = () => {},
): Promise<Outcome> {
  const path = mkdtempSync(join(tmpdir(), 'appkeys-kills-'));
  const port = await freePort();
  let engine = await start(path, port);
  const ground = await prepareGround(engine.endpoint, 'kills');
  try {
    setEnvironment(ground.environment);
    const progress = new Progress(wanted);
    const random = randomStreams(wanted.seed);
    const stage = await openStage(ground, counted(await openHandlers(), progress), random);
    const killing = async () => {
      while (!progress.isEnough) {
        await sleep(10);
        if (!progress.isKillDue) continue;
        await sleep(random('pauses')() * longestPauseMs);
        await engine.stop();
        engine = await start(path, port);
        progress.kills += 1;
        say(`${progress.kills} kills, ${progress.writes} acknowledged writes`);
      }
    };
    const [lived] = await Promise.all([liveUntil(stage, progress), killing()]);
    const faulty = (await Promise.all(lived.map((one) => end(stage, one, looks)))).flat();
    const { kills, writes } = progress;
    return { ...judge(lived.map(({ history }) => history)), apps: lived.length, kills, writes, faulty };
  } finally {
    ground.stop();
    await engine.stop();
    rmSync(path, { recursive: true, force: true });
  }
}

async function liveUntil(stage: Stage, progress: Progress): Promise<Lived[]> {
  const lived: Lived[] = [];
  let begun = 0;
  const work = async () => {
    while (!progress.isEnough) {
      begun += 1;
      lived.push(await live(stage, begun, life));
    }
  };
  await Promise.all(Array.from({ length: progress.wanted.appsAtOnce }, work));
  return lived;
}

const reading = new Set(['listApiKeys', 'getApiKey', 'getApp']);

/** Counts what is acknowledged, answers that repeat an earlier one aside. */
function counted(invoke: Invoke, progress: Progress): Invoke {
  return async (id, request) => {
    const reply = await invoke(id, request);
    const isWrite = reply.statusCode < 300 && !reading.has(id) && !reply.headers['Idempotency-Replayed'];
    if (isWrite) progress.writes += 1;
    return reply;
  };
}
