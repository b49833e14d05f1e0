import { describe, expect, it } from 'vitest';
import {
  dayMs,
  earlierOf,
  endOf,
  expiryFault,
  formatLifetime,
  isOverAge,
  type Lifetime,
  requireExpiry,
} from '../../lib/domain/lifetime.ts';
import { aKey, now, refusalOf } from '../support/apps.ts';

const month: Lifetime = { maxDays: 30 };
const limit = now + 30 * dayMs;
const inFuture = 'must be in the future, in milliseconds since the Unix epoch, or -1: ';
const atMost = 'must be at most 30 days after the creation of the API key';

it.each<[string, number | undefined, Lifetime, number]>([
  ['never without settings', undefined, {}, -1],
  ['never on request', -1, { defaultDays: 1 }, -1],
  ['after the default', undefined, { defaultDays: 1, maxDays: 30 }, now + dayMs],
  ['after the maximum where there is no default', undefined, month, limit],
  ['after the maximum on request', -1, { defaultDays: 1, maxDays: 30 }, limit],
  ['when its caller asks for it', now + 1, { defaultDays: 1, maxDays: 30 }, now + 1],
  ['after the maximum, however much later an inherited end is', limit + dayMs, month, limit],
])('a key ends %s', (_, input, lifetime, end) => {
  expect(endOf(input, { createdTime: now }, lifetime)).toBe(end);
});

it('of two ends, -1 is the later one', () => {
  expect([earlierOf(-1, 5), earlierOf(5, -1), earlierOf(5, 6), earlierOf(-1, -1)]).toEqual([5, 5, 5, -1]);
});

it.each<[string, Lifetime, Lifetime]>([
  ['both rules', { defaultDays: 1, maxDays: 30 }, { defaultDays: 1, maxDays: 30 }],
  ['the default alone', { defaultDays: 1, maxDays: undefined }, { defaultDays: 1 }],
  ['the maximum alone', { defaultDays: undefined, maxDays: 30 }, { maxDays: 30 }],
  ['no rule', { defaultDays: undefined, maxDays: undefined }, {}],
])('an answer shows %s where no other is set', (_, lifetime, shown) => {
  expect(formatLifetime(lifetime)).toStrictEqual(shown);
});

describe('a requested expiry', () => {
  it.each<[number | undefined, Lifetime]>([
    [undefined, {}],
    [-1, {}],
    [now + 1, {}],
    [undefined, month],
    [-1, month],
    [limit, month],
    [limit + 60_000, month],
  ])('of %s with %j is all right', (expiresAt, lifetime) => {
    expect(expiryFault(expiresAt, now, lifetime)).toBeUndefined();
    expect(() => requireExpiry(expiresAt, now, lifetime)).not.toThrow();
  });

  it.each<[number, Lifetime, string]>([
    [now, {}, `${inFuture}never`],
    [0, {}, `${inFuture}never`],
    [-2, {}, `${inFuture}never`],
    [now, month, `${inFuture}as late as the settings allow`],
    [limit + 60_001, month, `${atMost}, or -1: as late as the settings allow`],
    [now + 2 * dayMs, { maxDays: 1 }, `${atMost.replace('30 days', '1 day')}, or -1: as late as the settings allow`],
  ])('of %s with %j is 400200, which names the limit', (expiresAt, lifetime, message) => {
    const fault = { code: '400200', parts: { details: [{ source: '$.expiresAt', message }] } };
    expect(expiryFault(expiresAt, now, lifetime)).toMatchObject(fault);
    expect(refusalOf(() => requireExpiry(expiresAt, now, lifetime))).toMatchObject(fault);
  });

  it.each([-1, now + 1])('to move the end of a key that is older than the maximum to %s is 400200', (expiresAt) => {
    const key = { createdTime: now - 30 * dayMs };
    const [detail] = expiryFault(expiresAt, now, month, key)?.parts.details ?? [];
    expect(detail?.message).toBe(`${atMost}, which have passed`);
    expect(expiryFault(expiresAt, now, month, { createdTime: now - 30 * dayMs + 60_000 })).toBeUndefined();
  });
});

it.each<[string, Parameters<typeof aKey>[0], Lifetime, boolean]>([
  ['a key that never ends, older than the maximum', { createdTime: now - 30 * dayMs }, month, true],
  ['one that ends, older than the maximum', { createdTime: now - 30 * dayMs, expiresAt: now + 1 }, month, true],
  ['one that is not quite so old', { createdTime: now - 30 * dayMs + 1 }, month, false],
  ['one that has ended', { createdTime: now - 90 * dayMs, expiresAt: now }, month, false],
  ['any key without a maximum', { createdTime: 0 }, { defaultDays: 1 }, false],
])('%s is over age: %#', (_, parts, lifetime, isOver) => {
  expect(isOverAge(aKey(parts), now, lifetime)).toBe(isOver);
});
