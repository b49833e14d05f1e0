import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { collect } from '../../lib/base/collect.ts';

it('puts the parts of a body together', async () => {
  expect(await collect(Readable.from([Buffer.from('one '), Buffer.from('two')]))).toEqual(Buffer.from('one two'));
});

it('gives nothing for an empty body', async () => {
  expect(await collect(Readable.from([]))).toHaveLength(0);
});

it('fails with a body that breaks off', async () => {
  const body = new Readable({ read: () => {} });
  const collected = collect(body);
  body.push('half');
  body.destroy(new Error('reset'));
  await expect(collected).rejects.toThrow('reset');
});
