import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openapiDocument } from '../../lib/contract/openapi.ts';

/** Writes the OpenAPI document to a file, and has it looked at by the linters beside this file; a warning is a failure. */
function lint(folder: string): void {
  const document = join(folder, 'node_modules/openapi.json');
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  writeFileSync(document, JSON.stringify(openapiDocument(), null, 2));
  run(folder, 'redocly', ['lint', document, '--config', join(folder, 'redocly.yaml'), '--max-problems', '100']);
  run(folder, 'spectral', ['lint', document, '--ruleset', join(folder, 'spectral.yaml'), '--fail-severity', 'hint']);
}

function run(folder: string, linter: string, args: readonly string[]): void {
  const bin = join(folder, 'node_modules/.bin', linter);
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  execFileSync(bin, args, { stdio: 'inherit', env });
}

try {
  lint(import.meta.dirname);
} catch {
  process.exit(1);
}
