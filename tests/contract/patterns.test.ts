import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import * as validators from '../../lib/contract/generated/validators.js';
import { openapiDocument } from '../../lib/contract/openapi.ts';
import { portablePatterns } from '../../lib/contract/schemas.ts';

interface Field {
  readonly type: 'string';
  readonly pattern: string;
  readonly maxLength: number;
  readonly examples?: readonly string[];
}

const document = openapiDocument();
const fields = [...fieldsIn(document)];
const published = [...new Set(fields.map(({ pattern }) => pattern))];

function* fieldsIn(part: unknown): Generator<Field> {
  if (typeof part !== 'object' || part === null) return;
  if ('pattern' in part && 'type' in part) yield part as Field;
  for (const value of Object.values(part)) yield* fieldsIn(value);
}

/** What a pattern may consist of: all of it means the same in ECMAScript, Python, Go, Java, Ruby and .NET. */
const portable =
  /^(?:[\w :;,/<>="'!@~-]|\\[\\.sSdwWD/[\](){}*+?|^$-]|\\x[0-9a-f]{2}|\[\^?(?:[\w :/.,+*?$<>=-]|\\[\\.sSdw\]^-]|\\x[0-9a-f]{2})+\]|\(\?:|\((?!\?)|[)|^$.*+?]|\{\d{1,3}(?:,\d{0,3})?\})+$/;

describe('every pattern of the OpenAPI document', () => {
  it('there are patterns to look at', () => {
    expect(published.length).toBeGreaterThan(10);
  });

  it.each(published)('%s has nothing that only some engines know', (pattern) => {
    expect(pattern).toMatch(portable);
  });

  it.each([
    '\\u{110BD}',
    '\\u00AD',
    '\\p{Cc}',
    '(?=a)',
    '(?<!a)',
    '(?<n>a)',
    '(?i)a',
    '\\1',
    '[a&&b]',
    '[a[b]]',
    'a{2000}',
  ])('%s would be found', (pattern) => {
    expect(pattern).not.toMatch(portable);
  });

  it.each(published)('%s compiles in JavaScript without the flag "u" and with it', (pattern) => {
    expect(() => [new RegExp(pattern), new RegExp(pattern, 'u')]).not.toThrow();
  });
});

/** Texts that are near to what is allowed: any character, at its ends above all. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom(' ', '\t', '\n', '\r', '\u00a0', '\u3000', '\u2028', 'a', 'é', '😀', '\ufe0f'),
    maxLength: 260,
  }),
);

const exactRules = Object.entries(portablePatterns).map(([exact, pattern]) => ({
  pattern,
  isExact: (value: string) => new RegExp(exact, 'u').test(value),
}));

/** Each character alone and among others, then random texts: those that the exact rule allows. */
function allowedBy(isExact: (value: string) => boolean): string[] {
  const characters = Array.from({ length: 0x3400 }, (_, code) => String.fromCodePoint(code));
  const astral = fc.sample(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), { numRuns: 3_000, seed: 1 });
  const singles = [...characters, ...astral].flatMap((character) => [character, `a${character}b`, ` ${character}\n`]);
  return [...singles, ...fc.sample(text, { numRuns: 3_000, seed: 2 })].filter(isExact);
}

describe('a pattern that is simpler in the OpenAPI document than in the validators', () => {
  it("there are four: of a name, an application's and a key's description, and a principal", () => {
    expect(exactRules).toHaveLength(4);
  });

  it.each(exactRules)('$pattern allows whatever the exact rule allows', ({ pattern, isExact }) => {
    const isPublished = new RegExp(pattern);
    fc.assert(fc.property(text, (value) => !isExact(value) || isPublished.test(value)));
    const allowed = allowedBy(isExact);
    expect(allowed.length).toBeGreaterThan(10_000);
    expect(allowed.filter((value) => !isPublished.test(value))).toEqual([]);
  });

  it.each(['alice', 'repo:my-org/my-repo:ref:refs/heads/main', 'auth0|5f7c8ec7', 'zoë@example.com', 'a'])(
    'without the flag "u", %s is a principal',
    (principal) => {
      const { components } = document as { components: { schemas: { Grant: { properties: { principal: Field } } } } };
      expect(principal).toMatch(new RegExp(components.schemas.Grant.properties.principal.pattern));
    },
  );

  it('the validators keep the exact rule', () => {
    expect(validators.generateApiKey({ name: 'a\u200bb' })).toBe(false);
    expect(validators.createApp({ name: 'a', description: 'a\u202eb' })).toBe(false);
    expect(validators.createApp({ name: 'a'.repeat(256) })).toBe(false);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'appkeys-patterns-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Says which of the lines, each a pattern and a text in hexadecimal UTF-8, do not match. */
const python = `
import re, sys
text = lambda part: bytes.fromhex(part).decode()
for line in open(sys.argv[1]):
    pattern, value = map(text, line.strip("\\n").split(" "))
    if not re.search(pattern, value): print(line, end="")
`;
const java = `
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.HexFormat;
import java.util.regex.Pattern;

class Patterns {
  static String text(String part) { return new String(HexFormat.of().parseHex(part), StandardCharsets.UTF_8); }
  public static void main(String[] arguments) throws Exception {
    for (String line : Files.readAllLines(Path.of(arguments[0]))) {
      String[] parts = line.split(" ", 2);
      if (!Pattern.compile(text(parts[0])).matcher(text(parts[1])).find()) System.out.println(line);
    }
  }
}
`;
const engines = [
  { engine: 'Python', needs: ['python3', '--version'], command: 'python3', file: 'patterns.py', program: python },
  { engine: 'Java', needs: ['javac', '-version'], command: 'java', file: 'Patterns.java', program: java },
];

const hex = (value: string) => Buffer.from(value).toString('hex');
/** An example of each field, then what the exact rules allow. */
const examples = fields.flatMap(({ pattern, examples: [example] = [] }) => (example ? [[pattern, example]] : []));
const cases = [
  ...examples,
  ...exactRules.flatMap(({ pattern, isExact }) => allowedBy(isExact).map((value) => [pattern, value])),
];

describe.each(engines)('in $engine', ({ needs: [program = '', ...args], command, file, program: source }) => {
  const isMissing = spawnSync(program, args).status !== 0;

  it.skipIf(isMissing)('every pattern compiles, and allows whatever the exact rule allows', () => {
    writeFileSync(join(folder, file), source);
    const all = [...published.map((pattern) => [pattern, '']), ...cases];
    writeFileSync(join(folder, 'cases'), all.map((pair) => pair.map(hex).join(' ')).join('\n'));
    const output = execFileSync(command, [join(folder, file), join(folder, 'cases')], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    const refused = output
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ').map((part) => Buffer.from(part, 'hex').toString()));
    expect(refused.filter(([, value]) => value !== '')).toEqual([]);
  });
});
