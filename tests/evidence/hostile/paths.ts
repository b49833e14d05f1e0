import fc from 'fast-check';
import { anyText, casedBy, mostly } from './values.ts';

/** How a value stands in the path: `{{value}}` encoded in that way, in a text that may hold more. */
export interface SegmentPlan {
  readonly encoding: keyof typeof encodings;
  readonly around: string;
}

const encodings = {
  once: encodeURIComponent,
  zero: (value: string) => value,
  twice: (value: string) => encodeURIComponent(encodeURIComponent(value)),
  mixed: (value: string) => encodeURIComponent(value).replace(/%../g, (hex) => casedBy(0b010, hex)),
  lower: (value: string) => encodeURIComponent(value).toLowerCase(),
  all: (value: string) => [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  slashTwice: (value: string) => encodeURIComponent(value).replaceAll('%2F', '%252F'),
  backslash: (value: string) => encodeURIComponent(value.replaceAll('/', '\\')),
} as const;

const around = fc.oneof(
  fc.constantFrom(
    '',
    '..%2F{{value}}',
    '{{value}}%2F..',
    '{{value}}%00',
    '%00{{value}}',
    '{{value}}%',
    '{{value}}%E0%A4%A',
    '{{value}}%2F',
    '{{value}}/',
    '/{{value}}',
    '{{value}}%20',
    '%0A{{value}}',
    '{{value}}%0A',
    '{{value}}?a=b',
    '{{value}}#a',
    '{{value}}{{value}}',
    'hrn%3Ahere%3Aaccount%3A%3Athird%3Aapp%2Fforeign',
    'hrn%3Ahere%3Aaccount%3A%3A%3Aapp%2F',
    'hrn%3Aelsewhere%3Aaccount%3A%3Amyrealm%3Aapp%2Fone',
    `hrn%3Ahere%3Aaccount%3A%3Amyrealm%3Aapp%2F${'a'.repeat(65)}`,
    `hrn%3Ahere%3Aaccount%3A%3Amyrealm%3Aapp%2F__proto__`,
    'x'.repeat(100_000),
    '%25'.repeat(3_000),
  ),
  anyText,
  anyText.map((text) => encodeURIComponent(text.toWellFormed())),
  anyText.map((text) => `{{value}}${text}`),
);

export const segment: fc.Arbitrary<SegmentPlan> = fc.record({
  encoding: mostly(
    fc.constantFrom<SegmentPlan['encoding']>('once', 'once', 'once', 'mixed', 'zero', 'lower', 'all'),
    fc.constantFrom(...(Object.keys(encodings) as SegmentPlan['encoding'][])),
  ),
  around: mostly(fc.constant('{{value}}'), around, 16),
});

export function segmentOf({ encoding, around }: SegmentPlan, value: string): string {
  return around.replaceAll('{{value}}', () => encodings[encoding](value));
}
