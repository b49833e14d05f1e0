import { describe, expect, it } from 'vitest';
import { lastChangeOf, withKeyChanges } from '../../lib/domain/key-change.ts';
import { aKey, anApp, handle, now } from '../support/apps.ts';

const [a, b] = [handle('a'), handle('b')];
const told = { at: now, by: 'bob', action: 'disableApiKey' };
const change = { ...told, op: 'op-1', correlationId: 'c' };

describe('a change', () => {
  const before = anApp({ keys: { [a]: aKey(), [b]: aKey() } });

  it('is told by each key that it has altered, and by no other', () => {
    const after = { ...before, keys: { ...before.keys, [a]: aKey({ enabled: false }) } };
    const { keys } = withKeyChanges(before, after, change);
    expect(keys).toEqual({ [a]: aKey({ enabled: false, lastChange: told }), [b]: aKey() });
  });

  it('of a key that was changed before is told in the place of the earlier change', () => {
    const earlier = aKey({ lastChange: { at: 1, by: 'alice', action: 'updateApiKey' } });
    const { keys } = withKeyChanges(
      anApp({ keys: { [a]: earlier } }),
      anApp({ keys: { [a]: { ...earlier, name: 'x' } } }),
      change,
    );
    expect(keys[a]).toEqual(aKey({ name: 'x', lastChange: told }));
  });

  it.each([
    ['adds a key', { ...before.keys, [handle('c')]: aKey() }],
    ['removes a key', { ...(before.keys[a] && { [a]: before.keys[a] }) }],
    ['leaves the keys', before.keys],
  ])('that only %s alters no key', (_, keys) => {
    expect(withKeyChanges(before, { ...before, keys }, change).keys).toEqual(keys);
  });
});

it('a change of no key leaves the very application', () => {
  const after = anApp({ keys: { [a]: aKey() } });
  expect(withKeyChanges({ ...after, name: 'before' }, after, change)).toBe(after);
});

describe('the last change of a key', () => {
  const { createdTime: at, createdBy: by } = aKey();

  it.each([
    ['its creation', {}, { at, by, action: 'generateApiKey' }],
    ['the rotation that made it', { rotatedFrom: b }, { at, by, action: 'rotateApiKey' }],
    [
      'its creation while it is pending',
      { rotatedFrom: b, pending: true as const },
      { at, by, action: 'generateApiKey' },
    ],
    ['what came after that', { rotatedFrom: b, lastChange: told }, told],
  ])('is %s', (_, parts, expected) => {
    expect(lastChangeOf(aKey(parts))).toEqual(expected);
  });
});
