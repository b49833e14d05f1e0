import { describe, expect, it } from 'vitest';
import type { ApiKey, ApiKeyInput } from '../../lib/domain/api-key.ts';
import type { KeyHandle } from '../../lib/domain/api-key-id.ts';
import { deleteAllKeys, deleteKey, editKey, keysBySortKey, requireKey } from '../../lib/domain/keys-of-app.ts';
import type { KeyRestrictions } from '../../lib/domain/restrictions.ts';
import { aKey, anApp, handle, now, refusalOf } from '../support/apps.ts';

const key = aKey();
const app = anApp({ keys: { [handle('a')]: key, [handle('b')]: aKey({ name: 'the other' }) } });
const change = { op: 'op-1', at: now, by: 'demo', action: 'deleteApiKey', correlationId: 'correlation-1' };
/** What this version does not know. */
const newer = { notBefore: 7 } as KeyRestrictions;
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

  const rich = aKey({
    description: 'what for',
    scopes: ['b', 'a'],
    restrictions: { ...newer, allowedSources: ['10.0.0.0/8', '::1'] },
  });
  const { description: _, ...undescribed } = rich;
  const { scopes: __, ...unscoped } = rich;
  const richApp = anApp({ keys: { [handle('a')]: rich } });

  it.each<[Partial<ApiKeyInput>, ApiKey]>([
    [{ description: ' else ' }, { ...rich, description: 'else' }],
    [{ description: ' ' }, undescribed],
    [{ scopes: ['a', 'c'] }, { ...rich, scopes: ['a', 'c'] }],
    [{ scopes: [] }, unscoped],
    [{ allowedSources: ['2001:DB8::/32'] }, { ...rich, restrictions: { ...newer, allowedSources: ['2001:db8::/32'] } }],
    [{ allowedSources: [] }, { ...rich, restrictions: newer }],
    [{ name: 'new' }, { ...rich, name: 'new' }],
    [{ enabled: false }, { ...rich, enabled: false }],
  ])('%j changes that, and keeps what a newer version has restricted', (parts, edited) => {
    expect(editKey(richApp, handle('a'), parts).keys).toStrictEqual({ [handle('a')]: edited });
  });

  it.each<Partial<ApiKeyInput>>([
    { description: 'what for ' },
    { scopes: ['a', 'b'] },
    { allowedSources: ['0:0::1', '10.0.0.0/8'] },
    { scopes: ['b', 'a'], allowedSources: ['::1', '10.0.0.0/8'], description: ' what for' },
  ])('%j, the same in other words, changes nothing', (parts) => {
    expect(editKey(richApp, handle('a'), parts)).toBe(richApp);
  });

  it('gives a key the fields that it did not have', () => {
    const parts = { description: 'x', scopes: ['a'], allowedSources: ['::1'] };
    const edited = { ...key, description: 'x', scopes: ['a'], restrictions: { allowedSources: ['::1'] } };
    expect(editKey(app, handle('a'), parts).keys[handle('a')]).toStrictEqual(edited);
  });

  it('keeps scopes above the ceiling that are not named, and 400200 for those that are', () => {
    const capped = { ...richApp, restrictions: { scopes: ['a', 'c'] } };
    expect(editKey(capped, handle('a'), { name: 'new' }).keys[handle('a')]?.scopes).toEqual(['b', 'a']);
    expect(editKey(capped, handle('a'), { scopes: ['c'] }).keys[handle('a')]?.scopes).toEqual(['c']);
    const refusal = refusalOf(() => editKey(capped, handle('a'), { scopes: ['a', 'b'] }));
    expect(refusal).toMatchObject({ code: '400200', parts: { details: [{ source: '$.scopes[1]' }] } });
  });

  it('400200 for a source that is wrong', () => {
    const refusal = refusalOf(() => editKey(app, handle('a'), { allowedSources: ['::1', '10.0.0.0/33'] }));
    expect(refusal).toMatchObject({ code: '400200', parts: { details: [{ source: '$.allowedSources[1]' }] } });
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
