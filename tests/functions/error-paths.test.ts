import { beforeAll, describe, expect, inject, it } from 'vitest';
import { isFull } from '../evidence/properties/support.ts';
import {
  expectDone,
  expectUnchanged,
  type FailingCall,
  failingCalls,
  make,
  type Subject,
  seedFor,
  type Told,
  unlistedOperations,
} from '../support/failing-calls.ts';
import {
  type FailingDatabase,
  type Failure,
  type FailurePlan,
  fatal,
  inside,
  passing,
  startFailingDatabase,
  unclear,
} from '../support/failing-database.ts';
import { hrnOf, startService, type TestService } from '../support/service.ts';

let database: FailingDatabase;
let service: TestService;
/** For what always fails: a process repeats only so many requests to a database that is busy. */
let hopeless: TestService;

beforeAll(async () => {
  database = await startFailingDatabase(inject('endpoint'));
  const open = () =>
    startService({ verify: { lastUsedSeconds: 'off' } }, { AWS_ENDPOINT_URL_DYNAMODB: database.endpoint });
  service = await open();
  hopeless = await open();
  // The first call of a process opens much.
  for (const one of [service, hopeless]) await one.call('getApp', { path: { app: hrnOf(await one.seed()) } });
  return () => database.stop();
});

/** What Lambda leaves to a call: as ever, or a second more than the store needs to give up. */
const usualMs = 15_000;
const shortMs = 2_000;
/** A verification gives up after 3 s, whoever asks. */
const shortVerificationMs = 4_500;
/** How late an answer may be: beside other tests, as late as the machine is slow. */
const allowedMs = isFull ? 0 : Number.POSITIVE_INFINITY;

const always: { readonly plan: FailurePlan; readonly endsAt: number }[] = [];

interface Tried {
  readonly subject: Subject;
  readonly plan: FailurePlan;
  readonly told: Told;
}

/** Makes a call whose nth request of the database fails, or each; it must be answered in the time that it has. */
async function attempt(call: FailingCall, failure: Failure, at: number | undefined): Promise<Tried> {
  const isAlways = at === undefined;
  const remainingMs = !isAlways ? usualMs : isVerification(call) ? shortVerificationMs : shortMs;
  const subject = await seedFor(call, isAlways ? hopeless : service);
  const plan: FailurePlan = { needles: [subject.app.appId, subject.principal], failure, at, requests: 0 };
  database.plans.add(plan);
  const endsAt = Date.now() + remainingMs;
  const told = await make(call, subject, remainingMs);
  expect(Date.now()).toBeLessThan(endsAt + allowedMs);
  if (isAlways) always.push({ plan, endsAt });
  // A connection would be refused to the test itself too.
  if (!isAlways || failure === 'refused') database.plans.delete(plan);
  return { subject, plan, told };
}

/** A refusal tells nothing of the database, and that nothing was changed unless it says that this is not known. */
async function expectTold(call: FailingCall, failure: Failure, { subject, plan, told }: Tried): Promise<void> {
  const { refusal = expect.fail() } = told;
  expect(told.text).not.toContain(inside);
  expect(told.text).not.toMatch(/dynamo|exception|appkeys-|ECONN|127\.0/i);
  const isUnclear = plan.isGivenUp || unclear.some((one) => one === failure);
  if (isUnclear && call.changes && refusal.cause.includes('not known')) return;
  expect(refusal.cause).not.toContain('not known');
  await expectUnchanged(call, subject);
}

function isVerification({ id }: FailingCall): boolean {
  return id === 'authorizer' || id.startsWith('verify');
}

interface Case {
  readonly id: string;
  readonly call: FailingCall;
  readonly failure: Failure;
  readonly at: number;
}

/** Those that meet every failure at every request in any case; of the others a third does, the same each time, FULL=1 all. */
const whole = ['generateApiKey', 'createApp', 'putGrant'];

/** @param size how many requests of a call there are to fail */
function casesOf(failures: readonly Failure[], size: (call: FailingCall) => number): Case[] {
  const all = failingCalls.flatMap((call) =>
    Array.from({ length: size(call) }, (_, at) =>
      failures.map((failure) => ({ id: call.id, call, failure, at })),
    ).flat(),
  );
  return all.filter(({ id, at }, nth) => isFull || whole.includes(id) || (nth + at) % 3 === 0);
}

it('every operation that asks the database is here', () => {
  expect(unlistedOperations()).toEqual([]);
});

it.concurrent.each(failingCalls)('$id makes $requests requests when none fails', async (call) => {
  const { subject, plan, told } = await attempt(call, 'internal', Number.POSITIVE_INFINITY);
  await expectDone(call, subject, told);
  expect(plan.requests).toBe(call.requests);
});

describe('one failure', () => {
  const cases = casesOf([...passing, ...unclear], ({ requests }) => requests);

  it.concurrent.each(cases)('$id gets over $failure at request $at', async ({ call, failure, at }) => {
    const { subject, plan, told } = await attempt(call, failure, at);
    await expectDone(call, subject, told);
    expect(plan.requests).toBeGreaterThan(at === call.optionalAt ? at : at + 1);
  });
});

describe('a failure that nothing mends', () => {
  const changing = ({ requests, tidying = 0 }: FailingCall) => requests - tidying;

  it.concurrent.each(casesOf(fatal, changing))(
    '$id ends with $failure at request $at',
    async ({ call, failure, at }) => {
      const tried = await attempt(call, failure, at);
      expect(tried.told.refusal?.code).toBe(isVerification(call) ? '503000' : '500000');
      expect(tried.plan.requests).toBe(at + 1);
      await expectTold(call, failure, tried);
    },
  );

  const tidying = casesOf(fatal, ({ requests }) => requests).filter(({ call, at }) => at >= changing(call));

  it.concurrent.each(tidying)(
    '$id is done with $failure at request $at, which only tidies up',
    async ({ call, failure, at }) => {
      const { subject, plan, told } = await attempt(call, failure, at);
      await expectDone(call, subject, told);
      expect(plan.requests).toBeGreaterThan(at);
    },
  );
});

describe('a failure without end', () => {
  it.concurrent.each(casesOf([...passing, ...unclear], () => 1))(
    '$id answers 503000 when it is always $failure',
    async ({ call, failure }) => {
      const tried = await attempt(call, failure, undefined);
      expect(tried.told.refusal?.code).toBe('503000');
      if (call.id !== 'authorizer' && !call.id.endsWith('Direct')) {
        expect(tried.told.refusal?.retryAfter).toMatch(/^[1-9]\d*$/);
      }
      await expectTold(call, failure, tried);
    },
  );
});

it('nothing is tried when the time is over, whether answered or not', () => {
  expect(always.length).toBeGreaterThan(0);
  for (const { plan, endsAt } of always) expect(plan.lastAt, JSON.stringify(plan)).toBeLessThan(endsAt + allowedMs);
});

it('no failure has brought a token or a key into the log', () => {
  const log = [service, hopeless].flatMap(({ log }) => log.lines()).join('\n');
  expect(log).toContain('"503000"');
  expect(log).not.toMatch(/eyJ[\w-]+\.|ak_[A-Za-z0-9]+_[A-Za-z0-9]{40}/);
});
