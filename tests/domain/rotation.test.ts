import { describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import { dayMs } from '../../lib/domain/lifetime.ts';
import type { KeyRestrictions } from '../../lib/domain/restrictions.ts';
import { completeRotationInput, type Rotation, type RotationInput, withSuccessor } from '../../lib/domain/rotation.ts';
import { aKey, anApp, aRecord, aRequest, aTombstone, expiredKey, handle, now, refusalOf } from '../support/apps.ts';

const [from, to, other] = [handle('f'), handle('t'), handle('o')];
const old = aKey({ expiresAt: now + 3_600_000, enabled: false });
const app = anApp({ keys: { [from]: old } });
const successor = { ...old, createdTime: now, createdBy: 'worker', rotatedFrom: from };
const removal = { at: now, op: 'op-1' };
const rotated = { ...removal, why: 'rotated', successor: to };

function rotation(parts: Partial<Rotation> = {}): Rotation {
  return { from, to, input: {}, by: 'worker', op: 'op-1', now, maxKeys: 2, lifetime: {}, ...parts };
}

function overlapping(overlapSeconds: number): Rotation {
  return rotation({ input: { overlapSeconds } });
}

describe('rotating until the first use of the successor', () => {
  const overlap = { untilFirstUse: 60, atMost: 600 };

  it('gives the old key its hard end, and keeps the grace with it', () => {
    const { keys } = withSuccessor(app, rotation({ input: { overlap } }));
    expect(keys).toStrictEqual({
      [from]: { ...old, expiresAt: now + 600_000, rotatedTo: to, graceSeconds: 60 },
      [to]: successor,
    });
  });

  it('is another request than with a fixed overlap, and 400200 together with one', () => {
    expect(completeRotationInput({ overlap })).toEqual({ overlap, overlapSeconds: 0 });
    expect(completeRotationInput({ overlapSeconds: 5 })).toEqual({ overlapSeconds: 5 });
    const details = [{ source: '$.overlap', message: 'cannot be given together with overlapSeconds' }];
    for (const overlapSeconds of [0, 5])
      expect(refusalOf(() => completeRotationInput({ overlap, overlapSeconds }))).toMatchObject({
        code: '400200',
        parts: { details },
      });
  });
});

describe('rotating at once', () => {
  it('replaces the old key by a successor like it', () => {
    const removed = { [from]: rotated };
    expect(withSuccessor(app, rotation())).toStrictEqual({
      ...app,
      keys: { [to]: successor },
      sealed: old.createdTime,
      removed,
    });
  });

  it('gives the successor the name and the expiry that are asked for', () => {
    const { keys } = withSuccessor(app, rotation({ input: { name: ' new ', expiresAt: -1, overlapSeconds: 0 } }));
    expect(keys).toEqual({ [to]: { ...successor, name: 'new', expiresAt: -1 } });
  });

  it.each<[string, number, RotationInput, number]>([
    ['inherits an end within the maximum', now + 3_600_000, {}, now + 3_600_000],
    ['has an inherited end shortened to the maximum', now + 2 * dayMs, {}, now + dayMs],
    ['has the maximum where the old key never ends', -1, {}, now + dayMs],
    ['has the maximum on request', now + 3_600_000, { expiresAt: -1 }, now + dayMs],
    ['has the end that is asked for', -1, { expiresAt: now + 1 }, now + 1],
  ])('with a maximum lifetime the successor %s', (_, expiresAt, input, end) => {
    const aged = anApp({ keys: { [from]: { ...old, createdTime: now - 10 * dayMs, expiresAt } } });
    const lifetime = { defaultDays: 1, maxDays: 1 };
    expect(withSuccessor(aged, rotation({ input, lifetime })).keys[to]?.expiresAt).toBe(end);
  });

  const rich = {
    description: 'what for',
    scopes: ['a', 'b'],
    restrictions: { allowedSources: ['10.0.0.0/8'], notBefore: 7 } as KeyRestrictions,
  };
  const newer = { notBefore: 7 };

  it.each<[RotationInput, object]>([
    [{}, rich],
    [
      { description: ' else ', scopes: ['c'] },
      { ...rich, description: 'else', scopes: ['c'] },
    ],
    [{ allowedSources: ['::1'] }, { ...rich, restrictions: { ...newer, allowedSources: ['::1'] } }],
    [{ description: '', scopes: [], allowedSources: [] }, { restrictions: newer }],
  ])('with %j gives the successor what is asked for, and what the old key has besides', (input, parts) => {
    const before = anApp({ keys: { [from]: { ...old, ...rich } } });
    expect(withSuccessor(before, rotation({ input })).keys).toStrictEqual({ [to]: { ...successor, ...parts } });
  });

  it.each<[RotationInput, string[] | undefined]>([
    [{}, ['b']],
    [{ scopes: ['c', 'b', 'd'] }, ['c', 'b']],
    [{ scopes: ['a'] }, undefined],
  ])('with %j leaves scopes above the ceiling out', (input, scopes) => {
    const before = anApp({ keys: { [from]: { ...old, ...rich } }, restrictions: { scopes: ['c', 'b'] } });
    expect(withSuccessor(before, rotation({ input })).keys[to]?.scopes).toEqual(scopes);
  });

  it('leaves the other key, expired or not, in a full application', () => {
    const full = anApp({ keys: { [from]: old, [other]: expiredKey() } });
    const { keys, keyCount } = withSuccessor(full, rotation());
    expect([keys, keyCount]).toEqual([{ [other]: expiredKey(), [to]: successor }, 2]);
  });

  it('prunes what is old', () => {
    const removed = { gone: aTombstone({ at: now - 600_000 }), stays: aTombstone() };
    const requests = { gone: aRecord({ at: 0 }) };
    const after = withSuccessor({ ...app, removed, requests }, rotation());
    expect([after.removed, after.requests]).toEqual([{ stays: aTombstone(), [from]: rotated }, {}]);
  });
});

describe('rotating with an overlap', () => {
  it.each([
    ['at its end', -1, 60, now + 60_000],
    ['at its end, if that comes first', now + 90_000, 60, now + 60_000],
    ['when it would have anyway, if that comes first', now + 30_000, 60, now + 30_000],
  ])('ends the old key %s', (_, expiresAt, seconds, end) => {
    const key = aKey({ expiresAt });
    const ending = { ...key, expiresAt: end, rotatedTo: to };
    const next = { ...key, createdTime: now, createdBy: 'worker', rotatedFrom: from };
    const before = anApp({ keys: { [from]: key } });
    const keys = { [from]: ending, [to]: next };
    expect(withSuccessor(before, overlapping(seconds))).toStrictEqual({ ...before, keys, keyCount: 2 });
  });

  it('leaves an expired key while there is a free slot', () => {
    const before = anApp({ keys: { [from]: old, [other]: expiredKey() } });
    expect(withSuccessor(before, { ...overlapping(60), maxKeys: 3 })).toMatchObject({ keyCount: 3, removed: {} });
  });

  it('takes the slot of an expired key when there is no free one', () => {
    const { keys, keyCount, removed } = withSuccessor(
      anApp({ keys: { [from]: old, [other]: expiredKey() } }),
      overlapping(60),
    );
    expect([Object.keys(keys), keyCount]).toEqual([[from, to], 2]);
    expect(removed).toEqual({ [other]: { ...removal, why: 'replaced' } });
  });

  it("takes the old key's own slot when that has expired", () => {
    const before = anApp({ keys: { [from]: expiredKey(), [other]: aKey() } });
    const { keys, removed } = withSuccessor(before, rotation({ input: { overlapSeconds: 60, expiresAt: -1 } }));
    expect([Object.keys(keys), removed]).toEqual([[other, to], { [from]: rotated }]);
  });

  it('409303 when both slots are taken', () => {
    const full = anApp({ keys: { [from]: old, [other]: aKey() } });
    expect(refusalOf(() => withSuccessor(full, overlapping(60)))).toMatchObject({
      code: '409303',
      parts: {
        cause: 'Rotating with an overlap needs a free slot, but the application has reached its key limit.',
        action: 'Delete the other API key first, or rotate with overlapSeconds 0.',
      },
    });
  });
});

it.each<[RotationInput, RotationInput]>([
  [{}, { overlapSeconds: 0 }],
  [
    { name: ' x ', expiresAt: 1 },
    { name: 'x', expiresAt: 1, overlapSeconds: 0 },
  ],
  [
    { description: ' x ', scopes: ['a'], allowedSources: ['::0:1'] },
    { description: 'x', scopes: ['a'], allowedSources: ['::1'], overlapSeconds: 0 },
  ],
  [
    { description: '', scopes: [], allowedSources: [] },
    { description: '', scopes: [], allowedSources: [], overlapSeconds: 0 },
  ],
])('a rotation that asks for %j is known by %j', (input, complete) => {
  expect(completeRotationInput(input)).toStrictEqual(complete);
});

describe('a rotation that may be repeated', () => {
  const request = aRequest();
  const record = aRecord({ handle: to });

  it('is written down', () => {
    const requests = { before: aRecord() };
    const after = withSuccessor({ ...app, requests }, rotation({ request, record }));
    expect(after.requests).toEqual({ before: aRecord(), request: record });
    for (const half of [{ request }, { record }])
      expect(withSuccessor({ ...app, requests }, rotation(half)).requests).toEqual(requests);
  });

  it('changes nothing when it was answered before', () => {
    const answered = withSuccessor(app, rotation({ request, record }));
    expect(withSuccessor(answered, rotation({ request, record }))).toBe(answered);
  });
});

describe('a rotation is rejected', () => {
  it.each<[string, string, App]>([
    ['404666', 'there is no such key', anApp()],
    ['404666', 'the key was deleted', anApp({ removed: { [from]: aTombstone() } })],
    ['409304', 'the key has a successor already', anApp({ keys: { [from]: aKey({ rotatedTo: other }) } })],
    ['409304', 'the key was rotated away', anApp({ removed: { [from]: aTombstone({ why: 'rotated' }) } })],
    ['409306', 'the application is deactivated', { ...app, status: 'deactivated' }],
    ['400337', 'the application has an issuer', { ...app, issuers: ['https://issuer'] }],
    ['400201', 'the key has expired', anApp({ keys: { [from]: aKey({ expiresAt: now }) } })],
  ])('%s when %s', (code, _, before) => {
    expect(refusalOf(() => withSuccessor(before, rotation()))).toMatchObject({ code });
  });

  it.each(['toString', '__proto__'])('404666 for the handle %s, which every object seems to have', (name) => {
    expect(refusalOf(() => withSuccessor(app, rotation({ from: name as typeof from })))).toMatchObject({
      code: '404666',
    });
  });

  it('and says which field is missing when the key has expired', () => {
    const expired = anApp({ keys: { [from]: expiredKey() } });
    const message = 'is required, because the API key to rotate has expired';
    const details = [{ title: 'Missing required field.', source: '$.expiresAt', message }];
    expect(refusalOf(() => withSuccessor(expired, rotation())).parts).toEqual({ details });
  });
});
