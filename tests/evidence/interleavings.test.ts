import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { openTable } from '../../lib/store/dynamodb.ts';
import { expr, type Fragment, path, toUpdate } from '../../lib/store/expression.ts';
import type { Attempt, Item, ItemKey, Table } from '../../lib/store/table.ts';
import { freshTable } from '../support/engine.ts';
import { silenceLog } from '../support/silence-log.ts';
import { perform } from './interleavings/calls.ts';
import { exhaust, firstBad, newTally, stages, type Tally, wander } from './interleavings/evidence.ts';
import { keyOf, MemoryTable, type Write } from './interleavings/memory-table.ts';
import { mutants } from './interleavings/mutants.ts';
import { ceilingStarts, changes, realm, scopings, starts, startTime } from './interleavings/scenarios.ts';
import { runs, seed } from './properties/support.ts';

let real: Table;

beforeAll(async () => {
  const { endpoint, tableName } = await freshTable();
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  real = openTable(tableName);
});

const seen: Record<string, number> = {};

/** Sends the same writes to the real engine and to memory, and holds what comes of them against each other. */
class Twins {
  readonly memory = new MemoryTable(new Map(), false);
  readonly writes: Write[] = [];
  /** what each of the two said, to be compared at the end, where no handler catches it */
  readonly pairs: [inMemory: unknown, really: unknown][] = [];

  async write(write: Write): Promise<Attempt> {
    this.writes.push(write);
    const [really, inMemory] = [await settled(() => send(write)), await settled(async () => this.memory.write(write))];
    this.pairs.push([inMemory, really], [this.memory.get(keyOf(write)), await get(keyOf(write))]);
    const name = 'outcome' in really ? really.outcome : really.refusedAs;
    seen[name] = (seen[name] ?? 0) + 1;
    if ('refusedAs' in really) throw new Error(`${really.refusedAs} for ${JSON.stringify(write)}`);
    return really;
  }

  expectSame(): void {
    for (const [inMemory, really] of this.pairs) expect(inMemory).toEqual(really);
  }

  table(): Table {
    return {
      ...real,
      attemptUpdate: (update) => this.write({ kind: 'update', update }),
      attemptPut: (put) => this.write({ kind: 'put', put }),
      attemptDelete: (remove) => this.write({ kind: 'delete', remove }),
    };
  }
}

function send(write: Write): Promise<Attempt> {
  if (write.kind === 'update') return real.attemptUpdate(write.update);
  return write.kind === 'put' ? real.attemptPut(write.put) : real.attemptDelete(write.remove);
}

async function settled(work: () => Promise<Attempt>): Promise<Attempt | { readonly refusedAs: string }> {
  try {
    const attempt = await work();
    return attempt.outcome === 'refused' ? { outcome: 'refused', item: undefined } : attempt;
  } catch (error) {
    return { refusedAs: (error as Error).name };
  }
}

async function get(key: ItemKey): Promise<Item | undefined> {
  const attempt = await real.attemptGet(key);
  if (attempt.outcome === 'failed') throw attempt.error;
  return attempt.found;
}

let items = 0;

function nextKey(): ItemKey {
  items += 1;
  return { pk: `item${items}`, sk: 'app' };
}

const name = fc.constantFrom('number', 'text', 'flag', 'list', 'map', 'missing');
const place = fc.oneof(
  name.map((one) => path(one)),
  name.map((one) => path('map', one)),
  name.map((one) => path('missing', one)),
  name.map((one) => path('map', 'map', one)),
);
const value = fc.constantFrom<string | number | boolean | string[] | Record<string, number>>(
  0,
  1,
  2,
  -1,
  10,
  'a',
  'b',
  'ab',
  '',
  true,
  false,
  ['a', 'b'],
  [],
  { number: 1 },
  {},
);
/** DynamoDB refuses to order anything else. */
const ordered = fc.constantFrom<string | number>(0, 1, 2, -1, 'a', 'b');
const size = fc.nat(3);
const part: fc.Arbitrary<Fragment> = fc.oneof(
  fc.tuple(place, value).map(([one, other]) => expr`${one} = ${other}`),
  fc.tuple(place, value).map(([one, other]) => expr`${one} <> ${other}`),
  fc.tuple(place, ordered).map(([one, other]) => expr`${one} < ${other}`),
  fc.tuple(place, ordered).map(([one, other]) => expr`${one} <= ${other}`),
  fc.tuple(place, ordered).map(([one, other]) => expr`${one} > ${other}`),
  fc.tuple(place, ordered).map(([one, other]) => expr`${one} >= ${other}`),
  fc.tuple(place, ordered).map(([one, other]) => expr`NOT ${one} > ${other}`),
  place.map((one) => expr`attribute_exists(${one})`),
  place.map((one) => expr`attribute_not_exists(${one})`),
  fc.tuple(place, size).map(([one, other]) => expr`size(${one}) = ${other}`),
  fc.tuple(place, size).map(([one, other]) => expr`size(${one}) < ${other}`),
  fc.tuple(place, fc.constantFrom('a', 'ab', 'c')).map(([one, other]) => expr`contains(${one}, ${other})`),
  fc
    .tuple(place, place, value)
    .map(([one, other, third]) => expr`attribute_not_exists(${one}) OR ${other} = ${third} AND ${one} > ${0}`),
);
const setting: fc.Arbitrary<Fragment> = fc.oneof(
  fc.tuple(place, value).map(([one, other]) => expr`${one} = ${other}`),
  fc.tuple(place, fc.integer({ min: -3, max: 3 })).map(([one, other]) => expr`${one} = ${one} + ${other}`),
);
const handMade = fc.record({
  set: fc.array(setting, { minLength: 1, maxLength: 2 }),
  remove: fc.array(place, { maxLength: 2 }),
  where: fc.array(part, { minLength: 1, maxLength: 2 }),
});
const content = { number: 1, text: 'ab', flag: true, list: ['a'], map: { number: 2, text: 'a', map: { number: 3 } } };

