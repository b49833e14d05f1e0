import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import type { App } from '../../../lib/domain/app.ts';
import { dueTimeOf } from '../../../lib/domain/due.ts';
import { ApiError } from '../../../lib/domain/errors.ts';
import { dayMs } from '../../../lib/domain/lifetime.ts';
import { type Notice, noticeEvents, noticesOf } from '../../../lib/domain/notices.ts';
import { lifetimeOf, noticeRulesOf, sweepRulesOf } from '../../../lib/service/settings.ts';
import type { Table } from '../../../lib/store/table.ts';
import { silenceLog } from '../../support/silence-log.ts';
import { SweepWorld } from '../../support/sweep-world.ts';
import { isFull, runs } from './support.ts';

beforeAll(() => {
  silenceLog();
  return () => vi.restoreAllMocks();
});

const hourMs = 3_600_000;
const old = 'O'.repeat(43) as KeyHandle;

const offset = fc.oneof(
  fc.constant(undefined),
  fc.constant(-1),
  fc.integer({ min: -1, max: 120 }).map((days) => days * dayMs + 1),
);
const rotation = fc.record(
  {
    expiresAt: offset,
    overlap: fc.oneof(
      fc.record({ overlapSeconds: fc.constantFrom(0, 3_600, 10 * 86_400) }),
      fc.record({
        overlap: fc.record({ untilFirstUse: fc.constantFrom(0, 600, 90_000), atMost: fc.constantFrom(1, 200_000) }),
      }),
    ),
  },
  { requiredKeys: ['overlap'] },
);
const nth = fc.nat(2);
const deed = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), hours: fc.integer({ min: 1, max: 24 * 40 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('generate' as const), expiresAt: offset }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rotate' as const), nth, input: rotation }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('patch' as const), nth, expiresAt: offset }) },
  fc.record({ do: fc.constant('use' as const), nth }),
  fc.record({ do: fc.constant('delete' as const), nth }),
  fc.record({ do: fc.constantFrom('keep', 'restore', 'bus', 'twice', 'unwritten') }),
);
type Deed = typeof deed extends fc.Arbitrary<infer One> ? One : never;

/** The life of one application, and what must be true of it at every moment. */
class Life {
  readonly world: SweepWorld;
  readonly appId: string;
  #kept: App | undefined;
  /** notices that came due while the bus was down */
  #owed: Notice[] = [];

  constructor() {
    this.world = new SweepWorld({
      keys: { defaultDays: 20, maxDays: 90 },
      notices: { idleDays: 'off', rotateDays: 60 },
    });
    this.appId = this.world.createApp();
    const key = {
      name: 'old',
      enabled: true,
      createdTime: this.world.now - 200 * dayMs,
      createdBy: 'demo',
      expiresAt: -1,
    };
    const app = { ...this.app, keys: { [old]: key }, keyCount: 1 };
    this.world.put({ ...app, dueAt: 0, dueShard: 'due#1' } as App);
  }

  get app(): App {
    return this.world.app(this.appId);
  }

  async live(deeds: readonly Deed[]): Promise<void> {
    for (const one of deeds) {
      await this.#do(one);
      this.#requireSound();
    }
    this.world.isBusUp = true;
    await this.#pass(2 * hourMs);
    this.#requireOneId();
  }

  async #do(one: Deed): Promise<void> {
    const { world, appId } = this;
    const handle = 'nth' in one ? (Object.keys(this.app.keys)[one.nth] as KeyHandle | undefined) : undefined;
    const at = (input: number | undefined) => (input === undefined || input === -1 ? input : world.now + input);
    const ending = (input: number | undefined) => (input === undefined ? {} : { expiresAt: at(input) as number });
    switch (one.do) {
      case 'pass':
        return this.#pass(one.hours * hourMs);
      case 'generate':
        return this.#try(() => world.generate(appId, ending(one.expiresAt)));
      case 'rotate':
        return (
          handle &&
          this.#try(() => world.rotate(appId, handle, { ...ending(one.input.expiresAt), ...one.input.overlap }))
        );
      case 'patch':
        return handle && this.#try(() => world.patch(appId, handle, ending(one.expiresAt)));
      case 'use':
        return handle && world.use(appId, handle);
      case 'delete':
        return handle && world.delete(appId, handle);
      case 'keep':
        this.#kept = this.app;
        return;
      case 'restore':
        if (this.#kept) world.put(this.#kept);
        return;
      case 'bus':
        world.isBusUp = !world.isBusUp;
        return;
      case 'twice':
        await Promise.all([world.sweep(), world.sweep()]);
        return;
      case 'unwritten': {
        const table: Table = { ...world.table, attemptUpdate: async () => ({ outcome: 'refused', item: null }) };
        await world.sweep({ table });
      }
    }
  }

