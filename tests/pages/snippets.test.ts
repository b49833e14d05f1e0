import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { languages, type SnippetRequest } from '../../lib/pages/docs/snippets.ts';

/** How each snippet is run, and what tells whether this machine can. */
const runs: Readonly<Record<string, { file: string; command: (file: string) => string[]; probe: string[] }>> = {
  curl: { file: 'call.sh', command: (file) => ['sh', file], probe: ['curl', '--version'] },
  JavaScript: { file: 'call.mjs', command: (file) => [process.execPath, file], probe: [process.execPath, '--version'] },
  Python: { file: 'call.py', command: (file) => ['python3', file], probe: ['python3', '--version'] },
  // The runtime alone has no compiler.
  Java: { file: 'Call.java', command: (file) => ['java', file], probe: ['javac', '-version'] },
  Go: { file: 'call.go', command: (file) => ['go', 'run', file], probe: ['go', 'version'] },
};

const folder = mkdtempSync(join(tmpdir(), 'appkeys-snippets-'));
const received: object[] = [];
const server = createServer(async (request, response) => {
  const { method, url, headers } = request;
  const { authorization, 'content-type': contentType, 'idempotency-key': idempotencyKey } = headers;
  received.push({ method, url, authorization, contentType, idempotencyKey, body: await text(request) });
  response.end('answered');
});
let origin = '';

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function canRun([command = '', ...args]: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @returns what the snippet prints, and the one request that it has sent */
async function run(language: string, request: SnippetRequest) {
  const { file = '', command = () => [] } = runs[language] ?? {};
  const path = join(folder, file);
  writeFileSync(path, languages[language]?.(request) ?? '');
  const [program = '', ...args] = command(path);
  const env = { ...process.env, APPKEYS_TOKEN: 'the.token' };
  const { stdout } = await promisify(execFile)(program, args, { env });
  return { stdout, received: received.splice(0) };
}

it('there is a snippet in five languages', () => expect(Object.keys(languages)).toEqual(Object.keys(runs)));

describe.each(Object.entries(runs))('%s', (language, { probe }) => {
  const isMissing = !canRun(probe);
  const note = isMissing ? ` (skipped: ${probe[0]} is not installed)` : '';
  const url = '/apps/hrn%3Ahere%3Aaccount%3A%3Amyrealm%3Aapp%2Fx/apiKeys?limit=1&pageToken=a';

  it.skipIf(isMissing)(`sends the request that it shows${note}`, async () => {
    const value = { name: `it's "quoted" \\ \`x\` $HOME é '''`, expiresAt: -1, enabled: true };
    for (const body of [JSON.stringify(value), JSON.stringify(value, null, 2), '{"name":"plain"}']) {
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `o'clock "1" $x` };
      const sent = await run(language, { method: 'POST', url: origin + url, headers, needsToken: true, body });
      expect(sent.stdout).toContain('answered');
      const [{ body: sentBody, ...rest } = expect.fail()] = sent.received as [{ body: string }];
      expect(JSON.parse(sentBody)).toEqual(JSON.parse(body));
      expect(rest).toEqual({
        method: 'POST',
        url,
        authorization: 'Bearer the.token',
        contentType: 'application/json',
        idempotencyKey: `o'clock "1" $x`,
      });
    }
  });

  it.skipIf(isMissing)(`sends nothing else, where there is nothing else${note}`, async () => {
    const bare = { method: 'GET', url: origin + url, headers: {}, needsToken: false, body: undefined };
    const sent = await run(language, bare);
    expect(sent.received).toEqual([{ method: 'GET', url, body: '' }]);
  });
});
