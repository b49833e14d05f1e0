import { describe, expect, it } from 'vitest';
import { createApp } from '../../lib/store/create-app.ts';
import type { Attempt, Put, Table } from '../../lib/store/table.ts';
import { MemoryTable, openMemoryTable } from '../evidence/interleavings/memory-table.ts';
import { anApp } from '../support/apps.ts';
import { fakeDeadline } from '../support/fake-deadline.ts';

const app = { ...anApp(), bodyHash: 'body' };
const key = { pk: app.appId, sk: 'app' };
const pointer = { pk: 'member#myrealm#demo', sk: `own#${app.listKey}` };

/** A memory table whose put of the application goes as told the first time. */
function tableOf(first?: (apply: () => Attempt) => Attempt, tellsItem = true): { table: Table; memory: MemoryTable } {
  const memory = new MemoryTable(new Map(), tellsItem);
  let told = first;
  const attemptPut = async (put: Put) => {
    const apply = () => memory.write({ kind: 'put', put });
    if (put.Item?.sk !== 'app' || !told) return apply();
    const now = told;
    told = undefined;
    return now(apply);
  };
  return { memory, table: { ...openMemoryTable(memory), attemptPut } };
}

function seed(memory: MemoryTable, parts: object): void {
  const { appId: _, ...attributes } = app;
  memory.write({ kind: 'put', put: { Item: { ...key, ...attributes, ...parts } } });
}

const lost: Attempt = { outcome: 'unknown', error: 'lost' };

describe('a new application', () => {
  it('is there, with the pointer of its maker', async () => {
    const { table, memory } = tableOf();
    expect(await createApp(table, app, fakeDeadline())).toEqual({ app, isOurs: true });
    const { appId, restrictions: _, ...attributes } = app;
    expect(memory.get(key)).toEqual({ ...key, ...attributes });
    expect(memory.get(pointer as never)).toEqual({ ...pointer, appId, actions: ['manage'], stamp: expect.any(String) });
  });

  it.each<[string, object, boolean, boolean]>([
    ['made by this request, whose answer was lost', {}, true, true],
    ['made by another copy of the request', {}, false, false],
    ['made from another body in the same millisecond', { bodyHash: 'another' }, true, false],
    ['made earlier', { listKey: 'earlier' }, true, false],
  ])('that is found there: %s', async (_, parts, inDoubt, isOurs) => {
    const { table, memory } = tableOf((apply) => (inDoubt ? lost : apply()));
    seed(memory, parts);
    const created = await createApp(table, app, fakeDeadline());
    expect(created).toMatchObject({ app: { name: app.name, ...parts }, isOurs });
    expect(memory.get(pointer as never) === undefined).toBe('listKey' in parts);
  });

  it('refused because it is there, and yet not there, tells the operator so', async () => {
    const { table } = tableOf(() => ({ outcome: 'refused', item: undefined }));
    await expect(createApp(table, app, fakeDeadline())).rejects.toThrow(
      'a new application was rejected because it exists, but it does not exist',
    );
  });
});
