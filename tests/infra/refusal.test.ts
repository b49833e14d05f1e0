import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { copyService, serverless, writeStage } from '../support/package.ts';

const timeoutMs = 170_000;
const { folder, remove } = copyService();
afterAll(remove);

const local = {
  issuer: 'urn:local',
  audience: 'appkeys',
  jwksUri: 'http://127.0.0.1:4000/jwks',
  algorithms: ['ES256'],
  realms: ['myrealm'],
};
const dev = 'infra/settings/dev.yml';

it.each([
  ['package', 'a file that is no YAML', '[', `${dev}: line 1 is not valid YAML: Flow sequence`],
  [
    'package',
    'a token issuer on this machine',
    JSON.stringify({ authorizer: { defaultRealms: '*' }, issuers: [local] }),
    `${dev}: issuers[0].jwksUri must be an https URL without credentials.`,
  ],
  [
    'package',
    'a key limit of 500',
    'issuers: []\nkeys: { maxPerApp: 500 }',
    `${dev}: keys.maxPerApp must be a whole number from 1 to 50.`,
  ],
  [
    'package',
    'a bus that cannot have its name',
    'issuers: []\neventBus: a b',
    `${dev}: eventBus must be the name of an EventBridge bus: 1 to 256 letters, digits, "_", "." or "-", and "/" only in one of a partner.`,
  ],
  [
    'package',
    'a rate that is no number',
    'issuers: []\ngateway: { rateLimit: fast }',
    `${dev}: gateway.rateLimit must be a number above 0, at most 100000.`,
  ],
  [
    'package',
    'a stage whose authorizer accepts no realm',
    'issuers: []',
    `${dev}: authorizer is missing. It must be a group with defaultRealms: a list of realms, or "*".`,
  ],
  [
    'deploy',
    'a stage without a token issuer',
    'issuers: []\nauthorizer: { defaultRealms: [myrealm] }',
    `${dev}: issuers is empty. Add the issuers of your tokens. infra/settings/example.yml shows how.`,
  ],
])(
  'security 24: %s refuses %s in one line',
  async (command, _what, text, line) => {
    writeFileSync(join(folder, dev), text);
    const { status, output } = await serverless(folder, [command]);
    writeStage(folder);
    expect(status).toBe(1);
    expect(errorLines(output)).toEqual([expect.stringContaining(`Error: ${line}`)]);
  },
  timeoutMs,
);

it.each([
  ['nope', 'infra/settings/nope.yml does not exist. Copy infra/settings/example.yml to it.'],
  [
    'x'.repeat(21),
    `The stage "${'x'.repeat(21)}" must be 1 to 20 letters, digits or "-", and begin with a letter or digit.`,
  ],
  ['-x', 'The stage "-x" must be 1 to 20 letters, digits or "-", and begin with a letter or digit.'],
])(
  'package refuses the stage %s in one line',
  async (stage, line) => {
    expect(await serverless(folder, ['package', `--stage=${stage}`])).toEqual({
      status: 1,
      output: `Error: ${line}\n`,
    });
  },
  timeoutMs,
);

const unused = "Object.entries({ 'yaml/package.json': { sha256: '', edit: () => '' },";
it.each([
  [
    'is another file than the edit was written for',
    "sha256: '",
    "sha256: 'x",
    /^Error: Build failed .*infra\/plugins\/slim\/replacements\.ts.* \d+\.\d+\.\d+ has a different .* set sha256 to '[0-9a-f]{16}'\.$/,
  ],
  [
    'no function contains',
    'Object.entries({',
    unused,
    /^Error: infra\/plugins\/slim\/replacements\.ts: no function contains yaml\/package\.json\. /,
  ],
])(
  'package refuses a replaced file that %s, in one line',
  async (_what, before, after, line) => {
    const table = join(folder, 'infra/plugins/slim/replacements.ts');
    const source = readFileSync(table, 'utf8');
    writeFileSync(table, source.replace(before, after));
    const { status, output } = await serverless(folder, ['package']);
    writeFileSync(table, source);
    expect([status, errorLines(output)]).toEqual([1, [expect.stringMatching(line)]]);
  },
  timeoutMs,
);

it(
  'a bundling error ends packaging with one line that names the place',
  async () => {
    appendFileSync(join(folder, 'functions/get-openapi.ts'), "export * from './missing.ts';\n");
    const { status, output } = await serverless(folder, ['package']);
    expect(status).toBe(1);
    expect(errorLines(output)).toEqual([
      expect.stringMatching(/^Error: .* functions\/get-openapi\.ts:\d+:\d+: .*missing\.ts/),
    ]);
  },
  timeoutMs,
);

/** What it said from the first error on. */
function errorLines(output: string): string[] {
  const lines = output.split('\n');
  const first = lines.findIndex((line) => line.includes('Error'));
  return lines.slice(first).filter(Boolean);
}
