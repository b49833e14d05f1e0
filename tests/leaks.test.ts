import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RE2 } from 're2-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../infra/local/folders.ts';
import { formatApiKeyId, handleOf, parseApiKeyId } from '../lib/domain/api-key-id.ts';
import { newAppId } from '../lib/domain/app.ts';

const page = readFileSync(join(projectFolder, 'docs/leaks.md'), 'utf8');
const published = /^```text\n(\(.+)\n```$/m.exec(page)?.[1] ?? '';
const ofGitleaks = /^regex = '''(.+)'''$/m.exec(page)?.[1] ?? '';
const cellOf = (field: string) => new RegExp(`^${field}: +(.+)$`, 'm').exec(page)?.[1] ?? '';
const ofGithub = `(?:${cellOf('Before secret')})${cellOf('Secret format')}(?:${cellOf('After secret')})`;

const newKey = (appId = newAppId()) => formatApiKeyId('ak', appId, randomBytes(32));
const key = newKey();
const letters = (count: number) => 'x'.repeat(count);

const trueExamples = [
  key,
  newKey('a'),
  newKey(letters(64)),
  `API_KEY=${key}`,
  `export API_KEY="${key}"`,
  `{"apiKeyId":"${key}","apiKey":"hrn"}`,
  `https://api.example.com/v1?apiKey=${key}&limit=1`,
  `curl -H 'x-api-key: ${key}'`,
  `  apiKey: ${key} # of the CI`,
  `the key is ${key}.`,
  `\`${key}\``,
  `<code>${key}</code>`,
  `apiKey%3D${key}&limit=1`,
  `%22${key}%22`,
  `"first\\n${key}"`,
  `"first\\t${key}"`,
  `"\\u003d${key}"`,
  `\x1b[1;32m${key}\x1b[0m`,
];

const falseExamples = [
  `leak_banner_${'0123456789abcdef'.repeat(4)}.js`,
  `/assets/leak_banner_${'0'.repeat(49)}.js`,
  `break_out_${letters(49)}`,
  `x${key}`,
  `_${key}`,
  `${key}x`,
  `${key}_`,
  key.slice(0, -1),
  key.replace('ak_', 'AK_'),
  key.replace('ak_', 'ak-'),
  `${key.slice(0, -6)}5${key.slice(-5)}`,
  `${key.slice(0, -6)}z${key.slice(-5)}`,
  `ak_${letters(65)}_${key.slice(-49)}`,
  `hrn:here:account::myrealm:apikey/${handleOf(key)}`,
  `ak__${key.slice(-49)}`,
];

const examples = [...trueExamples, ...falseExamples];
const expected = examples.map((_, index) => index < trueExamples.length);

it.each([
  ['the published one', published],
  ['that of gitleaks', ofGitleaks],
])('RE2 finds keys and nothing else: %s', (_, expression) => {
  const re2 = new RE2(expression, 'u');
  expect(examples.map((text) => [text, re2.test(text)])).toEqual(
    examples.map((text, index) => [text, expected[index]]),
  );
});

it('gitleaks looks only at texts with its keyword, which every key has', () => {
  const [, keyword = ''] = /^keywords = \["(.+)"\]$/m.exec(page) ?? [];
  for (const text of trueExamples) expect(text.toLowerCase()).toContain(keyword);
});

describe('Hyperscan', () => {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-hyperscan-'));
  const program = join(folder, 'hyperscan');
  const compiled = spawnSync('gcc', ['-o', program, join(projectFolder, 'tests/support/hyperscan.c'), '-lhs']);
  const isMissing = compiled.status !== 0;
  if (isMissing) console.warn('skipped: Hyperscan needs gcc and its headers, apt-get install gcc libhyperscan-dev');
  afterAll(() => rmSync(folder, { recursive: true }));

  it.skipIf(isMissing).each([
    ['the published one', published],
    ['that of GitHub, with what stands before and after', ofGithub],
  ])('finds keys and nothing else: %s', (_, expression) => {
    const found = execFileSync(program, [expression], { input: `${examples.join('\n')}\n`, encoding: 'utf8' });
    const told = found.trim().split('\n');
    expect(examples.map((text, index) => [text, told[index]])).toEqual(
      examples.map((text, index) => [text, expected[index] ? '1' : '0']),
    );
  });
});

describe('the checksum rule', () => {
  let hasRightChecksum: (text: string) => boolean;
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-checksum-'));
  beforeAll(async () => {
    const [, source = ''] = /^```js\n([^`]+)^```$/m.exec(page) ?? [];
    writeFileSync(join(folder, 'checksum.mjs'), source);
    ({ hasRightChecksum } = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'checksum.mjs')).href));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is right for every key, which the expression matches as well', () => {
    const re2 = new RE2(`^${published}$`, 'u');
    for (let nth = 0; nth < 1_000; nth += 1) {
      const made = newKey();
      expect([made, re2.test(made), hasRightChecksum(made)]).toEqual([made, true, true]);
    }
  });

  it('is wrong for a text of the same form, as for the service', () => {
    const [head, last = ''] = [key.slice(0, -1), key.at(-1)];
    const wrong = [...'0aZ'].filter((letter) => letter !== last).map((letter) => head + letter);
    for (const text of wrong) {
      expect([text, hasRightChecksum(text)]).toEqual([text, false]);
      expect(parseApiKeyId(text, ['ak'])).toBeUndefined();
    }
  });
});
