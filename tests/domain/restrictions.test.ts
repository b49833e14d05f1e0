import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Demands,
  isKnown,
  parseReferrers,
  parseSources,
  type RequestOrigin,
  type Restricted,
  reasonNotToAccept,
  requireWithinCeiling,
  withinCeiling,
} from '../../lib/domain/restrictions.ts';
import { refusalOf } from '../support/apps.ts';

describe('lists of a request', () => {
  it.each([
    [parseSources, ['2001:DB8::/32', '10.0.0.1/32'], ['2001:db8::/32', '10.0.0.1']],
    [parseSources, ['0.0.0.0/0', '::/0'], ['0.0.0.0/0', '::/0']],
    [parseReferrers, ['WWW.example.com/', 'b.test:08'], ['www.example.com', 'b.test:8']],
  ])('%o of %j gives %j', (parse, given, canonical) => {
    expect(parse(given)).toEqual(canonical);
  });

  it.each([
    [parseSources, ['10.0.0.1', '10.0.0.0/33'], '$.allowedSources[1]', /^must be an IPv4 or IPv6 address/],
    [parseSources, ['10.0.0.1/8'], '$.allowedSources[0]', /only zeros after its prefix$/],
    [parseSources, ['10.0.0.1', '::ffff:10.0.0.1'], '$.allowedSources[1]', /^is in the list already$/],
    [parseReferrers, ['a.test', 'https://b.test'], '$.referrers[1]', /^must be a host/],
    [parseReferrers, ['a.test', 'A.test/'], '$.referrers[1]', /^is in the list already$/],
  ])('%o of %j: 400200 at %s', (parse, given, source, message) => {
    const { code, parts } = refusalOf(() => parse(given));
    expect([code, parts.details?.length, parts.details?.[0]?.source]).toEqual(['400200', 1, source]);
    expect(parts.details?.[0]?.message).toMatch(message);
  });
});

describe('the ceiling', () => {
  it.each([
    [['a', 'b'], undefined, ['a', 'b'], []],
    [['a', 'b'], ['b', 'a', 'c'], ['a', 'b'], []],
    [['a', 'b', 'c'], ['b'], ['b'], ['$.scopes[0]', '$.scopes[2]']],
    [['a'], [], [], ['$.scopes[0]']],
    [[], [], [], []],
  ])('of %j, %j leaves %j, and 400200 names %j', (scopes, ceiling, left, sources) => {
    const app = ceiling ? { scopes: ceiling } : {};
    expect(withinCeiling(scopes, app)).toEqual(left);
    if (sources.length === 0) return expect(() => requireWithinCeiling(scopes, app)).not.toThrow();
    const { code, parts } = refusalOf(() => requireWithinCeiling(scopes, app));
    expect(code).toBe('400200');
    const message = "is not among the application's scopes";
    expect(parts.details).toMatchObject(sources.map((source) => ({ source, message })));
  });
});

it.each<[object, object, boolean]>([
  [{}, {}, true],
  [{ allowedSources: ['10.0.0.1'] }, { referrers: ['a.test'], scopes: [] }, true],
  [{ notBefore: 1 }, {}, false],
  [{ allowedSources: [], notBefore: undefined }, {}, false],
  [{}, { methods: ['GET'] }, false],
  [{ notBefore: 1 }, { methods: ['GET'] }, false],
  [{ scopes: ['a'] }, {}, false],
  [{}, { allowedSources: ['10.0.0.1'] }, false],
])('restrictions of a key %j and of its application %j are known: %s', (key, app, known) => {
  expect(isKnown(key, app)).toBe(known);
});

describe('a valid key', () => {
  const key: Restricted = { realm: 'r', appId: 'app1', scopes: ['a', 'b'] };
  const restricted: Restricted = { ...key, allowedSources: ['10.0.0.0/8'], referrers: ['a.test'] };
  const right: RequestOrigin = { source: '10.1.2.3', origin: 'https://a.test' };

  it.each<[Restricted, Demands, RequestOrigin, string | undefined]>([
    [key, {}, {}, undefined],
    [key, { realms: ['x', 'r'], apps: ['app2', 'app1'], scopes: ['b', 'a'] }, {}, undefined],
    [key, { scopes: [] }, {}, undefined],
    [key, { realms: ['x'] }, {}, 'realm'],
    [key, { realms: [] }, {}, 'realm'],
    [key, { apps: ['app'] }, {}, 'app'],
    [key, { apps: [] }, {}, 'app'],
    [key, { scopes: ['a', 'c'] }, {}, 'scope'],
    [{ ...key, scopes: [] }, { scopes: ['a'] }, {}, 'scope'],
    [restricted, {}, right, undefined],
    [restricted, {}, { ...right, source: '::ffff:10.1.2.3' }, undefined],
    [restricted, {}, { ...right, source: '11.1.2.3' }, 'source'],
    [restricted, {}, { ...right, source: undefined }, 'source'],
    [restricted, {}, { ...right, source: 'x' }, 'source'],
    [restricted, {}, { ...right, origin: 'https://b.test' }, 'referrer'],
    [restricted, {}, { source: '10.1.2.3' }, 'referrer'],
    [restricted, {}, { source: '10.1.2.3', referer: 'https://a.test/x' }, undefined],
    [{ ...key, allowedSources: [] }, {}, right, 'source'],
    [{ ...key, referrers: [] }, {}, right, 'referrer'],
    [restricted, { realms: ['x'], apps: ['y'], scopes: ['z'] }, {}, 'realm'],
    [restricted, { apps: ['y'], scopes: ['z'] }, {}, 'app'],
    [restricted, { scopes: ['z'] }, {}, 'scope'],
    [restricted, {}, {}, 'source'],
  ])('%j that must be good for %j, from %j: %s', (which, demands, origin, reason) => {
    expect(reasonNotToAccept(which, demands, origin)).toBe(reason);
  });

  it('is accepted no more often with a restriction or a demand more', () => {
    const letters = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'));
    const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
    const keys = fc.record({
      realm: fc.constantFrom('a', 'b'),
      appId: fc.constantFrom('a', 'b'),
      scopes: letters,
      allowedSources: maybe(fc.subarray(['10.0.0.1', '0.0.0.0/0'])),
      referrers: maybe(fc.subarray(['a.test', 'b.test'])),
    });
    const demands = fc.record({ realms: maybe(letters), apps: maybe(letters), scopes: maybe(letters) });
    const origins = fc.record({
      source: maybe(fc.constantFrom('10.0.0.1', '10.0.0.2')),
      origin: maybe(fc.constantFrom('https://a.test', 'https://b.test')),
    });
    const fields = fc.constantFrom('allowedSources', 'referrers', 'realms', 'apps', 'scopes');
    fc.assert(
      fc.property(keys, demands, origins, fields, (one, wanted, origin, field) => {
        fc.pre(reasonNotToAccept(one, wanted, origin) === undefined);
        const isOfKey = field === 'allowedSources' || field === 'referrers';
        const freer = isOfKey ? { ...one, [field]: undefined } : one;
        const easier = isOfKey ? wanted : { ...wanted, [field]: undefined };
        expect(reasonNotToAccept(freer, easier, origin)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });
});
