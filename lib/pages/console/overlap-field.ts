import type { ApiKey, Input } from '../../package/client/client.ts';
import { labelled } from './dialog.ts';
import { element } from './element.ts';
import { formatTime, inWords } from './times.ts';
import { areUsesRecorded } from './uses.ts';

type RotationInput = Pick<Input<'rotateApiKey'>, 'overlap' | 'overlapSeconds'>;

/** A kind of overlap: its fields, what the request says, and what follows. */
interface Kind {
  readonly text: string;
  readonly fields: readonly HTMLElement[];
  readonly request: () => RotationInput;
  /** for how long the old key stays valid at most, in seconds */
  readonly seconds: () => number;
  readonly outcome: (end: string) => string;
  /** why it is not possible; undefined if it is */
  readonly whyNot: string | undefined;
}

const [minute, hour, day] = [60, 3_600, 86_400];
const lengths = [hour, day, 7 * day, 30 * day];
const noSlot = 'An overlap needs a free slot. Delete the other key first, or wait until it expires.';
const noUses = 'This service does not record when a key is used.';

/** Asks when the old key of a rotation ends. */
export function overlapField(
  old: ApiKey,
  hasFreeSlot: boolean,
): { content: HTMLElement[]; value: () => RotationInput } {
  const fixed = lengthField('Overlap', lengths, day);
  const grace = lengthField('After the first use', [0, 10 * minute, hour, day], hour);
  const atMost = lengthField('At the latest', lengths, 7 * day);
  const whyNoOverlap = hasFreeSlot ? undefined : noSlot;
  const kinds: readonly Kind[] = [
    {
      text: 'After a fixed time',
      fields: [fixed.content],
      request: () => ({ overlapSeconds: fixed.seconds() }),
      seconds: fixed.seconds,
      outcome: (end) => `Both keys are valid until ${end}. Then the old key ends.`,
      whyNot: whyNoOverlap,
    },
    {
      text: 'When the successor is in use',
      fields: [grace.content, atMost.content],
      request: () => ({ overlap: { untilFirstUse: grace.seconds(), atMost: atMost.seconds() } }),
      seconds: atMost.seconds,
      outcome: (end) =>
        `The old key ends on ${end} at the latest. It ends earlier if the successor is used, up to two hours later than you chose, because the service looks once an hour.`,
      whyNot: whyNoOverlap ?? (areUsesRecorded ? undefined : noUses),
    },
    {
      text: 'At once',
      fields: [],
      request: () => ({ overlapSeconds: 0 }),
      seconds: () => 0,
      outcome: () => 'The old key ends at once. Requests are rejected until they use the new key.',
      whyNot: undefined,
    },
  ];
  const radios = kinds.map(({ text, whyNot }) => ({
    input: element('input', { type: 'radio', name: 'overlap', value: text, disabled: whyNot !== undefined }),
    text,
  }));
  const outcome = element('p', { class: 'outcome', role: 'status' });
  const chosen = () => kinds[radios.findIndex(({ input }) => input.checked)] ?? kinds[2];
  const show = () => {
    const kind = chosen();
    for (const { fields } of kinds) for (const field of fields) field.hidden = !kind?.fields.includes(field);
    const end = Date.now() + (kind?.seconds() ?? 0) * 1_000;
    const isSooner = old.expiresAt !== -1 && old.expiresAt < end;
    outcome.replaceChildren(kind?.outcome(formatTime(isSooner ? old.expiresAt : end)) ?? '');
  };
  const group = element(
    'fieldset',
    { class: 'kinds' },
    element('legend', {}, 'When the old key ends'),
    ...radios.flatMap(({ input, text }, index) => [
      element('label', { class: 'check' }, input, text),
      ...(kinds[index]?.fields ?? []),
    ]),
    ...(kinds[0]?.whyNot ? [element('small', {}, noSlot)] : areUsesRecorded ? [] : [element('small', {}, noUses)]),
    outcome,
  );
  const first = radios.find(({ input }) => !input.disabled);
  if (first) first.input.checked = true;
  group.addEventListener('change', show);
  show();
  return { content: [group], value: () => chosen()?.request() ?? {} };
}

function lengthField(label: string, choices: readonly number[], usual: number) {
  const select = element(
    'select',
    {},
    ...choices.map((seconds) => element('option', { value: String(seconds) }, seconds ? inWords(seconds) : 'At once')),
  );
  select.value = String(usual);
  return { content: labelled(label, select), seconds: () => Number(select.value) };
}
