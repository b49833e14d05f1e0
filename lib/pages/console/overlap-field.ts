import type { Input } from '../../package/client/client.ts';
import { labelled } from './dialog.ts';
import { element } from './element.ts';

type Wish = Omit<Input<'rotateApiKey'>, 'app' | 'apiKey'>;

/** A kind of overlap: what it is called, and what the request says. The first needs no free slot. */
interface Kind {
  readonly text: string;
  readonly wish: Wish;
}

const kinds: readonly Kind[] = [
  { text: 'None: the old key ends at once', wish: { overlapSeconds: 0 } },
  { text: 'One hour', wish: { overlapSeconds: 3_600 } },
  { text: 'One day', wish: { overlapSeconds: 86_400 } },
  { text: 'One week', wish: { overlapSeconds: 604_800 } },
  { text: '30 days', wish: { overlapSeconds: 2_592_000 } },
];
const usual = 2;

/** Asks how long the old key of a rotation stays valid. */
export function overlapField(hasFreePlace: boolean): { content: HTMLElement[]; value: () => Wish } {
  const select = element(
    'select',
    {},
    ...kinds.map(({ text }, index) =>
      element('option', { value: String(index), disabled: index > 0 && !hasFreePlace }, text),
    ),
  );
  select.value = String(hasFreePlace ? usual : 0);
  const hint = hasFreePlace
    ? 'Both keys are valid during the overlap, so you have time to switch to the new one.'
    : 'An overlap needs a free slot. Delete the other key first, or wait until it expires.';
  return { content: [labelled('Overlap', select, hint)], value: () => kinds[Number(select.value)]?.wish ?? {} };
}
