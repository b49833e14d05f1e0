const dateAndTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const withSeconds = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const dayMs = 24 * 60 * minuteMs;
const units = [
  ['year', 365 * dayMs],
  ['month', 30 * dayMs],
  ['day', dayMs],
  ['hour', 60 * minuteMs],
  ['minute', minuteMs],
] as const;

/** @returns when a time is, seen from now: `3 days ago`, `in 2 hours`, `just now` */
export function fromNow(time: number, now: number): string {
  const [unit, lengthMs] = units.find(([, length]) => Math.abs(time - now) >= length) ?? [];
  return unit === undefined ? 'just now' : relative.format(Math.round((time - now) / lengthMs), unit);
}

/** @returns when something ends; a time that has passed may have been read from a clock that is ahead, an end not */
export function endFromNow(end: number, now: number): string {
  const isSoon = end > now && end - now < minuteMs;
  return isSoon ? 'in less than a minute' : fromNow(end, now);
}

/** @returns when a request can be sent again: `in 1 second` */
export function afterWait(seconds: number): string {
  return seconds < 60 ? `in ${inWords(seconds)}` : fromNow(seconds * secondMs, 0);
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
