import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { UsageError } from '../../../lib/package/cli/terminal.ts';
import { formatTime, parseExpiry, parseSeconds } from '../../../lib/package/cli/times.ts';

const now = Date.UTC(2030, 0, 31, 12);

describe('a length of time', () => {
  it.each([
    ['90', 90],
    ['0', 0],
    ['90s', 90],
    ['15m', 900],
    ['12h', 43_200],
    ['30d', 2_592_000],
    ['2w', 1_209_600],
    ['999999999', 999_999_999],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });

  it.each(['', 's', '1y', '1.5h', '-1', '1h30m', 'in 1h', '1 h', '1000000000', '1hh'])('%j is none', (text) => {
    const message = 'A duration is a number followed by s, m, h, d, or w, such as 90s, 12h, or 30d.';
    expect(() => parseSeconds(text)).toThrow(new UsageError(message));
    expect(() => parseSeconds(text)).toThrow(UsageError);
  });
});

describe('the end of a key', () => {
  it.each([
    ['never', -1],
    ['30s', now + 30_000],
    ['12h', now + 43_200_000],
    ['2030-12-31', Date.UTC(2030, 11, 31)],
    ['2032-02-29', Date.UTC(2032, 1, 29)],
    ['2030-12-31T12:34', Date.UTC(2030, 11, 31, 12, 34)],
    ['2030-12-31 12:34', Date.UTC(2030, 11, 31, 12, 34)],
    ['2030-12-31T12:34Z', Date.UTC(2030, 11, 31, 12, 34)],
    ['2030-12-31T12:34:56', Date.UTC(2030, 11, 31, 12, 34, 56)],
    ['2030-12-31T12:34:56.789Z', Date.UTC(2030, 11, 31, 12, 34, 56, 789)],
    ['2030-12-31T12:34:56.7', Date.UTC(2030, 11, 31, 12, 34, 56, 700)],
    ['2030-12-31T12:34+02:00', Date.UTC(2030, 11, 31, 10, 34)],
    ['2030-12-31T12:34-10:30', Date.UTC(2030, 11, 31, 23, 4)],
    ['2031-01-01T00:30+02:00', Date.UTC(2030, 11, 31, 22, 30)],
  ])('%s is %i', (text, time) => {
    expect(parseExpiry(text, now)).toBe(time);
  });

  it.each([
    '',
    'soon',
    'Never',
    '90',
    'in 30d',
    '30d from now',
    '1893456000000',
    '12/31/2030',
    '31 Dec 2030',
    '2030',
    '2030-12',
    '2030-12-31Z',
    '2030-12-31T12',
    '2030-12-31T12:34:56.',
    '2030-12-31T12:34+02',
    '2030-12-31T12:34 UTC',
    '2030-12-31 until 12:34',
    'on 2030-12-31',
    '2030-12-31 (2030-12-31',
    '+002030-12-31',
    '2030-12-31 ',
    '2030-13-01',
    '2030-02-30',
    '2031-02-29',
    '2030-12-31T25:00',
  ])('%j is none', (text) => {
    const message = 'An expiry is never, a duration such as 30d, or a date such as 2030-12-31 or 2030-12-31T12:00Z.';
    expect(() => parseExpiry(text, now)).toThrow(new UsageError(message));
    expect(() => parseExpiry(text, now)).toThrow(UsageError);
  });

  it('is in UTC unless it says otherwise, wherever that is', () => {
    vi.stubEnv('TZ', 'Asia/Tokyo');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(parseExpiry('2030-12-31T12:34', now)).toBe(Date.UTC(2030, 11, 31, 12, 34));
    expect(parseExpiry('2030-12-31', now)).toBe(Date.UTC(2030, 11, 31));
  });

  it.each(['1y', '1234567890d'])('%j, which is no length of time, is none', (text) => {
    expect(() => parseExpiry(text, now)).toThrow(UsageError);
  });
});

describe('a time is shown', () => {
  it.each([
    [undefined, '-'],
    [-1, 'never'],
    [0, '1970-01-01 00:00Z'],
    [Date.UTC(2030, 11, 31, 12, 34, 56), '2030-12-31 12:34Z'],
  ])('%s as %s', (time, text) => {
    expect(formatTime(time)).toBe(text);
  });
});
