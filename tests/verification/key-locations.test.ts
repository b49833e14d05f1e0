import { describe, expect, it, vi } from 'vitest';
import { formatApiKeyId } from '../../lib/domain/api-key-id.ts';
import { requireApiKey } from '../../lib/package/verifier/fetch.ts';
import { reject } from '../../lib/package/verifier/rejection.ts';
import { partsOf } from '../../lib/verification/gateway-request.ts';
import { type KeyLocation, keyLocations, presentedKey } from '../../lib/verification/key-locations.ts';

const key = formatApiKeyId('ak', 'someApp', new Uint8Array(32));

function keyAt(location: KeyLocation, value: string) {
  const parts = location === 'query' ? { query: { apiKey: value } } : { headers: { [location]: value } };
  return presentedKey(parts, [location]);
}

describe('the key in the location for it', () => {
  it.each([
    ['query', ` ${key} `, key],
    ['x-api-key', `\t${key} `, key],
    ['authorization', `Bearer ${key}`, key],
    ['authorization', ` apikey \t ${key} `, key],
    ['authorization', `x Bearer ${key}`, ''],
    ['authorization', `xBearer ${key}`, ''],
    ['authorization', `Bearer${key}`, ''],
    ['authorization', `Basic ${key}`, ''],
    ['authorization', key, ''],
  ] as const)('in %s: %j', (location, value, apiKeyId) => {
    expect(keyAt(location, value)).toEqual({ apiKeyId, values: [value] });
  });

  it.each(['authorization', 'x-api-key', 'query'] as const)(
    'a bare key is misplaced where %s is not allowed',
    (location) => {
      const value = ` ${key} `;
      const parts = location === 'query' ? { query: { apiKey: value } } : { headers: { [location]: value } };
      expect(
        presentedKey(
          parts,
          keyLocations.filter((other) => other !== location),
        ),
      ).toEqual({ why: 'misplaced' });
    },
  );
});

describe('what a gateway hands over', () => {
  const single = { headers: { 'x-api-key': 'one' }, queryStringParameters: { apiKey: 'one' } };
  const several = { headers: { 'x-api-key': ['one', 'two'] }, query: { apiKey: ['one', 'two'] } };

  it('has all values, where there are several', () => {
    const event = { multiValueHeaders: several.headers, multiValueQueryStringParameters: several.query };
    expect(partsOf({ ...single, ...event })).toEqual(several);
  });

  it.each([undefined, null, {}])('has the single values, where the lists are %j', (none) => {
    const event = { ...single, multiValueHeaders: none ?? undefined, multiValueQueryStringParameters: none };
    expect(partsOf(event)).toEqual({ headers: single.headers, query: single.queryStringParameters });
  });
});

it('a Request is asked for every key of its query, its headers, and its address', async () => {
  const verifyRequest = vi.fn(async () => ({ valid: false, reason: 'missing' }) as const);
  const options = { log: () => {}, scopes: ['invoices:read'], source: () => '203.0.113.7' };
  const guard = requireApiKey({ verify: async () => expect.fail(), verifyRequest }, options);
  const url = `https://api.example.com/invoices?apiKey=one&apiKey=two`;
  await guard(new Request(url, { headers: { 'X-Api-Key': 'three' } }), () => expect.fail('let in'));
  const parts = { headers: { 'x-api-key': 'three' }, query: { apiKey: ['one', 'two'] }, source: '203.0.113.7' };
  expect(verifyRequest).toHaveBeenCalledWith(parts, { scopes: ['invoices:read'] });
});

describe('a refusal', () => {
  const uuid = expect.stringMatching(/^[\w-]{36}$/);

  it.each([
    ['from-caller', 'from-caller'],
    ['a b', uuid],
    ['', uuid],
    [null, uuid],
    [undefined, uuid],
  ])('of a request with the correlation id %j is logged with one that is one', (given, correlationId) => {
    const log = vi.fn();
    const { body } = reject({ valid: false, reason: 'expired' }, given, { log });
    expect(body.correlationId).toEqual(correlationId);
    const { errorId } = body;
    const record = { event: 'verification', level: 'INFO', correlation_id: correlationId, errorId, result: 'expired' };
    expect(log.mock.calls).toEqual([[record]]);
  });
});
