import { describe, expect, it } from 'vitest';
import { formatPageToken, parsePage } from '../../../lib/service/http/page.ts';
import { refusalOf } from '../../support/apps.ts';

const list = ['myrealm', 'demo'];
const place = '0000000000000001#lACE8kgYxsahjbXnvy8w';
const tokenFor = (after: string, of = list, total = 1) => formatPageToken({ after, total }, of);
const faultAt = (source: string, message: string) => ({ code: '400200', parts: { details: [{ source, message }] } });

describe('a limit', () => {
  it.each([null, undefined, {}, { limit: undefined }, { limit: [] }])('is 100 where the query is %j', (query) => {
    expect(parsePage(query, list)).toEqual({ limit: 100, from: undefined });
  });

  it.each([0, 1, 9, 10, 42, 99, 100])('may be %i', (limit) => {
    expect(parsePage({ limit: [String(limit)] }, list)).toEqual({ limit, from: undefined });
  });

  it.each(['', '00', '01', '101', '110', '1000', '-1', '1.5', ' 1', '1 ', '1e1', 'x'])('400200 for %j', (limit) => {
    const fault = faultAt('$.limit', 'must be an integer from 0 to 100');
    expect(refusalOf(() => parsePage({ limit: [limit] }, list))).toMatchObject(fault);
  });
});

it('what is no text counts as not given', () => {
  const query = { limit: [null, '5'], pageToken: [null] } as never;
  expect(parsePage(query, list)).toEqual({ limit: 5, from: undefined });
});

it.each(['limit', 'pageToken'])('400200 for two values of %s', (name) => {
  const fault = faultAt(`$.${name}`, 'must be given once');
  expect(refusalOf(() => parsePage({ [name]: ['1', '1'] }, list))).toMatchObject(fault);
});

describe('a page token', () => {
  const refused = (token: string, of = list) => {
    const refusal = refusalOf(() => parsePage({ pageToken: [token] }, of));
    expect(refusal).toMatchObject(faultAt('$.pageToken', 'is not a page token of this list'));
  };

  it.each([place, '1234567890123456#A', `1234567890123456#${'_-azAZ09'.repeat(8)}`])('leads on after %s', (after) => {
    for (const total of [0, 1, 1_000]) {
      const token = tokenFor(after, list, total);
      expect(token).toMatch(/^[\w-]+\.[\w-]{16}$/);
      expect(parsePage({ pageToken: [token], limit: ['2'] }, list)).toEqual({ limit: 2, from: { after, total } });
    }
  });

  it('400200 in another list', () => {
    for (const other of [[], ['myrealm'], ['myrealm', 'other'], ['other', 'demo']]) {
      refused(tokenFor(place), other);
    }
  });

  it('400200 once it was changed', () => {
    const [start, sum] = tokenFor(place).split('.');
    const [other] = tokenFor('0000000000000002#A').split('.');
    for (const token of ['', '.', `${start}`, `${start}.`, `.${sum}`, `${other}.${sum}`, `${start}.${sum}x`]) {
      refused(token);
    }
  });

  it.each([10_000, 1.5, -1, Number.NaN])('400200 for the total %d, which no list has', (total) => {
    refused(tokenFor(place, list, total));
  });

  it.each([
    '',
    place.slice(1),
    `0${place}`,
    `x${place}`,
    `${place}\n`,
    `${place}~`,
    '0000000000000001#',
    `0000000000000001#${'a'.repeat(65)}`,
    'x000000000000001#a',
  ])('400200 for the place %j, which no list has', (after) => {
    refused(tokenFor(after));
  });
});
