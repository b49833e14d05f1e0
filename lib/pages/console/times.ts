const dateAndTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const withSeconds = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const secondMs = 1000;
const dayMs = 24 * 60 * 60 * secondMs;
const units = [
  ['year', 365 * dayMs],
  ['month', 30 * dayMs],
  ['day', dayMs],
  ['hour', 60 * 60 * secondMs],
  ['minute', 60 * secondMs],
] as const;

/** @returns when a time is, seen from now: `3 days ago`, `in 2 hours`, `just now` */
export function fromNow(time: number, now: number): string {
  const [unit, lengthMs] = units.find(([, length]) => Math.abs(time - now) >= length) ?? [];
  return unit === undefined ? 'just now' : relative.format(Math.round((time - now) / lengthMs), unit);
}

const lengths = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** @returns a length of time in the largest unit that measures it: `7 days`, `90 minutes` */
export function inWords(seconds: number): string {
  const [unit, length] = lengths.find(([, each]) => seconds % each === 0) ?? ['second', 1];
  const count = seconds / length;
  return `${count.toLocaleString('en')} ${unit}${count === 1 ? '' : 's'}`;
}

export function formatTime(time: number): string {
  return dateAndTime.format(time);
}

/** @returns words that say from when on no verifier accepts a key; none if nothing was taken away */
export function untilWhen(what: string, effectiveBy: number | undefined): string {
  if (effectiveBy === undefined) return '';
  return ` No verifier accepts ${what} after ${withSeconds.format(Math.ceil(effectiveBy / secondMs) * secondMs)}.`;
}

/** @returns the local time as an `<input type="datetime-local">` takes it */
export function formatInput(time: number): string {
  const offsetMs = new Date(time).getTimezoneOffset() * 60 * secondMs;
  return new Date(time - offsetMs).toISOString().slice(0, 16);
}

export const days = (count: number): number => count * dayMs;
