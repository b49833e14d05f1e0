import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';
import { isMissing, needsChromium } from '../support/browser.ts';

const names = ['console', 'reference'];

function sizeOf(folder: string, name: string): { width: number; height: number; bytes: number } {
  const webp = readFileSync(join(folder, `${name}.webp`));
  expect(webp.toString('latin1', 8, 16)).toBe('WEBPVP8X');
  return { width: webp.readUIntLE(24, 3) + 1, height: webp.readUIntLE(27, 3) + 1, bytes: webp.length };
}

it.each(names)('docs/%s.webp is small', (name) => {
  const { width, bytes } = sizeOf(join(projectFolder, 'docs'), name);
  expect(width).toBeLessThanOrEqual(1_280);
  expect(bytes).toBeLessThan(100_000);
});

describe.skipIf(isMissing)(`npm run screenshots${needsChromium}`, () => {
  it('writes the pictures of the docs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'appkeys-'));
    try {
      execFileSync(process.execPath, ['infra/scripts/screenshots.ts', folder], { cwd: projectFolder });
      for (const name of names) {
        const { bytes, ...size } = sizeOf(folder, name);
        expect(size).toEqual({ width: 1_280, height: sizeOf(join(projectFolder, 'docs'), name).height });
        expect(bytes).toBeGreaterThan(10_000);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
