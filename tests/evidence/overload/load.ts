import https from 'node:https';
import type { Answered, Ask } from './requests.ts';
import { openRequests } from './requests.ts';
import { type Capacity, SlowStore } from './slow-store.ts';
import { startVirtualTime, type VirtualTime } from './virtual-time.ts';

/** How long each part goes on, in virtual seconds. */
export interface Durations {
  readonly measuring: number;
  readonly overload: number;
  readonly calm: number;
}

/** What came of one part of a run. Rates are a second, times in ms. */
export interface Part {
  readonly offered: number;
  /** requests answered, by status */
  readonly byStatus: Readonly<Record<number, number>>;
  readonly latestMs: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** answers that are neither 2xx nor 429 or 503 with a Retry-After */
  readonly strange: number;
  /** answers that the store belies */
  readonly untrue: number;
}

export interface Figures {
  readonly sustainable: number;
  readonly before: Part;
  readonly overload: Part;
  /** 2xx a second in the overload's second half, as a share of the sustainable rate */
  readonly goodput: number;
  /** from the end of the load until the last answer, and until the store had nothing more to do */
  readonly answeredAfterMs: number;
  readonly idleAfterMs: number;
  readonly after: Part;
  readonly counts: SlowStore['counts'];
}

/** Finds out what rate is sustained; offers half of it, then twice, then nothing until all is done, then half again. */
export async function overload(capacity: Capacity, durations: Durations, seed: number): Promise<Figures> {
  const time = startVirtualTime(seed);
  const store = new SlowStore(capacity, time.random);
  const giveBack = store.install();
  const { get } = https;
  try {
    const ask = await openRequests(store.memory);
    const sustainable = await measure(time, ask, capacity.slots, durations.measuring);
    const before = await offer(time, ask, sustainable / 2, durations.calm);
    await settle(time, before);
    const hard = await offer(time, ask, sustainable * 2, durations.overload, 0.1);
    const end = Date.now();
    const half = durations.overload / 2;
    const isLate = ({ answeredAt }: Answered) => answeredAt > end - half * 1_000;
    const goodput = hard.answered.filter((answer) => isServed(answer) && isLate(answer)).length / half / sustainable;
    await settle(time, hard);
    const answeredAfterMs = Date.now() - end;
    const counts = { ...store.counts };
    while (!store.isIdle) await time.pass();
    const idleAfterMs = Date.now() - end;
    const after = await offer(time, ask, sustainable / 2, durations.calm);
    await settle(time, after);
    return {
      sustainable,
      before: partOf(before),
      overload: partOf(hard),
      goodput,
      answeredAfterMs,
      idleAfterMs,
      after: partOf(after),
      counts,
    };
  } finally {
    https.get = get;
    giveBack();
    time.end();
  }
}

/** @returns how many requests a second are answered when as many clients as the store serves at once ask on and on */
async function measure(time: VirtualTime, ask: Ask, clients: number, seconds: number): Promise<number> {
  const end = Date.now() + seconds * 1_000;
  let answered = 0;
  const askOn = async () => {
    while (Date.now() < end) {
      const { status } = await ask(false);
      if (status >= 300) throw new Error(`a request without overload is answered with ${status}`);
      if (Date.now() < end) answered += 1;
    }
  };
  const all = Array.from({ length: clients }, askOn);
  let isDone = false;
  const done = Promise.all(all).then(() => {
    isDone = true;
  });
  while (!isDone) await Promise.race([time.pass(), done]);
  return answered / seconds;
}

interface Offered {
  asked: number;
  readonly answered: Answered[];
}

/** Requests that come at random (Poisson), whatever becomes of those before. @param greedy the share of one principal's, on top */
async function offer(time: VirtualTime, ask: Ask, rate: number, seconds: number, greedy = 0): Promise<Offered> {
  const offered: Offered = { asked: 0, answered: [] };
  const end = Date.now() + seconds * 1_000;
  const intervalMs = 1_000 / (rate * (1 + greedy));
  let next: number = Date.now();
  while (Date.now() < end) {
    while (next <= Date.now()) {
      next += -Math.log(1 - time.random()) * intervalMs;
      offered.asked += 1;
      void ask(time.random() < greedy / (1 + greedy)).then((answer) => offered.answered.push(answer));
      await time.rest();
    }
    await time.pass();
  }
  return offered;
}

async function settle(time: VirtualTime, { asked, answered }: Offered): Promise<void> {
  while (answered.length < asked) await time.pass();
}

function partOf({ asked, answered }: Offered): Part {
  const times = answered.map(({ tookMs }) => tookMs).sort((one, other) => one - other);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  const byStatus = Map.groupBy(answered, ({ status }) => status);
  return {
    offered: asked,
    byStatus: Object.fromEntries([...byStatus].map(([status, { length }]) => [status, length])),
    latestMs: at(1),
    medianMs: at(0.5),
    p99Ms: at(0.99),
    strange: answered.filter((answer) => !isServed(answer) && !isShed(answer)).length,
    untrue: answered.filter((answer) => !answer.isTrue()).length,
  };
}

function isServed({ status }: Answered): boolean {
  return status >= 200 && status < 300;
}

function isShed({ status, retryAfter }: Answered): boolean {
  return (status === 429 || status === 503) && /^[1-9]\d*$/.test(retryAfter ?? '');
}
