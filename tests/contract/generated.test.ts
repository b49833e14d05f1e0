import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { clientSource } from '../../infra/scripts/generate-client.ts';
import { errorsPage } from '../../infra/scripts/generate-errors.ts';
import { declarationsSource, validatorsSource } from '../../infra/scripts/generate-validators.ts';

const generated = new URL('../../lib/contract/generated/', import.meta.url);

describe('generated validators', () => {
  it('are what "npm run generate" makes of the schemas now', async () => {
    expect(await readFile(new URL('validators.js', generated), 'utf8')).toBe(await validatorsSource());
    expect(await readFile(new URL('validators.d.ts', generated), 'utf8')).toBe(declarationsSource());
  });
});

describe('the generated part of the client', () => {
  it('is what "npm run generate" makes of the OpenAPI document now', async () => {
    const source = new URL('../../lib/package/client/generated/operations.ts', import.meta.url);
    expect(await readFile(source, 'utf8')).toBe(await clientSource());
  });
});

describe('docs/errors.md', () => {
  it('is what "npm run generate" makes of the error table and the notes on it now', async () => {
    expect(await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')).toBe(errorsPage());
  });
});
