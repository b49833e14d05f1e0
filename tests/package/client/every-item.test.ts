import { expect, it } from 'vitest';
import { everyItem } from '../../../lib/package/client/every-item.ts';

interface Page {
  readonly items: readonly number[];
  readonly pageToken?: string;
}

/** A call whose answers are these pages, and the inputs that it is given. */
function listOf(...pages: Page[]) {
  const inputs: object[] = [];
  const list = async (input: { app?: string; pageToken?: string }) => {
    inputs.push(input);
    return pages[inputs.length - 1] ?? expect.fail('There are no more pages.');
  };
  return { inputs, list };
}

async function collect(items: AsyncIterable<number>): Promise<number[]> {
  const all: number[] = [];
  for await (const item of items) all.push(item);
  return all;
}

it('gives the items of all pages in their order, an empty page among them', async () => {
  const { inputs, list } = listOf(
    { items: [1, 2], pageToken: 'second' },
    { items: [], pageToken: 'third' },
    { items: [3] },
  );
  expect(await collect(everyItem(list, { app: 'hrn:x' }))).toEqual([1, 2, 3]);
  expect(inputs).toStrictEqual([
    { app: 'hrn:x' },
    { app: 'hrn:x', pageToken: 'second' },
    { app: 'hrn:x', pageToken: 'third' },
  ]);
});

it('needs no input where the call needs none', async () => {
  const { inputs, list } = listOf({ items: [1] });
  expect(await collect(everyItem(list))).toEqual([1]);
  expect(inputs).toStrictEqual([{}]);
});

it('asks for no page before an item of it is wanted', async () => {
  const { inputs, list } = listOf({ items: [1, 2], pageToken: 'second' });
  for await (const item of everyItem(list)) if (item === 2) break;
  expect(inputs).toHaveLength(1);
});

it('fails as a page does', async () => {
  const list = () => Promise.reject(new Error('503000'));
  await expect(collect(everyItem(list))).rejects.toThrow('503000');
});
