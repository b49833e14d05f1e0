import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectFolder } from '../../infra/local/folders.ts';
import { copyExamples, dropCache, examplesFolder } from './examples.ts';

const pages = ['verifying', 'rotation', 'deploying'].map((name) =>
  readFileSync(join(projectFolder, `docs/${name}.md`), 'utf8'),
);
/** The examples that a page shows: the link to the file, and the block below it. */
const shown = [...pages.join('\n').matchAll(/\]\(examples\/(\S+)\)[^\n]*\n\n```\w+\n(.*?)^```/gms)].map(
  ([, name, text]) => ({
    name,
    text,
  }),
);

describe('docs/verifying.md, docs/rotation.md and docs/deploying.md', () => {
  it('link to every example', () => {
    const linked = [...pages.join('\n').matchAll(/\]\(examples\/([^)\s]+)\)/g)].map(([, name]) => name);
    const files = readdirSync(examplesFolder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const names = files.map(({ parentPath, name }) => join(parentPath, name).slice(examplesFolder.length + 1));
    expect(linked.sort()).toEqual(names.sort());
  });

  it.each(shown)('show $name as it is', ({ name, text }) => {
    expect(text).toBe(readFileSync(join(examplesFolder, name ?? ''), 'utf8'));
  });
});

describe('README.md', () => {
  it('shows the authorizer of a REST API that is not cached', () => {
    const readme = readFileSync(join(projectFolder, 'README.md'), 'utf8');
    const [, shortly = ''] = /^```yaml\n(authorizer:\n.*?)^```/ms.exec(readme) ?? [];
    const folder = copyExamples(tmpdir());
    dropCache(folder, 'serverless-rest.yml');
    const example = parse(readFileSync(join(folder, 'serverless-rest.yml'), 'utf8'));
    const { authorizer } = example.functions.listInvoices.events[0].http;
    expect(parse(shortly)).toEqual({ authorizer });
  });
});

describe('the function of the examples', () => {
  it.each([
    ['a REST API', { appHrn: 'hrn' }],
    ['an HTTP API', { lambda: { appHrn: 'hrn' } }],
  ])('finds in %s what the authorizer tells', async (_, authorizer) => {
    const { list } = await import(join(examplesFolder, 'invoices/index.mjs'));
    expect(JSON.parse((await list({ requestContext: { authorizer } })).body)).toEqual({ of: 'hrn', invoices: [] });
  });
});
