import { labelled } from './dialog.ts';
import { element } from './element.ts';
import type { OwnApp } from './rights.ts';
import { days, endFromNow, formatInput, formatTime } from './times.ts';

export interface ExpiryField {
  readonly content: readonly HTMLElement[];
  /** ms since the Unix epoch; -1: as late as the rules allow; undefined: as the request leaves it */
  readonly value: () => number | undefined;
}

export interface ExpiryRules {
  readonly lifetime: OwnApp['keyLifetime'];
  /** ms since the Unix epoch; the maximum counts from there */
  readonly createdTime?: number;
}

interface Choice {
  readonly text: string;
  readonly value: number | undefined;
}

const presets = [30, 90, 365];

/** @returns the latest expiry that the rules allow; undefined if there is no limit */
export function latestExpiry({ lifetime: { maxDays }, createdTime = Date.now() }: ExpiryRules): number | undefined {
  return maxDays === undefined ? undefined : createdTime + days(maxDays);
}

/**
 * Asks when a key expires, within the rules of its realm.
 * @param given its expiry until now; undefined: it has none yet
 * @param inherited what the key gets if nothing else is chosen
 */
export function expiryField(
  rules: ExpiryRules,
  { given, inherited, label = 'Expires' }: { given?: number; inherited?: string; label?: string } = {},
): ExpiryField {
  const now = Date.now();
  const latest = latestExpiry(rules);
  const { defaultDays } = rules.lifetime;
  const choices: Choice[] = [
    ...(inherited === undefined ? [] : [{ text: inherited, value: undefined }]),
    { text: latest === undefined ? 'Never' : `As late as allowed: ${formatTime(latest)}`, value: -1 },
    ...countsOf(defaultDays)
      .map((count) => ({ text: wordsFor(count), value: now + days(count) }))
      .filter(({ value }) => latest === undefined || value < latest),
  ];
  const select = element(
    'select',
    { name: 'expiresAt' },
    ...choices.map(({ text }, index) => element('option', { value: String(index) }, text)),
    element('option', { value: 'other' }, 'At another time'),
  );
  const time = element('input', {
    type: 'datetime-local',
    min: formatInput(now),
    max: latest === undefined ? undefined : formatInput(latest),
    value: formatInput(given !== undefined && given !== -1 ? given : (latest ?? now + days(7))),
  });
  const limit = latest === undefined ? '' : ` The latest is ${formatTime(latest)}.`;
  const other = labelled('Date and time', time, `In your time zone, where it is ${formatTime(now)} now.${limit}`);
  const showOther = () => {
    other.hidden = select.value !== 'other';
    time.required = !other.hidden;
    // A hidden field must not keep the form from being sent.
    time.disabled = other.hidden;
  };
  select.addEventListener('change', showOther);
  const usual = choices.findIndex(({ text }) => defaultDays !== undefined && text === wordsFor(defaultDays));
  if (given !== undefined && given !== -1) select.value = 'other';
  else if (given === undefined && inherited === undefined) select.value = String(Math.max(usual, 0));
  showOther();
  const value = () =>
    select.value === 'other' ? new Date(time.value).getTime() : choices[Number(select.value)]?.value;
  return { content: [labelled(label, select), other], value };
}

function countsOf(defaultDays: number | undefined): number[] {
  return [...new Set([...presets, ...(defaultDays === undefined ? [] : [defaultDays])])].sort((a, b) => a - b);
}

function wordsFor(count: number): string {
  return count === 365 ? 'In one year' : `In ${count} ${count === 1 ? 'day' : 'days'}`;
}

/** @returns what the successor of a key gets if its rotation says nothing of that; undefined if it needs an expiry */
export function inheritedExpiry(expiresAt: number, rules: ExpiryRules): string | undefined {
  const latest = latestExpiry(rules);
  if (expiresAt !== -1 && expiresAt <= Date.now()) return undefined;
  if (expiresAt !== -1 && (latest === undefined || expiresAt < latest))
    return `As the old key: ${formatTime(expiresAt)}, ${endFromNow(expiresAt, Date.now())}`;
  return latest === undefined ? 'As the old key: never' : `As late as allowed: ${formatTime(latest)}`;
}
