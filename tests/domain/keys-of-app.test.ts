import { describe, expect, it } from 'vitest';
import type { KeyHandle } from '../../lib/domain/api-key-id.ts';
import { deleteAllKeys, deleteKey, editKey, keysBySortKey, requireKey } from '../../lib/domain/keys-of-app.ts';
import { aKey, anApp, handle, now, refusalOf } from '../support/apps.ts';

const key = aKey();
const app = anApp({ keys: { [handle('a')]: key, [handle('b')]: aKey({ name: 'the other' }) } });
const change = { op: 'op-1', at: now, by: 'demo', action: 'deleteApiKey', correlationId: 'correlation-1' };
const tombstone = { at: now, op: 'op-1', why: 'deleted' };

it('a key is found by its handle', () => {
  expect(requireKey(app, handle('a'))).toBe(key);
});

it.each([undefined, handle('x'), 'toString' as KeyHandle])('404666 for the handle %s, whatever is asked', (none) => {
  for (const act of [requireKey, editKey, deleteKey])
    expect(refusalOf(() => act(app, none, change))).toMatchObject({ code: '404666' });
});

describe('editing a key', () => {
  it.each([
    [{ name: ' new ' }, { name: 'new' }],
    [{ expiresAt: now + 1 }, { expiresAt: now + 1 }],
    [{ enabled: false }, { enabled: false }],
  ])('%j changes that and nothing else', (parts, changed) => {
    const keys = { ...app.keys, [handle('a')]: { ...key, ...changed } };
    expect(editKey(app, handle('a'), parts)).toStrictEqual({ ...app, keys });
  });

  it.each([{}, { name: ' a key ' }, { expiresAt: -1, enabled: true }])('%j changes nothing', (parts) => {
    expect(editKey(app, handle('a'), parts)).toBe(app);
  });
});

describe('deleting', () => {
  it('one key leaves the other', () => {
    const { keys, keyCount, removed } = deleteKey(app, handle('b'), change);
    expect([keys, keyCount, removed]).toEqual([{ [handle('a')]: key }, 1, { [handle('b')]: tombstone }]);
  });

  it('all keys leaves none, each with a tombstone', () => {
    const removed = { [handle('a')]: tombstone, [handle('b')]: tombstone };
    expect(deleteAllKeys(app, change)).toStrictEqual({
      ...app,
      keys: {},
      keyCount: 0,
      sealed: key.createdTime,
      removed,
    });
  });

  it('all keys changes nothing where there are none', () => {
    const empty = anApp();
    expect(deleteAllKeys(empty, change)).toBe(empty);
  });
});

it('keys are listed from the oldest to the youngest, and by handle where they are of one age', () => {
  const at = (createdTime: number) => aKey({ createdTime });
  const keys = {
    [handle('b')]: at(1_000),
    [handle('d')]: at(10_000),
    [handle('a')]: at(1_000),
    [handle('e')]: at(2),
    [handle('c')]: at(999),
  };
  expect(keysBySortKey(anApp({ keys }))).toEqual(
    ['e2', 'c999', 'a1000', 'b1000', 'd10000'].map((text) => {
      const [letter = '', time = ''] = [text.charAt(0), text.slice(1)];
      const sortKey = `${time.padStart(16, '0')}#${handle(letter)}`;
      return { handle: handle(letter), key: at(Number(time)), sortKey };
    }),
  );
});
