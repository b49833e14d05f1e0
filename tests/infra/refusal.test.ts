import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { copyService, serverless } from '../support/package.ts';

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

it.each([
  ['package', 'TOKEN_ISSUERS that is not JSON', '[', 'Error: TOKEN_ISSUERS is not valid JSON'],
  [
    'package',
    'a token issuer on this machine',
    JSON.stringify([local]),
    /^Error: TOKEN_ISSUERS has a jwksUri without https/,
  ],
  ['deploy', 'no token issuer', '', /^Error: TOKEN_ISSUERS is not set/],
])(
  'security 24: %s refuses %s in one line',
  async (command, _what, issuers, line) => {
    const { status, output } = await serverless(folder, [command], { TOKEN_ISSUERS: issuers });
    expect(status).toBe(1);
    expect(errorLines(output)).toEqual([expect.stringMatching(line)]);
  },
  timeoutMs,
);

it.each([
  [{ MAX_KEYS_PER_APP: '500' }, 'Error: MAX_KEYS_PER_APP must be 1 to 50'],
  [{ EVENT_BUS: 'a b' }, 'Error: EVENT_BUS must be the name of an EventBridge bus'],
])(
  'security 24: package refuses %j in one line',
  async (env, line) => {
    const { status, output } = await serverless(folder, ['package'], env);
    expect([status, errorLines(output)]).toEqual([1, [line]]);
  },
  timeoutMs,
);

const unused = "Object.entries({ 'yaml/package.json': { sha256: '', edit: () => '' },";
it.each([
  [
    'is another file than the edit was written for',
    "sha256: '",
    "sha256: 'x",
    /^Error: Build failed .*infra\/plugins\/slim\/replacements\.ts.* \d+\.\d+\.\d+ has another .* set sha256 to '[0-9a-f]{16}'\.$/,
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
