import { inWords } from './times.ts';

const { lastUsed = '' } = document.body.dataset;

/** Whether the service records when a key is used. */
export const areUsesRecorded = lastUsed !== 'off';

/** How precise a recorded time of use is: `Times of use are precise to 1 hour.` */
export const precisionOfUses = areUsesRecorded
  ? `Times of use are precise to ${inWords(Number(lastUsed))}.`
  : 'This service does not record when a key is used.';
