import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ApiKeyId, handleOf, type KeyHandle } from '../../../lib/domain/api-key-id.ts';
import type { App } from '../../../lib/domain/app.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../../support/database-proxy.ts';
import { hrnOf, startService, type TestReply, type TestService } from '../../support/service.ts';
import { EndlessFaults, handleIn, isFull, keyHrnOf, randomNumbers, requireSound, runs } from './support.ts';

const size = 50;
const storms = { ...runs(isFull ? 50 : 5), endOnFailure: true };

let service: TestService;
let proxy: DatabaseProxy;

beforeAll(async () => {
  proxy = await startDatabaseProxy(inject('endpoint'));
  service = await startService({}, { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint });
});

afterEach(() => {
  proxy.faults = [];
});

type Body = { readonly overlapSeconds?: number; readonly expiresAt?: number };

function rotate(app: App, handle: string, body: Body): Promise<TestReply> {
  return service.call('rotateApiKey', { path: { app: hrnOf(app), apiKey: keyHrnOf(app, handle) }, body });
}

/** An application with much that a rotation must not touch, and its two keys. */
async function seedTwo(): Promise<{ app: App; handles: readonly KeyHandle[] }> {
  const app = await service.seed({
    description: 'as it was',
    grants: { demo: ['manage'], reader: ['read'] },
  });
  const replies = [await service.generate(app, { name: 'one' }), await service.generate(app, { name: 'other' })];
  return { app, handles: replies.map((reply) => handleIn(reply.body.apiKey)) };
}

/** Looks at the application again and again while something goes on: it is sound all the time. */
async function watched<T>(app: App, goingOn: Promise<T>): Promise<T> {
  const end = { isThere: false };
  const watch = async () => {
    while (!end.isThere) requireSound(await service.item(app));
  };
  const watching = watch();
  try {
    return await goingOn;
  } finally {
    end.isThere = true;
    await watching;
  }
}

/** Whoever got 201 holds a key that is there, or that was itself rotated or replaced. */
function expectOwned(item: App, replies: readonly TestReply[]): void {
  for (const reply of replies.filter(({ statusCode }) => statusCode === 201)) {
    const handle = handleOf(reply.body.apiKeyId as ApiKeyId);
    const why = item.keys[handle] ? 'there' : item.removed[handle]?.why;
    expect(['there', 'rotated', 'replaced']).toContain(why);
  }
}

/** The successor is as the old key was, whose tombstone names it. */
function expectSuccessor({ keys, removed }: App, before: App, successor: KeyHandle): void {
  const { rotatedFrom = 'none' as KeyHandle, ...inherited } = keys[successor] ?? expect.fail('no successor');
  expect({ ...inherited, createdTime: 0 }).toEqual({ ...before.keys[rotatedFrom], createdTime: 0 });
  expect(removed[rotatedFrom]).toMatchObject({ why: 'rotated', successor });
}

/** All of an item but what a rotation is about. */
function restOf({ keys, sealed, removed, rev, lastChange, ...rest }: App) {
  return rest;
}

function codesOf(replies: readonly TestReply[]): Set<string> {
  return new Set(replies.map(({ statusCode, body }) => body.code ?? String(statusCode)));
}

function countOf(replies: readonly TestReply[], status: number): number {
  return replies.filter(({ statusCode }) => statusCode === status).length;
}

/** Which of the two keys each caller rotates. */
const choices = fc.array(fc.nat(1), { minLength: size, maxLength: size });
const overlaps = fc.array(fc.constantFrom(0, 0, 60), { minLength: size, maxLength: size });

