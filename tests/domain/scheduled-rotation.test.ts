import { describe, expect, it } from 'vitest';
import {
  abandonedKeys,
  endPredecessor,
  inUse,
  pendingKeyOf,
  promote,
  requireSameBasis,
  withoutAbandoned,
} from '../../lib/domain/scheduled-rotation.ts';
import { aKey, anApp, handle, now, refusalOf } from '../support/apps.ts';

const [a, b, c] = [handle('a'), handle('b'), handle('c')];
const by = 'lambda:rotateSecret:billing-AbCdEf';
const pending = aKey({ pending: true, createdBy: by });
const change = { op: 'op-1', at: now, by, action: 'deleteApiKey', correlationId: 'c' };

describe('the pending key', () => {
  it('is like the key in use, but lives as long as it can; it keeps restrictions that this version does not know', () => {
    const restrictions = { allowedSources: ['10.0.0.0/8'], weekdays: ['Mon'] };
    const key = aKey({ description: 'd', expiresAt: now + 1, scopes: ['x', 'y'], restrictions });
    const app = anApp({ keys: { [a]: key }, restrictions: { scopes: ['y'] } });
    expect(pendingKeyOf(app, a, by)).toEqual({
      input: {
        name: 'a key',
        description: 'd',
        expiresAt: -1,
        enabled: true,
        scopes: ['y'],
        allowedSources: ['10.0.0.0/8'],
      },
      besides: { restrictions, rotatedFrom: a, pending: true },
    });
  });

  it('has a name of its own where there was none before', () => {
    expect(pendingKeyOf(anApp(), undefined, by)).toEqual({
      input: { name: 'Secrets Manager', expiresAt: -1 },
      besides: { pending: true },
    });
  });

  it.each([
    ['404666', 'gone', {}],
    ['409306', 'disabled', { [a]: aKey({ enabled: false }) }],
    ['409306', 'of another secret', { [a]: aKey({ createdBy: 'lambda:rotateSecret:other-AbCdEf' }) }],
  ])('%s when the key in use is %s', (code, _, keys) => {
    expect(refusalOf(() => pendingKeyOf(anApp({ keys }), a, by)).code).toBe(code);
  });
});

describe('abandoned keys', () => {
  const keys = { [a]: aKey({ createdBy: by }), [b]: pending, [c]: aKey({ pending: true, createdBy: 'another' }) };

  it.each([
    ['are those that the secret made and never held', [], [b]],
    ['are not those to keep', [undefined, b], []],
  ])('%s', (_, kept, found) => {
    expect(abandonedKeys(anApp({ keys }), by, kept)).toEqual(found);
  });

  it('are not those that have a successor: they were in use', () => {
    const app = anApp({ keys: { [b]: { ...pending, rotatedTo: a } } });
    expect(abandonedKeys(app, by, [])).toEqual([]);
  });

  it('go with a tombstone, and where there are none nothing changes', () => {
    const app = anApp({ keys });
    const without = withoutAbandoned(app, [b], change);
    expect(Object.keys(without.keys)).toEqual([a, c]);
    expect(without).toMatchObject({ keyCount: 2, removed: { [b]: { why: 'deleted', op: 'op-1', at: now } } });
    expect(withoutAbandoned(app, [], change)).toBe(app);
  });
});

