import { describe, expect, it } from 'vitest';
import {
  abandonedKeys,
  creatorOf,
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

it('a secret creates keys under its own name', () => {
  expect(creatorOf('billing-AbCdEf')).toBe(by);
});

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

  it('succeeds a key that the same secret created', () => {
    const app = anApp({ keys: { [a]: aKey({ createdBy: by }) } });
    expect(pendingKeyOf(app, a, by).besides).toEqual({ rotatedFrom: a, pending: true });
  });

  it('404666 when the key in use is gone', () => {
    expect(refusalOf(() => pendingKeyOf(anApp(), a, by)).code).toBe('404666');
  });

  it.each([
    ['is disabled', { enabled: false }],
    ['reported it as leaked', { enabled: false, disabledReason: 'leaked' }],
    ['belongs to another secret', { createdBy: 'lambda:rotateSecret:other-AbCdEf' }],
  ] as const)('409306 with the cause that the key in use %s', (cause, parts) => {
    const refusal = refusalOf(() => pendingKeyOf(anApp({ keys: { [a]: aKey(parts) } }), a, by));
    expect(refusal).toMatchObject({ code: '409306', parts: { cause: expect.stringContaining(cause) } });
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
    ['nothing', {}],
    ['scopes and sources', { scopes: ['x'], restrictions: { allowedSources: ['10.0.0.0/8'] } }],
  ])('succeeds when it has %s like the key in use', (_, rights) => {
    const app = anApp({ keys: { [a]: { ...before, ...rights }, [b]: aKey(rights) } });
    expect(promote(app, a, b, now).keys[a]).not.toHaveProperty('pending');
  });

  it('404666 when it is gone', () => {
    expect(refusalOf(() => promote(anApp(), a, b, now)).code).toBe('404666');
  });

  it.each([
    ['is disabled', 'is disabled', { keys: { [a]: { ...before, enabled: false } } }],
    ['has expired', 'has expired', { keys: { [a]: { ...before, expiresAt: now } } }],
    ['is of a deactivated application', 'is deactivated', { keys: { [a]: before }, status: 'deactivated' }],
    ['succeeds another key', 'AWSCURRENT has changed', { keys: { [a]: { ...pending, rotatedFrom: c } } }],
    ['succeeds none', 'AWSCURRENT has changed', { keys: { [a]: pending } }],
    ['has a successor', 'has rotated', { keys: { [a]: { ...before, rotatedTo: c } } }],
    [
      'succeeds a key that is disabled',
      'AWSCURRENT is disabled',
      { keys: { [a]: before, [b]: aKey({ enabled: false }) } },
    ],
    [
      'may do more than the key in use',
      'AWSCURRENT has changed',
      { keys: { [a]: { ...before, scopes: ['x'] }, [b]: aKey() } },
    ],
    [
      'may be used from elsewhere',
      'AWSCURRENT has changed',
      { keys: { [a]: before, [b]: aKey({ restrictions: { allowedSources: ['10.0.0.0/8'] } }) } },
    ],
  ] as const)('409306 when it %s, with the cause: %s', (_, cause, parts) => {
    const refusal = refusalOf(() => promote(anApp(parts), a, b, now));
    expect(refusal).toMatchObject({ code: '409306', parts: { cause: expect.stringContaining(cause) } });
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
