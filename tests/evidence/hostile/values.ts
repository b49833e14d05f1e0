import fc from 'fast-check';

/** Mostly what is right, once in so many times what is not; a counterexample shrinks towards what is right. */
export function mostly<Value>(right: fc.Arbitrary<Value>, wrong: fc.Arbitrary<Value>, outOf = 8): fc.Arbitrary<Value> {
  return fc.oneof({ withCrossShrink: true }, { weight: outOf - 1, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

/** Texts that have broken a parser, a header, a log or a database somewhere. */
const knownTexts = [
  '',
  ' ',
  '\0',
  '%00',
  'a\r\nSet-Cookie: a=b',
  'a\u2028b',
  '\uFEFF',
  '\ud800',
  'a\udfffb',
  '\u202Eevil',
  'a\u200Bb',
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'null',
  'NaN',
  '-1',
  '1e999',
  '../../etc/passwd',
  '..\\..\\',
  '%',
  '%E0%A4%A',
  '%252F',
  '{{7*7}}',
  `\${jndi:ldap://a}`,
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  ':pk = :pk',
  '#a, #b',
  'a.b[0]',
  'lambda:x',
  'hrn:here:account::myrealm:app/a',
  'é'.repeat(255),
  '😀'.repeat(128),
  'x'.repeat(255),
  'x'.repeat(256),
  'x'.repeat(2_049),
  'x'.repeat(20_000),
];

export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...knownTexts) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 300 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);

const anyNumber = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 1.5, 1e21, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, 2 ** 63, 8_640_000_000_000_001),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** As JSON may hold them; a key `__proto__` is a property of its own, as JSON.parse makes it. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  anyNumber,
  anyText,
  fc.constantFrom<unknown>([], [null], [[]], {}, ['a', 1], { toString: 1 }, { length: -1 }, { a: { b: { c: {} } } }),
  fc.constant('{"__proto__":{"polluted":true}}').map((text) => JSON.parse(text)),
  fc.constant('{"constructor":{"prototype":{"polluted":true}}}').map((text) => JSON.parse(text)),
  fc.array(anyText, { maxLength: 4 }),
  fc.dictionary(anyText, fc.oneof(anyText, anyNumber), { maxKeys: 3 }),
  fc.integer({ min: 1, max: 2_000 }).map((depth) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))),
);

/** @returns the letters of a text in upper or lower case, as the bits of `mask` say */
export function casedBy(mask: number, text: string): string {
  return [...text]
    .map((letter, at) => (mask & (1 << (at % 31)) ? letter.toUpperCase() : letter.toLowerCase()))
    .join('');
}