  /** What is rejected changes nothing. */
  async #try(act: () => Promise<unknown>): Promise<void> {
    const before = this.app;
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      expect(['400200', '409303', '409304', '400201']).toContain(error.code);
      expect(this.app).toEqual(before);
    }
  }

  /** Every notice whose moment passes comes within an hour, or as soon as the bus is up. */
  async #pass(ms: number): Promise<void> {
    const { world } = this;
    const [from, until] = [world.now, world.now + ms];
    const coming = this.#moments().filter(({ at }) => at > from && at <= until - hourMs);
    const ending = Object.entries(this.app.keys);
    await world.pass(ms);
    this.#requireNotEarly(ending);
    if (!world.isBusUp) {
      this.#owed.push(...coming);
      return;
    }
    const stillHolds = this.#moments();
    for (const { handle, name, at } of [...coming, ...this.#owed]) {
      if (!stillHolds.some((one) => one.handle === handle && one.name === name && one.at === at)) continue;
      const told = world.announced.filter(({ apiKey, time }) => apiKey.endsWith(handle) && time === at);
      const [first] = told.filter(({ action }) => action === noticeEvents[name]);
      if (!first) throw new Error(`${name} of ${at} was not announced`);
      if (at > from) expect(first.sentAt - at).toBeLessThanOrEqual(hourMs + 5 * 60_000);
    }
    this.#owed = [];
  }

  #moments(): Notice[] {
    return noticesOf(this.app, noticeRulesOf(this.world.settings, 'myrealm'));
  }

  /** The sweep ends a key only when its grace is over. */
  #requireNotEarly(before: [string, App['keys'][KeyHandle]][]): void {
    for (const [handle, key] of before) {
      const now = this.app.keys[handle as KeyHandle];
      if (!now || now.expiresAt === key.expiresAt) continue;
      const successor = this.app.keys[key.rotatedTo as KeyHandle];
      expect(key.graceSeconds).toBeDefined();
      expect(now.expiresAt).toBeGreaterThanOrEqual(
        (successor?.createdTime ?? Infinity) + (key.graceSeconds ?? 0) * 1_000,
      );
    }
  }

  #requireSound(): void {
    const { world, app } = this;
    const { maxDays = 0 } = lifetimeOf(world.settings, 'myrealm');
    for (const [handle, { expiresAt, createdTime }] of Object.entries(app.keys)) {
      if (handle === old) continue;
      if (expiresAt === -1 || expiresAt > createdTime + maxDays * dayMs) throw new Error('a key exceeds the maximum');
    }
    const dueAt = dueTimeOf(app, world.now, sweepRulesOf(world.settings, 'myrealm'));
    if (dueAt !== undefined) expect(app.dueAt).toBeLessThanOrEqual(dueAt + 60_000);
    for (const { time, sentAt } of world.announced) expect(sentAt).toBeGreaterThanOrEqual(time);
  }

  /** What is announced has one id, however often it was sent. */
  #requireOneId(): void {
    const groups = Map.groupBy(this.world.announced, ({ apiKey, action, time }) => `${apiKey} ${action} ${time}`);
    for (const told of groups.values()) expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(new Set(this.world.announced.map(({ id }) => id)).size).toBe(groups.size);
  }
}

describe('lifetimes, whatever is patched, rotated, deleted and restored', () => {
  it('no key exceeds the maximum; every notice comes in time under one id, and no key ends early', async () => {
    let announced = 0;
    let ended = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 5, maxLength: 25 }), async (deeds) => {
        const life = new Life();
        await life.live(deeds);
        announced += life.world.announced.length;
        ended += Object.values(life.app.keys).filter(
          ({ rotatedTo, graceSeconds }) => rotatedTo && graceSeconds === undefined,
        ).length;
      }),
      runs(isFull ? 2_000 : 150),
    );
    expect(announced).toBeGreaterThan(150);
    expect(ended).toBeGreaterThan(0);
  });
});
