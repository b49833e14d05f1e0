import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url);
const sources = globSync('{functions,lib,infra}/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.d.ts'));

/** What a file imports at run time or for its types. */
function importsOf(file: string): string[] {
  const text = readFileSync(new URL(file, root), 'utf8');
  return [...text.matchAll(/(?:from|import) '([^']+)'|import\('([^']+)'\)/g)].map(
    ([, from, dynamic]) => from ?? dynamic ?? '',
  );
}

/** The files, and all that they import at run time. */
function filesBehind(entries: readonly string[]): string[] {
  const files = new Set(entries);
  // The set grows while it is read.
  for (const file of files) {
    const text = readFileSync(new URL(file, root), 'utf8');
    for (const [, from = ''] of text.matchAll(/^(?:import|export) (?!type )[^;]*? from '(\.[^']+)';$/gm))
      files.add(join(dirname(file), from));
  }
  return [...files];
}

const filesIn = (folder: string) => sources.filter((file) => file.startsWith(folder));

describe('who may import what', () => {
  it('there are files to look at', () => {
    for (const folder of ['functions/', 'functions/groups/', 'lib/domain/', 'lib/store/', 'infra/local/'])
      expect(filesIn(folder)).not.toHaveLength(0);
  });

  it.each(filesIn('lib/domain/'))('%s: node:crypto and its siblings only', (file) => {
    for (const name of importsOf(file)) expect(name).toMatch(/^(\.\/[\w-]+\.ts|node:crypto)$/);
  });

  it.each(filesIn('functions/groups/'))('%s: the dispatcher and operations only', (file) => {
    for (const name of importsOf(file)) expect(name).toMatch(/^(\.\.\/\.\.\/lib\/http\/group\.ts|\.\.\/[\w-]+\.ts)$/);
  });

  const operations = filesIn('functions/').filter((file) => !file.startsWith('functions/groups/'));

  it.each(operations)('%s: lib and node:crypto, no SDK; at most 30 lines, no try', (file) => {
    for (const name of importsOf(file)) expect(name).toMatch(/^(\.\.\/lib\/|node:crypto$|page:\w+$)/);
    const text = readFileSync(new URL(file, root), 'utf8');
    expect(text.split('\n').length).toBeLessThanOrEqual(31);
    expect(text).not.toMatch(/\btry\b/);
  });

  const deployed = [...filesIn('functions/'), ...filesIn('lib/')].filter((file) => !file.startsWith('lib/cli/'));

  it.each(deployed)('%s: nothing of infra', (file) => {
    for (const name of importsOf(file)) expect(name).not.toContain('infra');
  });

  const served = deployed.filter((file) => !file.startsWith('lib/pages/'));

  it.each(served)('%s: nothing of the command line; nor of the client, unless it is the client', (file) => {
    const others = file.startsWith('lib/client/') ? /\/cli\// : /\/(cli|client)\//;
    for (const name of importsOf(file)) expect(name).not.toMatch(others);
  });

  it.each(filesIn('lib/client/'))('%s: its siblings and openapi-fetch only, nothing of Node', (file) => {
    for (const name of importsOf(file)) expect(name).toMatch(/^(\.\/(generated\/)?[\w-]+\.ts|openapi-fetch)$/);
  });

  it.each(filesIn('lib/pages/'))('%s: its siblings, what pages share, and the client only', (file) => {
    for (const name of importsOf(file))
      expect(name).toMatch(/^(\.\/[\w-]+\.ts|\.\.\/shared\/[\w-]+\.ts|\.\.\/\.\.\/client\/client\.ts)$/);
  });

  it('of infra, the command line knows the local issuer only', () => {
    const known = filesIn('lib/cli/').flatMap((file) => importsOf(file).filter((name) => name.includes('infra')));
    expect(known.sort()).toEqual(
      ['command-line', 'issuer', 'token-request'].map((name) => `../../infra/local/${name}.ts`),
    );
  });

  it('only the store knows DynamoDB, only the endpoint and the middleware for others know middy, only the direct client knows Lambda, only its own middleware knows Fastify', () => {
    const importers = (pattern: RegExp) =>
      filesIn('lib/').filter((file) => importsOf(file).some((name) => pattern.test(name)));
    expect(
      importers(/^@aws-sdk\/(client-dynamodb|lib-dynamodb|util-dynamodb)$/).every((file) =>
        file.startsWith('lib/store/'),
      ),
    ).toBe(true);
    expect(importers(/^@middy\//).sort()).toEqual(['lib/http/endpoint.ts', 'lib/verifier/middy.ts']);
    expect(importers(/^@aws-sdk\/client-lambda$/)).toEqual(['lib/direct/client.ts']);
    expect(importers(/^fastify$/)).toEqual(['lib/verifier/fastify.ts']);
  });

  it('what consumers install does not lead to the document client, which needs the SDK of its own version', () => {
    const consumed = filesBehind(['lib/verifier/create-verifier.ts', 'lib/direct/client.ts', 'lib/cli/main.ts']);
    expect(consumed).toContain('lib/store/verifying-table.ts');
    expect(consumed).not.toContain('lib/store/dynamodb.ts');
  });
});