describe('promoting a pending key', () => {
  const before = { ...pending, rotatedFrom: b };

  it('takes its mark away, once', () => {
    const app = promote(anApp({ keys: { [a]: before } }), a, b, now);
    expect(app.keys).toEqual({ [a]: aKey({ createdBy: by, rotatedFrom: b }) });
    expect(promote(app, a, b, now)).toBe(app);
  });

  it.each([
    ['404666', 'is gone', {}],
    ['409306', 'is disabled', { keys: { [a]: { ...before, enabled: false } } }],
    ['409306', 'has expired', { keys: { [a]: { ...before, expiresAt: now } } }],
    ['409306', 'is of a deactivated application', { keys: { [a]: before }, status: 'deactivated' }],
    ['409306', 'succeeds another key', { keys: { [a]: { ...pending, rotatedFrom: c } } }],
    ['409306', 'succeeds none', { keys: { [a]: pending } }],
    ['409306', 'has a successor', { keys: { [a]: { ...before, rotatedTo: c } } }],
    ['409306', 'succeeds a key that is disabled', { keys: { [a]: before, [b]: aKey({ enabled: false }) } }],
    ['409306', 'may do more than the key in use', { keys: { [a]: { ...before, scopes: ['x'] }, [b]: aKey() } }],
    [
      '409306',
      'may be used from elsewhere',
      { keys: { [a]: before, [b]: aKey({ restrictions: { allowedSources: ['10.0.0.0/8'] } }) } },
    ],
  ] as const)('%s when it %s', (code, _, parts) => {
    expect(refusalOf(() => promote(anApp(parts), a, b, now)).code).toBe(code);
  });
});

describe('a key that is in use', () => {
  it('is pending no more', () => {
    const app = anApp({ keys: { [a]: pending } });
    expect(inUse(app, a, by).keys).toEqual({ [a]: aKey({ createdBy: by }) });
    expect([inUse(app, b, by), inUse(app, a, 'another')]).toEqual([app, app]);
  });
});

describe('what a new version was made from', () => {
  const pendingValue = { app: 'x', note: ['b', 'a'], apiKeyId: 'new', apiKey: 'hrn' };

  it.each([
    ['its key', { app: 'x', note: ['b', 'a'], apiKeyId: 'old' }],
    ['nothing, for a first key', { app: 'x', note: ['b', 'a'] }],
  ])('may differ in %s', (_, replaced) => {
    requireSameBasis(replaced, pendingValue);
  });

  it.each([
    ['another application', { app: 'y', note: ['b', 'a'] }],
    ['another overlap', { app: 'x', note: ['b', 'a'], overlapSeconds: 1 }],
    ['another order of a list', { app: 'x', note: ['a', 'b'] }],
  ])('409306 for %s', (_, replaced) => {
    expect(refusalOf(() => requireSameBasis(replaced, pendingValue)).code).toBe('409306');
  });
});

describe('the key before', () => {
  const end = now + 60_000;
  const succession = { to: b, current: b, by };
  const successor = aKey({ createdBy: by, rotatedFrom: a });

  it.each([
    ['ends when the overlap does', -1, end],
    ['ends no later than it would have', now + 1, now + 1],
    ['ends earlier than it would have', end + 1, end],
  ])('%s', (_, expiresAt, ended) => {
    const app = anApp({ keys: { [a]: aKey({ expiresAt }), [b]: successor } });
    expect(endPredecessor(app, succession, end).keys[a]).toEqual(aKey({ expiresAt: ended, rotatedTo: b }));
  });

  it('keeps no grace of another rotation', () => {
    const old = aKey({ expiresAt: now + 1, graceSeconds: 60, rotatedTo: c });
    const app = anApp({ keys: { [a]: old, [b]: successor } });
    expect(endPredecessor(app, succession, end).keys[a]).toEqual(aKey({ expiresAt: now + 1, rotatedTo: b }));
  });

  it.each([
    ['it has its end already', { [a]: aKey({ rotatedTo: b }), [b]: successor }],
    ['it is gone', { [b]: successor }],
    ['its successor is gone', { [a]: aKey() }],
    ['somebody else made its successor', { [a]: aKey(), [b]: aKey({ rotatedFrom: a }) }],
    ['its successor has no key before', { [a]: aKey(), [b]: aKey({ createdBy: by }) }],
  ])('is left alone when %s', (_, keys) => {
    const app = anApp({ keys });
    expect(endPredecessor(app, succession, end)).toBe(app);
  });

  it('is left alone when it is in use again', () => {
    const app = anApp({ keys: { [a]: aKey(), [b]: successor } });
    expect(endPredecessor(app, { ...succession, current: a }, end)).toBe(app);
    expect(endPredecessor(app, { ...succession, current: c }, end).keys[a]).toMatchObject({ rotatedTo: b });
  });
});
