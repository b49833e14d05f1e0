import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { isLiveAt } from '../../lib/domain/api-key.ts';
import type { KeyHandle } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import { stepNames } from '../../lib/service/use-cases/rotate-secret.ts';
import {
  type Fault,
  faults,
  faultyRequests,
  type RotatingSecret,
  type RotationService,
  startRotationService,
} from '../support/rotating-secret.ts';

const overlapSeconds = 3_600;

let service: RotationService;
let requests: ReturnType<typeof faultyRequests>;
let app: App;
let secret: RotatingSecret;

beforeAll(async () => {
  service = await startRotationService();
  requests = faultyRequests();
});
afterAll(() => requests.stop());

/** A secret that has been rotated once. */
beforeEach(startOver);

async function startOver(): Promise<void> {
  requests.plan(new Map());
  app = await service.seed();
  secret = service.secretOf(app, { overlapSeconds });
  await secret.rotate();
}

/** What holds after every step, whatever has happened. @returns the handles of the keys */
async function expectSound(inUse: KeyHandle | undefined, startedAt: number): Promise<string[]> {
  const { keys } = await service.item(app);
  expect(Object.keys(keys).length).toBeLessThanOrEqual(2);
  const current = secret.handle('AWSCURRENT');
  expect(keys[current as KeyHandle]).toMatchObject({ enabled: true, expiresAt: -1 });
  const old = keys[inUse as KeyHandle];
  // Whoever reads the secret now and then still has the key that was in use at the start.
  expect(old && isLiveAt(old, startedAt + overlapSeconds * 1_000 - 1)).toBe(true);
  if (current === inUse) expect(old).toMatchObject({ expiresAt: -1 });
  return Object.keys(keys);
}

/** Tries a rotation until it is through, from the first step or from the one that failed. @returns how often it failed */
async function persist(restarts: boolean): Promise<number> {
  const inUse = secret.handle('AWSCURRENT');
  const startedAt = Date.now();
  const token = secret.begin();
  let failures = 0;
  for (let next = 0; next < stepNames.length; ) {
    const isDone = await requests.attempt(() => secret.step(stepNames[next] ?? 'createSecret', token));
    await expectSound(inUse, startedAt);
    if (isDone) next += 1;
    else if (restarts) next = 0;
    failures += isDone ? 0 : 1;
    expect(failures).toBeLessThan(5);
  }
  const made = secret.handle('AWSCURRENT');
  expect(made).not.toBe(inUse);
  expect(secret.stages()[token]).toEqual(['AWSCURRENT']);
  expect((await expectSound(inUse, startedAt)).sort()).toEqual([inUse, made].map(String).sort());
  const { keys } = await service.item(app);
  expect(keys[inUse as KeyHandle]).toMatchObject({ rotatedTo: made });
  expect(keys[inUse as KeyHandle]?.expiresAt).toBeLessThanOrEqual(Date.now() + overlapSeconds * 1_000);
  expect(keys[made as KeyHandle]).not.toHaveProperty('pending');
  return failures;
}

/** How many requests a rotation sends. */
async function countRequests(): Promise<number> {
  requests.plan(new Map());
  expect(await persist(false)).toBe(0);
  return requests.count();
}

describe('a rotation comes to its end, and no key in use ends early, with a fault at any one of its requests', () => {
  it.each(faults.flatMap((fault) => [true, false].map((restarts) => [fault, restarts] as const)))(
    '%s, all steps again: %s',
    async (fault: Fault, restarts) => {
      const count = await countRequests();
      expect(count).toBeGreaterThan(20);
      let failures = 0;
      for (let at = 0; at < count; at += 1) {
        await startOver();
        requests.plan(new Map([[at, fault]]));
        failures += await persist(restarts);
      }
      // A crash always ends the step; of lost answers the table's own are made good in it.
      if (fault.startsWith('crash')) expect(failures).toBe(count);
      else expect(failures).toBeGreaterThan(0);
    },
  );
});

