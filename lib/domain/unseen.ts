/**
 * Invisible characters, as the inside of a character class. They are controls, formats (zero-width and bidirectional
 * ones included), lone surrogates, line breaks, variation selectors except the two of emoji, fillers, joiners and
 * blanks. They are written out, as of Unicode 17, because `\p{Cf}` and the like took 2.1 ms of a function's first
 * request.
 */
export const unseen =
  '\\u0000-\\u001F\\u007F-\\u009F\\u00AD\\u034F\\u0600-\\u0605\\u061C\\u06DD\\u070F\\u0890\\u0891\\u08E2\\u115F\\u1160' +
  '\\u17B4\\u17B5\\u180B-\\u180F\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u2064\\u2066-\\u206F\\u2800\\u3164' +
  '\\uD800-\\uDFFF\\uFE00-\\uFE0D\\uFEFF\\uFFA0\\uFFF9-\\uFFFB\\u{110BD}\\u{110CD}\\u{13430}-\\u{1343F}' +
  '\\u{1BCA0}-\\u{1BCA3}\\u{1D173}-\\u{1D17A}\\u{E0001}\\u{E0020}-\\u{E007F}\\u{E0100}-\\u{E01EF}';
