import type { ApiKey } from '../../package/client/client.ts';
import { element } from './element.ts';
import { handleOf, isUsable } from './key-state.ts';
import type { Situation } from './rights.ts';
import { endFromNow, formatTime, fromNow, inWords } from './times.ts';
import { areUsesRecorded, precisionOfUses } from './uses.ts';

interface Rotation {
  readonly old: ApiKey;
  readonly successor: ApiKey;
}

export function rotationId({ apiKey }: ApiKey): string {
  return `rotation-${handleOf(apiKey)}`;
}

/** The rotations that are under way: which key is still used, and when the old one ends. */
export function rotationViews({ keys, app }: Situation, now: number): HTMLElement[] {
  if (app.status !== 'active') return [];
  return keys
    .filter((key) => isUsable(key, now))
    .flatMap((old) => {
      const successor = keys.find(({ apiKey }) => apiKey === old.rotatedTo);
      return successor ? [rotationView({ old, successor }, now)] : [];
    });
}

function rotationView(rotation: Rotation, now: number): HTMLElement {
  const { old, successor } = rotation;
  const { isGood, text } = verdictOn(rotation);
  return element(
    'section',
    { id: rotationId(old), class: 'rotation', tabindex: '-1', 'aria-label': `Rotation of ${old.name}` },
    element(
      'p',
      { class: `verdict ${isGood ? 'active' : 'ending'}` },
      element('strong', {}, 'Rotation of “', element('bdi', {}, old.name), '”. '),
      text,
    ),
    element(
      'ul',
      {},
      ...(areUsesRecorded
        ? [
            element('li', {}, `The successor ${useOf(successor, now)}.`),
            element('li', {}, `The old key ${useOf(old, now)}. ${precisionOfUses}`),
          ]
        : [element('li', {}, precisionOfUses)]),
      element('li', {}, endOf(rotation, now)),
    ),
  );
}

function useOf({ lastUsedTime }: ApiKey, now: number): string {
  return lastUsedTime === undefined ? 'has not been used yet' : `was last used ${fromNow(lastUsedTime, now)}`;
}

/** What the recorded uses since the rotation mean. */
function verdictOn({ old, successor }: Rotation): { isGood: boolean; text: string } {
  if (!areUsesRecorded) return { isGood: false, text: 'Both keys are valid.' };
  if (!successor.enabled) return { isGood: false, text: 'The successor is disabled. Enable it, then use it.' };
  const isOldUsed = (old.lastUsedTime ?? 0) > successor.createdTime;
  if (successor.lastUsedTime === undefined)
    return isOldUsed
      ? { isGood: false, text: 'Only the old key is in use. Give the successor to your application.' }
      : { isGood: false, text: 'No key has been used since the rotation. Give the successor to your application.' };
  return isOldUsed
    ? { isGood: false, text: 'Both keys have been used since the rotation. Find what still uses the old key.' }
    : { isGood: true, text: 'Only the successor has been used since the rotation. You can delete the old key.' };
}

function endOf({ old: { expiresAt, untilFirstUse }, successor }: Rotation, now: number): string {
  if (expiresAt === -1) return 'The old key has no end. Delete it when nothing uses it.';
  const end = `${formatTime(expiresAt)}, ${endFromNow(expiresAt, now)}`;
  if (untilFirstUse === undefined || !successor.enabled) return `The old key ends on ${end}.`;
  const grace = untilFirstUse === 0 ? '' : `${inWords(untilFirstUse)} after `;
  return `The old key ends ${grace}${grace ? 'the' : 'after the'} first use of the successor, checked once an hour. At the latest, it ends on ${end}.`;
}
