import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Finding } from './findings.ts';

const program = join(import.meta.dirname, 'nag.mjs');

/** @returns what cdk-nag finds in a template: the packs AwsSolutions, Serverless and NIST 800-53 rev 5 */
export function nag(templateFile: string): Finding[] {
  return JSON.parse(execFileSync(process.execPath, [program, templateFile], { encoding: 'utf8', maxBuffer: 1e8 }));
}
