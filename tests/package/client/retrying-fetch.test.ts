import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { NoAnswer } from '../../../lib/package/client/failures.ts';
import { fetchWithRetries, type RetryPolicy, retryAfterSeconds } from '../../../lib/package/client/retrying-fetch.ts';
import { watch } from '../../support/watch.ts';

const url = 'https://x.test/apps/a';
const gone = () => Response.json({ code: '404666' }, { status: 404 });
const ok = () => Response.json({ items: [] });
const lost = () => Promise.reject(new TypeError('fetch failed'));
const busy = (status = 503, headers = {}) => new Response('{}', { status, headers });

interface Attempt {
  readonly at: number;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly signal: AbortSignal;
}

type Answer = () => Response | Promise<Response>;

/** half of the longest pause: 200 ms, then 400, 800, … */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'], now: 0 });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });
});

/** Makes a request that is answered with one answer after the other. @returns its attempts, and what it has come to */
function send(answers: readonly Answer[], policy: Partial<RetryPolicy> = {}, init: RequestInit = {}) {
  const attempts: Attempt[] = [];
  vi.stubGlobal('fetch', async (request: Request, { headers, signal }: { headers: Headers; signal: AbortSignal }) => {
    const at = performance.now() - began;
    const { method } = request;
    attempts.push({ at, method, headers: Object.fromEntries(headers), body: await request.text(), signal });
    return answers[attempts.length - 1]?.() ?? expect.fail('No more attempts were to be made.');
  });
  const began = performance.now();
  const usual = { attempts: 4, attemptTimeoutMs: 1_000, deadline: began + 60_000, headers: async () => ({}) };
  const state = watch(fetchWithRetries(new Request(url, init), { ...usual, ...policy }));
  return { attempts, state, times: () => attempts.map(({ at }) => at) };
}

/** The status that a request gets in the end, or what it is rejected with. */
async function outcomeOf({ state }: ReturnType<typeof send>): Promise<unknown> {
  await vi.advanceTimersByTimeAsync(60_000);
  const outcome = state();
  return outcome instanceof Response ? outcome.status : outcome;
}

describe('an answer that is final', () => {
  it.each([200, 201, 204, 400, 401, 404, 409, 500])('%i is asked for once', async (status) => {
    const sent = send([() => new Response(null, { status })]);
    expect([await outcomeOf(sent), sent.times()]).toEqual([status, [0]]);
  });

  it('comes whole, with status, headers and body', async () => {
    const { state } = send([() => Response.json({ code: '409303' }, { status: 409, headers: { 'X-Own': 'x' } })]);
    await vi.advanceTimersByTimeAsync(0);
    const answer = state() as Response;
    expect([answer.status, answer.headers.get('X-Own'), await answer.json()]).toEqual([409, 'x', { code: '409303' }]);
  });
});

describe('a request', () => {
  it.each([429, 502, 503, 504])('is made again after a %i', async (status) => {
    const sent = send([() => busy(status), ok]);
    expect([await outcomeOf(sent), sent.times()]).toEqual([200, [0, 200]]);
  });

  it('is made again when the connection failed, or broke off in the answer', async () => {
    const body = () =>
      new ReadableStream({
        start: (controller) => controller.error(new Error('broken off')),
      });
    const sent = send([lost, () => new Response(body()), ok]);
    expect([await outcomeOf(sent), sent.times()]).toEqual([200, [0, 200, 600]]);
  });

  it('is made again when an attempt hangs, which is ended', async () => {
    const sent = send([() => new Promise(() => {}), ok]);
    expect([await outcomeOf(sent), sent.times()]).toEqual([200, [0, 1_200]]);
    expect(sent.attempts.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });

  it('has the same method, body and headers each time, and new ones of its policy', async () => {
    let count = 0;
    const headers = async () => {
      count += 1;
      return { Authorization: `Bearer ${count}` };
    };
    const own = { 'X-Correlation-ID': 'mine', Authorization: 'none' };
    const sent = send([lost, ok], { headers }, { method: 'POST', body: '{"name":"x"}', headers: own });
    await outcomeOf(sent);
    const same = { method: 'POST', body: '{"name":"x"}' };
    expect(sent.attempts).toMatchObject([
      { ...same, headers: { 'x-correlation-id': 'mine', authorization: 'Bearer 1' } },
      { ...same, headers: { 'x-correlation-id': 'mine', authorization: 'Bearer 2' } },
    ]);
  });

  it('is not made when its headers cannot be had', async () => {
    const reason = new Error('The issuer is down.');
    const sent = send([ok], { headers: () => Promise.reject(reason) });
    expect([await outcomeOf(sent), sent.times()]).toEqual([reason, []]);
  });
});

describe('the last attempt', () => {
  it('is the one of that number: its answer is given', async () => {
    const sent = send([lost, busy, () => busy(502)], { attempts: 3 });
    expect([await outcomeOf(sent), sent.times()]).toEqual([502, [0, 200, 600]]);
  });

  it('NoAnswer when it got none', async () => {
    const sent = send([busy, lost], { attempts: 2 });
    expect(await outcomeOf(sent)).toEqual(new NoAnswer('fetch failed'));
    expect(sent.state()).toBeInstanceOf(NoAnswer);
    const hanging = send([() => new Promise(() => {})], { attempts: 1 });
    expect(await outcomeOf(hanging)).toEqual(new NoAnswer('not within 1000 ms'));
  });

  it.each([
    [1_200, 503, [0]],
    [1_201, 200, [0, 1_200]],
  ])('is the one after whose pause the deadline would have come: %i ms', async (ms, outcome, times) => {
    const deadline = performance.now() + ms;
    const sent = send([() => busy(503, { 'Retry-After': '1' }), ok], { deadline });
    expect([await outcomeOf(sent), sent.times()]).toEqual([outcome, times]);
  });
});

describe('the pause', () => {
  it('doubles, up to 5 seconds, of which half is random', async () => {
    const sent = send([busy, busy, busy, busy, busy, busy, ok], { attempts: 9 });
    await outcomeOf(sent);
    const times = sent.times();
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses).toEqual([200, 400, 800, 1_600, 2_500, 2_500]);
  });

  it('is never shorter than Retry-After', async () => {
    const sent = send([() => busy(429, { 'Retry-After': '2' }), () => busy(503, { 'Retry-After': 'soon' }), ok]);
    await outcomeOf(sent);
    expect(sent.times()).toEqual([0, 2_200, 2_600]);
  });
});

