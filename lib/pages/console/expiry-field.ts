import { labelled } from './dialog.ts';
import { element } from './element.ts';
import { days, formatInput, formatTime } from './times.ts';

const choices = [
  ['In 30 days', 30],
  ['In 90 days', 90],
  ['In one year', 365],
] as const;

export interface ExpiryField {
  readonly content: readonly HTMLElement[];
  /** ms since the Unix epoch, or -1: never */
  readonly value: () => number;
}

/** Asks when a key is to expire: never, after a while, or at a time of one's own. */
export function expiryField(expiresAt = -1, now = Date.now()): ExpiryField {
  const select = element(
    'select',
    { name: 'expiresAt' },
    element('option', { value: 'never' }, 'Never'),
    ...choices.map(([text, count]) => element('option', { value: String(now + days(count)) }, text)),
    element('option', { value: 'other' }, 'At another time'),
  );
  const time = element('input', {
    type: 'datetime-local',
    value: formatInput(expiresAt === -1 ? now + days(7) : expiresAt),
  });
  const other = labelled('Date and time', time, `Your time zone. It is ${formatTime(now)} now.`);
  const showOther = () => {
    other.hidden = select.value !== 'other';
    time.required = !other.hidden;
  };
  select.addEventListener('change', showOther);
  if (expiresAt !== -1) select.value = 'other';
  showOther();
  const value = () => {
    if (select.value === 'never') return -1;
    return select.value === 'other' ? new Date(time.value).getTime() : Number(select.value);
  };
  return { content: [labelled('Expires', select), other], value };
}
