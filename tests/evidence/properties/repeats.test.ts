import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ApiKeyId, handleOf } from '../../../lib/domain/api-key-id.ts';
import type { App } from '../../../lib/domain/app.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../../support/database-proxy.ts';
import { hrnOf, startService, type TestReply, type TestService } from '../../support/service.ts';
import { EndlessFaults, isFull, keyHrnOf, randomNumbers, requireSound, runs, seed } from './support.ts';

const lost = 0.3;
const rounds = 4;
const copies = 5;
/** two keys generated, then rotated in every round; each request is sent so many times */
const callsPerApp = 2 * (1 + rounds) * copies;
const appsAtOnce = 10;
const apps = isFull ? 200 : 20;
const racers = 20;
const racedApps = isFull ? 200 : 10;

let service: TestService;
let proxy: DatabaseProxy;
let authorization: string;

beforeAll(async () => {
  proxy = await startDatabaseProxy(inject('endpoint'));
  proxy.faults = new EndlessFaults(lost, randomNumbers(seed));
  service = await startService({}, { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint });
  authorization = `Bearer ${await service.issuer.sign({ exp: Math.floor(Date.now() / 1_000) + 7_200 })}`;
});

afterAll(() => proxy.stop());

/** A request that may be sent again: rotates the key, or generates one if there is none. */
interface Repeatable {
  readonly app: App;
  readonly key?: string;
  readonly idempotencyKey: string;
}

function send({ app, key, idempotencyKey }: Repeatable): Promise<TestReply> {
  const headers = { Authorization: authorization, 'Idempotency-Key': idempotencyKey };
  if (key === undefined) return service.generate(app, { name: 'repeated' }, headers);
  return service.call('rotateApiKey', { path: { app: hrnOf(app), apiKey: keyHrnOf(app, key) }, body: {}, headers });
}

/** Sends a request until it is known what came of it: 503 is no answer. */
async function sendUntilAnswered(request: Repeatable): Promise<TestReply> {
  for (let attempts = 1; ; attempts += 1) {
    const reply = await send(request);
    if (reply.statusCode !== 503 || attempts === 5) return reply;
  }
}

/** Holds that all these answers show one and the same new key. @returns its handle */
function theOneKey(replies: readonly TestReply[]): string {
  expect(replies.map(({ statusCode, body }) => body.code ?? statusCode)).toEqual(replies.map(() => 201));
  const ids = new Set<ApiKeyId>(replies.map((reply) => reply.body.apiKeyId));
  expect(ids.size).toBe(1);
  return handleOf([...ids][0] as ApiKeyId);
}

/** A caller that loses answers too, and sends the same request again and again. @returns the key's handle */
async function sendRepeatedly(request: Repeatable): Promise<string> {
  const replies: TestReply[] = [];
  for (let copy = 0; copy < copies; copy += 1) replies.push(await sendUntilAnswered(request));
  expect(replies.slice(1).map((reply) => reply.headers['Idempotency-Replayed'])).toEqual(
    replies.slice(1).map(() => 'true'),
  );
  return theOneKey(replies);
}

/** Every place is taken by a key that somebody was told of, and no other. */
async function expectKeys(app: App, owned: readonly string[]): Promise<void> {
  const item = await service.item(app);
  requireSound(item);
  expect(Object.keys(item.keys).sort()).toEqual([...owned].sort());
}

/** The same header and the same body for two keys: at once, or one after the other. */
async function rotateBoth(app: App, keys: readonly string[], round: number, isAtOnce: boolean): Promise<string[]> {
  const requests = keys.map((key) => ({ app, key, idempotencyKey: `rotation-${round}` }));
  if (isAtOnce) return Promise.all(requests.map(sendRepeatedly));
  const successors: string[] = [];
  for (const request of requests) successors.push(await sendRepeatedly(request));
  return successors;
}

async function liveThrough(roundsAtOnce: readonly boolean[]): Promise<void> {
  const app = await service.seed();
  const generations = ['generation-1', 'generation-2'].map((idempotencyKey) => ({ app, idempotencyKey }));
  const first = await Promise.all(generations.map(sendRepeatedly));
  await expectKeys(app, first);
  let keys = first;
  for (const [round, isAtOnce] of roundsAtOnce.entries()) {
    const successors = await rotateBoth(app, keys, round, isAtOnce);
    expect(new Set([...keys, ...successors]).size).toBe(4);
    keys = successors;
    await expectKeys(app, keys);
  }
  const stragglers = [...generations, ...first.map((key) => ({ app, key, idempotencyKey: 'rotation-0' }))];
  for (const straggler of stragglers) expect((await sendUntilAnswered(straggler)).body.code).toBe('409305');
  await expectKeys(app, keys);
}

/** So many callers send the same at once. @returns the handle of the one key that they all get */
async function race(request: Repeatable): Promise<string> {
  return theOneKey(await Promise.all(Array.from({ length: racers }, () => sendUntilAnswered(request))));
}

async function raceThrough(): Promise<void> {
  const app = await service.seed();
  const one = await race({ app, idempotencyKey: 'one' });
  await expectKeys(app, [one]);
  const other = await race({ app, idempotencyKey: 'other' });
  await expectKeys(app, [one, other]);
  const successors = await Promise.all([one, other].map((key) => race({ app, key, idempotencyKey: 'same' })));
  expect(new Set(successors).size).toBe(2);
  await expectKeys(app, successors);
}

const full = isFull ? '' : '; FULL=1 runs 10,000 over 200';

describe(`with ${lost * 100} % of the database's answers lost`, () => {
  it(`${apps * callsPerApp} repeated generate and rotate calls over ${apps} applications: one key for each request, none without an owner (SEED=${seed}${full})`, async () => {
    const atOnce = fc.array(fc.boolean(), { minLength: rounds, maxLength: rounds });
    const group = fc.array(atOnce, { minLength: appsAtOnce, maxLength: appsAtOnce });
    await fc.assert(
      fc.asyncProperty(group, async (lives) => void (await Promise.all(lives.map(liveThrough)))),
      { ...runs(apps / appsAtOnce), endOnFailure: true },
    );
  }, 1_800_000);

  it(`${racers} callers racing on one header, over ${racedApps} applications: all get the same key`, async () => {
    await fc.assert(fc.asyncProperty(fc.constant(undefined), raceThrough), { ...runs(racedApps), endOnFailure: true });
  }, 1_800_000);
});