it('two schedulers that crash at any request of one of them bring one rotation to its end', async () => {
  const count = await countRequests();
  for (let at = 0; at < 2 * count; at += 1) {
    await startOver();
    const inUse = secret.handle('AWSCURRENT');
    const startedAt = Date.now();
    const token = secret.begin();
    requests.plan(new Map([[at, 'crashAfter']]));
    await Promise.all([1, 2].map(() => requests.attempt(() => secret.run(token))));
    await expectSound(inUse, startedAt);
    requests.plan(new Map());
    await secret.run(token);
    const made = String(secret.handle('AWSCURRENT'));
    expect((await expectSound(inUse, startedAt)).sort()).toEqual([String(inUse), made].sort());
    expect(secret.stages()[token]).toEqual(['AWSCURRENT']);
  }
});

describe('a rotation that was given up at any request', () => {
  it.each(faults)('makes room for the next one: %s', async (fault) => {
    const count = await countRequests();
    for (let at = 0; at < count; at += 1) {
      await startOver();
      const inUse = secret.handle('AWSCURRENT');
      const startedAt = Date.now();
      const token = secret.begin();
      requests.plan(new Map([[at, fault]]));
      await requests.attempt(() => secret.run(token));
      requests.plan(new Map());
      await expectSound(inUse, startedAt);
      if (secret.stages()[token]?.includes('AWSPENDING')) secret.giveUp(token);
      const next = secret.begin();
      const isDone = await requests.attempt(() => secret.run(next));
      const keys = await expectSound(inUse, startedAt);
      // The key was ready for use, or in use: both slots are taken until an end comes, or somebody deletes it.
      if (!isDone) expect(keys).toHaveLength(2);
      else expect(secret.stages()[next]).toEqual(['AWSCURRENT']);
    }
  });
});

it('a key that was generated a day ago, and that no version holds, makes room for another', async () => {
  await requests.attempt(() => secret.step('createSecret', secret.begin()));
  const count = requests.count();
  await startOver();
  // The last request of createSecret keeps the key in the secret.
  requests.plan(new Map([[count - 1, 'crashBefore']]));
  const token = secret.begin();
  expect(await requests.attempt(() => secret.step('createSecret', token))).toBe(false);
  const inUse = String(secret.handle('AWSCURRENT'));
  const [lost = ''] = Object.keys((await service.item(app)).keys).filter((handle) => handle !== inUse);
  expect(lost).not.toBe('');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * 3_600_000 });
  await secret.run(token);
  vi.useRealTimers();
  const made = String(secret.handle('AWSCURRENT'));
  expect(made).not.toBe(lost);
  expect(Object.keys((await service.item(app)).keys).sort()).toEqual([inUse, made].sort());
});

it.each([
  ['', undefined],
  [', also when somebody has put another key meanwhile', 'by hand'],
])(
  'an end that a crash kept from being written is written by the next rotation, which goes on when it has come%s',
  async (_, name) => {
    const count = await countRequests();
    await startOver();
    const inUse = secret.handle('AWSCURRENT');
    // The last request of a rotation is the write of the end.
    requests.plan(new Map([[count - 1, 'crashBefore']]));
    const token = secret.begin();
    expect(await requests.attempt(() => secret.run(token))).toBe(false);
    expect((await service.item(app)).keys[inUse as KeyHandle]).toMatchObject({ expiresAt: -1 });
    requests.plan(new Map());
    if (name) secret.put({ ...secret.value('AWSCURRENT'), apiKeyId: 'ak_of_somebody', apiKey: undefined });
    const next = secret.begin();
    await expect(secret.run(next)).rejects.toThrow(name ? '404666' : '409303');
    const { expiresAt = 0 } = (await service.item(app)).keys[inUse as KeyHandle] ?? {};
    expect(expiresAt).toBeGreaterThan(Date.now());
    if (name) return;
    vi.useFakeTimers({ toFake: ['Date'], now: expiresAt + 6_000 });
    await secret.run(next);
    vi.useRealTimers();
    expect(secret.stages()[next]).toEqual(['AWSCURRENT']);
  },
);