describe('the memory table is as the real engine', () => {
  it('for writes with every kind of condition and change that the store uses', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(handMade, { minLength: 4, maxLength: 8 }), async (writes) => {
        const [twins, key] = [new Twins(), nextKey()];
        await twins.write({ kind: 'put', put: { Item: { ...key, ...content } } });
        for (const write of writes) {
          await twins.write({ kind: 'update', update: toUpdate({ key, ...write }) }).catch(ignoreValidation);
        }
        twins.expectSame();
      }),
      runs(60),
    );
    expect(seen.applied).toBeGreaterThan(60);
    expect(seen.refused).toBeGreaterThan(20);
    expect(seen.ValidationException).toBeGreaterThan(20);
  });

  it('for the writes of the use cases themselves, and for late copies of them', async () => {
    const calls = { ...changes, ...scopings };
    const names = Object.keys(calls) as (keyof typeof calls)[];
    const step = fc.record({ name: fc.constantFrom(...names), again: fc.option(fc.nat(), { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values({ ...starts, ...ceilingStarts }).filter(({ app }) => app)),
        fc.array(step, { minLength: 3, maxLength: 6 }),
        async (start, life) => {
          const [twins, { pk: appId }] = [new Twins(), nextKey()];
          for (const item of start.items.values()) {
            if (item.sk === 'app')
              await twins.write({ kind: 'put', put: { Item: { ...item, pk: appId, listKey: appId } } });
          }
          const deadline = { at: startTime + 8_000, now: () => startTime, sleep: async () => {}, random: () => 0 };
          for (const { name, again } of life) {
            const surroundings = { app: { realm, appId }, table: twins.table(), deadline };
            await perform(calls[name], surroundings).catch(ignoreRefusal);
            const copy = again === undefined ? undefined : twins.writes[again % twins.writes.length];
            if (copy?.kind === 'update') await twins.write(copy);
          }
          twins.expectSame();
        },
      ),
      runs(25),
    );
  });
});

function ignoreValidation(error: Error): void {
  if (!error.message.startsWith('ValidationException')) throw error;
}

function ignoreRefusal(error: Error): void {
  if (error.name !== 'ApiError') throw error;
}

/** A part of all schedules, the same each time; `node tests/evidence/interleavings.ts` plays them all. */
describe('the real code, in many interleavings', () => {
  beforeAll(() => {
    silenceLog();
    return () => vi.restoreAllMocks();
  });

  it.each([
    ['pairs', 151],
    ['kinds', 101],
    ['mute', 41],
    ['revivals', 9],
    ['grants', 1],
    ['triples', 83],
    ['ceilings', 37],
    ['ceilingsTwice', 53],
    ['ceilingTriples', 23],
    ['forgets', 7],
    ['sweeps', 5],
    ['sweepsTwice', 23],
    ['sweepTriples', 5],
  ])('%s: no schedule is bad, in every so-manieth scenario', async (stage, every) => {
    const tally = newTally();
    const { scenarios } = stages[stage] ?? { scenarios: [] };
    for (let nth = 0; nth < scenarios.length; nth += every) await exhaust(tally, stage, nth);
    expectGood(tally, 500);
  });

  it('at random: no schedule is bad', async () => {
    const tally = newTally();
    for (let nth = 0; nth < 2_000; nth += 1) await wander(tally, seed, nth);
    expectGood(tally, 2_000);
  });

  it.each(Object.entries(mutants))('finds the mutant: %s', async (_, mutant) => {
    expect((await firstBad(mutant)).bad).toBe(1);
  });
});

function expectGood({ bad, examples, schedules }: Tally, least: number): void {
  expect(examples).toEqual([]);
  expect(bad).toBe(0);
  expect(schedules).toBeGreaterThanOrEqual(least);
}