describe(`${size} concurrent rotations of both keys of one application`, () => {
  it('without overlap: of each key exactly one is 201, the others 409304; nothing else changes', async () => {
    await fc.assert(
      fc.asyncProperty(choices, async (chosen) => {
        const { app, handles } = await seedTwo();
        const before = await service.item(app);
        const storm = Promise.all(chosen.map((choice) => rotate(app, handles[choice] ?? '', {})));
        const replies = await watched(app, storm);
        const item = await service.item(app);
        const both = new Set(chosen).size;
        expect(codesOf(replies)).toEqual(new Set(['201', '409304']));
        expect(countOf(replies, 201)).toBe(both);
        expectOwned(item, replies);
        expect(restOf(item)).toEqual(restOf(before));
        expect(item.rev).toBe(before.rev + both);
        const successors = replies
          .filter(({ statusCode }) => statusCode === 201)
          .map(({ body }) => handleIn(body.apiKey));
        expect(Object.keys(item.keys)).toEqual(expect.arrayContaining(successors));
        for (const successor of successors) expectSuccessor(item, before, successor);
      }),
      storms,
    );
  });

  it('of whatever key each caller finds, with and without overlap: never more than two, every 201 there or rotated', async () => {
    await fc.assert(
      fc.asyncProperty(choices, overlaps, async (chosen, overlapSeconds) => {
        const { app } = await seedTwo();
        const before = await service.item(app);
        const storm = Promise.all(
          chosen.map(async (choice, index) => {
            const { body: list } = await service.call('listApiKeys', { path: { app: hrnOf(app) } });
            return rotate(app, handleIn(list.items[choice].apiKey), { overlapSeconds: overlapSeconds[index] ?? 0 });
          }),
        );
        const replies = await watched(app, storm);
        const item = await service.item(app);
        expect(['201', '409303', '409304']).toEqual(expect.arrayContaining([...codesOf(replies)]));
        expectOwned(item, replies);
        expect(restOf(item)).toEqual(restOf(before));
        expect(item.rev).toBe(before.rev + countOf(replies, 201));
        expect(Object.keys(item.removed)).toHaveLength(countOf(replies, 201));
      }),
      storms,
    );
  });

  it('with overlap, both slots taken: every one 409303, and nothing changes', async () => {
    const { app, handles } = await seedTwo();
    const before = await service.item(app);
    const storm = Array.from({ length: size }, (_, index) =>
      rotate(app, handles[index % 2] ?? '', { overlapSeconds: 60 }),
    );
    expect(codesOf(await watched(app, Promise.all(storm)))).toEqual(new Set(['409303']));
    expect(await service.item(app)).toEqual(before);
  });

  it('with overlap, one of them expired: one 201, and two keys', async () => {
    await fc.assert(
      fc.asyncProperty(choices, async (chosen) => {
        const { app, handles } = await seedTwo();
        const seeded = await service.item(app);
        const expired = handles[1] as KeyHandle;
        const keys = { ...seeded.keys, [expired]: { ...seeded.keys[expired], expiresAt: Date.now() - 10_000 } };
        await service.seed({ ...seeded, ...app, keyCount: 2, keys: keys as App['keys'] });
        const before = await service.item(app);
        const expiresAt = Date.now() + 3_600_000;
        const storm = chosen.map((choice) => rotate(app, handles[choice] ?? '', { overlapSeconds: 60, expiresAt }));
        const replies = await watched(app, Promise.all(storm));
        const item = await service.item(app);
        expect(countOf(replies, 201)).toBe(1);
        expect(['201', '409303', '409304', '404666']).toEqual(expect.arrayContaining([...codesOf(replies)]));
        expectOwned(item, replies);
        expect(item.keyCount).toBe(2);
        expect(item.keys[expired]).toBeUndefined();
        expect(restOf(item)).toEqual(restOf(before));
      }),
      storms,
    );
  });
});

it(`${size} concurrent rotations of the only key with overlap: one 201, and the old key ends with the overlap`, async () => {
  const app = await service.seed();
  const old = handleIn((await service.generate(app)).body.apiKey);
  const start = Date.now();
  const storm = Array.from({ length: size }, () => rotate(app, old, { overlapSeconds: 60 }));
  const replies = await watched(app, Promise.all(storm));
  expect(codesOf(replies)).toEqual(new Set(['201', '409304']));
  expect(countOf(replies, 201)).toBe(1);
  const { keys, keyCount } = await service.item(app);
  expect(keyCount).toBe(2);
  expect(keys[old]?.expiresAt).toBeGreaterThanOrEqual(start + 60_000);
  expect(keys[old]?.expiresAt).toBeLessThanOrEqual(Date.now() + 60_000);
});

it(`${size} concurrent rotations with a fifth of the database's answers lost: one successor each, never more than two keys`, async () => {
  await fc.assert(
    fc.asyncProperty(choices, fc.nat(), async (chosen, faults) => {
      const { app, handles } = await seedTwo();
      const before = await service.item(app);
      proxy.faults = new EndlessFaults(0.2, randomNumbers(faults));
      const replies = await watched(app, Promise.all(chosen.map((choice) => rotate(app, handles[choice] ?? '', {}))));
      proxy.faults = [];
      const item = await service.item(app);
      expect(['201', '409304', '503000']).toEqual(expect.arrayContaining([...codesOf(replies)]));
      expect(countOf(replies, 201)).toBeLessThanOrEqual(2);
      expectOwned(item, replies);
      expect(restOf(item)).toEqual(restOf(before));
      expect(item.rev).toBe(before.rev + Object.keys(item.removed).length);
    }),
    storms,
  );
});
