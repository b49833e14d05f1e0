import { expect, it } from 'vitest';
import { LruMap } from '../../lib/base/lru-map.ts';

it('holds as many as it may, and lets go what was used longest ago', () => {
  const map = new LruMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([1, undefined, 3]);
  expect(map.size).toBe(2);
});

it('holds one value for each key, the last', () => {
  const map = new LruMap<string, number>(2);
  for (const value of [1, 2, 3]) map.set('a', value);
  expect([map.get('a'), map.size]).toEqual([3, 1]);
});

it('lets go what it is told to, and makes room by that', () => {
  const map = new LruMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.delete('b');
  map.delete('never there');
  map.set('c', 3);
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([1, undefined, 3]);
});

it('what is looked up in vain takes no place', () => {
  const map = new LruMap<string, number>(1);
  map.set('a', 1);
  expect([map.get('b'), map.size, map.get('a')]).toEqual([undefined, 1, 1]);
});

it('holds nothing where it may hold nothing', () => {
  const map = new LruMap<string, number>(0);
  map.set('a', 1);
  expect([map.get('a'), map.size]).toEqual([undefined, 0]);
});
