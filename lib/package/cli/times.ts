import { UsageError } from './terminal.ts';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** @returns seconds, from `90`, `90s`, `15m`, `12h`, `30d` or `2w` @throws UsageError for anything else */
export function parseSeconds(text: string): number {
  const [, count = '', unit = 's'] = /^(\d{1,9})([smhdw])?$/.exec(text) ?? [];
  if (count === '') throw new UsageError('A length of time is a number and s, m, h, d or w: 90s, 12h, 30d.');
  return Number(count) * (secondsOf[unit] ?? 1);
}

/**
 * @param text `never`, a length of time from now such as `30d`, or a date with or without a time, in UTC unless it says so
 * @returns ms since the Unix epoch, or -1: never
 * @throws UsageError for anything else
 */
export function parseExpiry(text: string, now: number): number {
  if (text === 'never') return -1;
  if (/^\d+[smhdw]$/.test(text)) return now + parseSeconds(text) * 1000;
  const isDate = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const time = Date.parse(/[T ]/.test(text) && !/(Z|[+-]\d\d:\d\d)$/.test(text) ? `${text}Z` : text);
  if (isDate && !Number.isNaN(time) && isInCalendar(text.slice(0, 10))) return time;
  throw new UsageError(
    'A key ends: never, after a time such as 30d, or at a date such as 2030-12-31 or 2030-12-31T12:00Z.',
  );
}

/** A day past the end of its month is read as one of the next. */
function isInCalendar(day: string): boolean {
  return new Date(day).toISOString().startsWith(day);
}

/** @returns a time as `2030-12-31 12:00:01Z`, to the next full second */
export function formatSecond(time: number): string {
  return `${new Date(Math.ceil(time / 1_000) * 1_000).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** @returns what was done to an application or a key last, by whom, and when */
export function formatChange({ at, by, action }: { at: number; by: string; action: string }): string {
  return `${action} by ${by}, ${formatTime(at)}`;
}

/** @returns a time as `2030-12-31 12:00Z`; `-` for none, and `never` for that of an expiry */
export function formatTime(time: number | undefined): string {
  if (time === undefined) return '-';
  return time === -1 ? 'never' : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}
