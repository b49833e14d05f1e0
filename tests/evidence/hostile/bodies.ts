import fc from 'fast-check';
import { anyJson, anyText, mostly } from './values.ts';

/** A body, in which `{{app}}` and `{{key}}` stand for an HRN and a secret; `bytes` come before it, all of it in base64. */
export interface BodyPlan {
  readonly text: string | null;
  readonly bytes?: readonly number[];
  readonly isBase64Encoded: boolean;
}

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
}

const placeholders: Readonly<Record<string, string>> = { app: '{{app}}', apiKeyId: '{{key}}' };

/** Values that the schema of a body lets through, most of them. */
function fitting(schema: Schema, name = ''): fc.Arbitrary<unknown> {
  if (name in placeholders) return fc.constant(placeholders[name]);
  if (schema.type === 'object') return fittingObject(schema);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.items?.enum) return fc.subarray([...schema.items.enum], { minLength: 1 });
  if (schema.type === 'boolean') return fc.boolean();
  const examples = fc.constantFrom(...(schema.examples ?? []));
  const others = schema.type === 'integer' ? fc.constantFrom(-1, 0, 60, 4_102_444_800_000) : anyText;
  return mostly(examples, others, 12);
}

function fittingObject({ properties = {}, required = [] }: Schema): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, fitting(schema, name)]));
  return fc.record(fields, { requiredKeys: [...required] });
}

const fieldNames = [
  'name',
  'expiresAt',
  'enabled',
  'actions',
  'status',
  'realm',
  'createdBy',
  'apiKeyId',
  'keys',
  'id',
];
const anyName = fc.oneof(fc.constantFrom(...fieldNames, '__proto__', 'constructor', 'prototype'), anyText);
const rawNumbers = ['1e400', '-0', '1E+2', '9007199254740993', '1.5', '01', '+1', '.5', 'NaN', '-Infinity', '0x10'];

/** One thing about a good body changed: a field more, twice, of another kind, or away; or the text around it. */
function spoilt(text: string): fc.Arbitrary<string> {
  const value = JSON.parse(text);
  const names = Object.keys(value);
  const member = fc.tuple(
    anyName,
    fc.oneof(
      anyJson.map((json) => JSON.stringify(json)),
      fc.constantFrom(...rawNumbers),
    ),
  );
  return fc.oneof(
    member.map(([name, json]) => withMember(text, `${JSON.stringify(name)}:${json}`)),
    member.map(([name, json]) => withMember(text, `"\\u005f_proto__":{},${JSON.stringify(name)}:${json}`)),
    fc.tuple(fc.nat(), member).map(([at, [, json]]) => {
      const name = names[at % Math.max(1, names.length)] ?? 'name';
      const others = Object.entries(value).filter(([other]) => other !== name);
      return withMember(JSON.stringify(Object.fromEntries(others)), `${JSON.stringify(name)}:${json}`);
    }),
    fc.nat().map((at) => {
      const gone = names[at % Math.max(1, names.length)];
      return JSON.stringify(Object.fromEntries(Object.entries(value).filter(([name]) => name !== gone)));
    }),
    fc.nat().map((at) => {
      const name = names[at % Math.max(1, names.length)] ?? 'name';
      return withMember(text, `${JSON.stringify(name)}:${JSON.stringify(value[name] ?? null)}`);
    }),
    fc.nat(text.length).map((length) => text.slice(0, length)),
    fc.tuple(fc.nat(text.length), anyText).map(([at, more]) => text.slice(0, at) + more + text.slice(at)),
    fc.constantFrom(
      `\uFEFF${text}`,
      `${text}\0`,
      `${text}${text}`,
      `[${text}]`,
      `${text}//`,
      text.replaceAll('"', "'"),
    ),
    fc.constantFrom(16_384, 16_385, 300_000).map((length) => text.padEnd(length)),
  );
}

function withMember(text: string, member: string): string {
  return text.replace(/^{/, () => `{${member}${text === '{}' ? '' : ','}`);
}

const junk = fc.oneof(
  fc.constantFrom(
    '',
    ' \n',
    'null',
    '[]',
    '""',
    '1',
    'true',
    '{',
    '{}',
    '{}{}',
    '{"a":',
    '"\\ud800"',
    '{"name":"\\ud800"}',
  ),
  anyText,
  fc.json(),
  anyJson.map((value) => JSON.stringify(value)),
  fc.nat(9_000).map((depth) => '['.repeat(depth)),
  fc.nat(2_000).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc.nat(20_000).map((length) => `"${'\\"'.repeat(length)}`),
);

/** Bodies for a schema, most of which fit. */
export function bodyFor(schema: object): fc.Arbitrary<BodyPlan> {
  const good = fitting(schema as Schema).map((value) => JSON.stringify(value));
  const text = mostly(good, fc.oneof({ weight: 3, arbitrary: good.chain(spoilt) }, { weight: 1, arbitrary: junk }), 3);
  const plain = text.map((body) => ({ text: body, isBase64Encoded: false }));
  const encoded = fc.record({
    text,
    bytes: mostly(
      fc.constant<readonly number[]>([]),
      fc.constantFrom<readonly number[]>([0xef, 0xbb, 0xbf], [0xff], [0xc0, 0x80], [0xfe, 0xff, 0], [0xed, 0xa0, 0x80]),
      3,
    ),
    isBase64Encoded: mostly(fc.constant(true), fc.constant(false), 6),
  });
  const odd = fc.constantFrom<BodyPlan>(
    { text: null, isBase64Encoded: false },
    { text: null, isBase64Encoded: true },
    { text: '%%% no base64', isBase64Encoded: true },
  );
  return mostly<BodyPlan>(plain, fc.oneof<fc.Arbitrary<BodyPlan>[]>(encoded, odd));
}

/** Bodies where none is wanted. */
export const needlessBody: fc.Arbitrary<BodyPlan> = mostly<BodyPlan>(
  fc.constant({ text: null, isBase64Encoded: false }),
  fc.oneof(junk, anyText).map((text) => ({ text, isBase64Encoded: false })),
);

/** @returns what the gateway hands over */
export function bodyOf({ text, bytes }: BodyPlan, fill: (text: string) => string): string | null {
  if (text === null) return null;
  return bytes ? Buffer.concat([Buffer.from(bytes), Buffer.from(fill(text))]).toString('base64') : fill(text);
}
