import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Writes `SHA256SUMS`, which `sha256sum --check` and `shasum --check` read, for all files in the folder. */
export function writeChecksums(folder: string): void {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const lines = files
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => `${sha256(file)}  ${relative(folder, file)}\n`)
    .toSorted((one, other) => (one.slice(64) < other.slice(64) ? -1 : 1));
  writeFileSync(join(folder, 'SHA256SUMS'), lines.join(''));
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