describe('a signal that ends', () => {
  it.each([
    ['an attempt', () => new Promise<Response>(() => {})],
    ['a pause', busy],
  ])('during %s ends the request with its reason', async (_, first) => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const sent = send([first], {}, { signal: controller.signal });
    await vi.advanceTimersByTimeAsync(100);
    controller.abort(reason);
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.state()).toBe(reason);
    expect([await outcomeOf(sent), sent.times()]).toEqual([reason, [0]]);
  });
});

describe('a DELETE that finds nothing', () => {
  const codeOf = (code: string) => () => Response.json({ code }, { status: 404 });

  it.each([
    ['an answer that got lost', [lost, gone]],
    ['a 503', [busy, gone]],
    ['a lost answer and a 429', [lost, () => busy(429), gone]],
    ['two lost answers', [lost, lost, gone]],
    ['a lost answer, where the application is gone', [lost, codeOf('404660')]],
  ])('has done its work after %s', async (_, answers) => {
    const sent = send(answers, {}, { method: 'DELETE' });
    expect([await outcomeOf(sent), sent.times().length]).toEqual([204, answers.length]);
    expect((sent.state() as Response).body).toBeNull();
  });

  it.each([
    ['at once', [gone]],
    ['after a 429', [() => busy(429), gone]],
    ['of another kind', [lost, codeOf('404000')]],
    ['without a code', [lost, () => Response.json(null, { status: 404 })]],
    ['that is no JSON', [lost, () => new Response('Not Found', { status: 404 })]],
  ])('gets the 404: %s', async (_, answers) => {
    expect(await outcomeOf(send(answers, {}, { method: 'DELETE' }))).toBe(404);
  });

  it('gets its 404 whole', async () => {
    const sent = send([lost, codeOf('404000')], {}, { method: 'DELETE' });
    await outcomeOf(sent);
    expect(await (sent.state() as Response).json()).toEqual({ code: '404000' });
  });

  it('is another matter than an answer of another status', async () => {
    const sent = send([lost, () => Response.json({ code: '404666' }, { status: 400 })], {}, { method: 'DELETE' });
    expect(await outcomeOf(sent)).toBe(400);
  });

  it.each(['GET', 'POST'])('is another matter than a %s that does', async (method) => {
    expect(await outcomeOf(send([lost, gone], {}, { method }))).toBe(404);
  });
});

describe('Retry-After', () => {
  const of = (text?: string) =>
    retryAfterSeconds(new Response(null, text === undefined ? {} : { headers: { 'Retry-After': text } }));

  it.each([
    ['0', 0],
    ['7', 7],
    ['999999', 999_999],
    ['Thu, 01 Jan 1970 00:01:40 GMT', 99],
    ['Wed, 31 Dec 1969 23:59:59 GMT', 0],
  ])('%s is %i seconds', (text, seconds) => {
    vi.setSystemTime(1_500);
    expect(of(text)).toBe(seconds);
  });

  it.each([
    undefined,
    '',
    '1000000',
    '-1',
    '1.5',
    '7s',
    'a7',
    'soon',
    'soon GMT',
    'May 2099',
    'Thu, 01 Jan 1970 00:01:40',
    'Thu, 01 Jan 1970 00:01:40 GMT+0100',
  ])('%s is none', (text) => {
    expect(of(text)).toBeUndefined();
  });
});
