import { UsageError } from './terminal.ts';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** @returns seconds, from `90`, `90s`, `15m`, `12h`, `30d` or `2w` @throws UsageError for anything else */
export function parseSeconds(text: string): number {
  const [, count = '', unit = 's'] = /^(\d{1,9})([smhdw])?$/.exec(text) ?? [];
  if (count === '')
    throw new UsageError('A duration is a number followed by s, m, h, d, or w, such as 90s, 12h, or 30d.');
  return Number(count) * (secondsOf[unit] ?? 1);
}

/**
 * @param text `never`, a duration from now such as `30d`, or a date with or without a time, in UTC by default
 * @returns ms since the Unix epoch, or -1 for never
 * @throws UsageError for anything else
 */
export function parseExpiry(text: string, now: number): number {
  if (text === 'never') return -1;
  if (/^\d+[smhdw]$/.test(text)) return now + parseSeconds(text) * 1000;
  const isDate = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const time = Date.parse(/[T ]/.test(text) && !/(Z|[+-]\d\d:\d\d)$/.test(text) ? `${text}Z` : text);
  if (isDate && !Number.isNaN(time) && isInCalendar(text.slice(0, 10))) return time;
  throw new UsageError(
    'An expiry is never, a duration such as 30d, or a date such as 2030-12-31 or 2030-12-31T12:00Z.',
  );
}

/** `Date` reads a day past the end of its month as a day of the next month. */
function isInCalendar(day: string): boolean {
  return new Date(day).toISOString().startsWith(day);
}

/** @returns a time as `2030-12-31 12:00:01Z`, rounded up to a full second */
export function formatSecond(time: number): string {
  return `${new Date(Math.ceil(time / 1_000) * 1_000).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** @returns the last change of an application or a key, with its author and time */
export function formatChange({ at, by, action }: { at: number; by: string; action: string }): string {
  return `${action} by ${by}, ${formatTime(at)}`;
}

/** @returns a time as `2030-12-31 12:00Z`, `-` if there is none, or `never` for the expiry -1 */
export function formatTime(time: number | undefined): string {
  if (time === undefined) return '-';
  return time === -1 ? 'never' : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}
