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

  /** From the bottom up. A file imports what stands beside it or below it. */
  const layers: Record<string, readonly string[]> = {
    'lib/domain/': [],
    'lib/base/': ['lib/domain/'],
    'lib/contract/': ['lib/domain/', 'lib/base/'],
    'lib/store/': ['lib/domain/', 'lib/base/'],
    'lib/verification/': ['lib/domain/', 'lib/base/', 'lib/store/'],
    // what consumers install
    'lib/package/client/': [],
    'lib/package/cli/': ['lib/domain/', 'lib/package/client/'],
    'lib/package/verifier/': ['lib/domain/', 'lib/base/', 'lib/store/', 'lib/verification/'],
    'lib/package/direct-client.ts': ['lib/domain/', 'lib/base/', 'lib/contract/'],
    // what browsers load
    'lib/pages/': ['lib/package/client/'],
    // what runs in the Lambdas
    'lib/service/': ['lib/domain/', 'lib/base/', 'lib/contract/', 'lib/store/', 'lib/verification/'],
    'functions/': ['lib/domain/', 'lib/contract/', 'lib/store/', 'lib/service/'],
    'infra/': ['lib/'],
  };

  it('each file belongs to one layer', () => {
    for (const file of sources) expect(Object.keys(layers).filter((layer) => file.startsWith(layer))).toHaveLength(1);
  });

  it.each(Object.keys(layers).flatMap((layer) => filesIn(layer).map((file) => [file, layer] as const)))(
    '%s imports what stands beside it or below it',
    (file, layer) => {
      const known = [layer, ...(layers[layer] ?? [])];
      for (const name of importsOf(file).filter((name) => /^\..*\.ts$/.test(name)))
        expect(known.some((place) => join(dirname(file), name).startsWith(place))).toBe(true);
    },
  );

  it.each(filesIn('lib/domain/'))('%s: of Node, node:crypto only', (file) => {
    for (const name of importsOf(file)) expect(name).toMatch(/^(\.\/|node:crypto$)/);
  });

  it.each(filesIn('functions/groups/'))('%s: the dispatcher and operations only', (file) => {
    for (const name of importsOf(file))
      expect(name).toMatch(/^(\.\.\/\.\.\/lib\/service\/http\/group\.ts|\.\.\/[\w-]+\.ts)$/);
  });

  const operations = filesIn('functions/').filter((file) => !file.startsWith('functions/groups/'));

  it.each(operations)('%s: lib and node:crypto, no SDK; at most 30 lines, no try', (file) => {
    for (const name of importsOf(file)) expect(name).toMatch(/^(\.\.\/lib\/|node:crypto$|page:\w+$)/);
    const text = readFileSync(new URL(file, root), 'utf8');
    expect(text.split('\n').length).toBeLessThanOrEqual(31);
    expect(text).not.toMatch(/\btry\b/);
  });

  it.each(filesIn('lib/package/client/'))('%s: of other packages, openapi-fetch only; nothing of Node', (file) => {
    for (const name of importsOf(file)) expect(name).toMatch(/^(\.\/|openapi-fetch$)/);
  });

  it('only the store knows DynamoDB, only the endpoint and the middleware for others know middy, only the direct client knows Lambda, only its own middleware knows Fastify', () => {
    const importers = (pattern: RegExp) =>
      filesIn('lib/').filter((file) => importsOf(file).some((name) => pattern.test(name)));
    expect(
      importers(/^@aws-sdk\/(client-dynamodb|lib-dynamodb|util-dynamodb)$/).every((file) =>
        file.startsWith('lib/store/'),
      ),
    ).toBe(true);
    expect(importers(/^@middy\//).sort()).toEqual(['lib/package/verifier/middy.ts', 'lib/service/http/endpoint.ts']);
    expect(importers(/^@aws-sdk\/client-lambda$/)).toEqual(['lib/package/direct-client.ts']);
    expect(importers(/^fastify$/)).toEqual(['lib/package/verifier/fastify.ts']);
  });

  it('what consumers install does not lead to the document client, which needs the SDK of its own version', () => {
    const consumed = filesBehind([
      'lib/package/verifier/create-verifier.ts',
      'lib/package/direct-client.ts',
      'lib/package/cli/main.ts',
    ]);
    expect(consumed).toContain('lib/store/verifying-table.ts');
    expect(consumed).not.toContain('lib/store/dynamodb.ts');
  });
});
