import { spawnSync } from 'node:child_process';
import type { Finding } from './findings.ts';

/** Python's package `cfn-lint` brings the schemas of all Regions. */
export const hasLint = spawnSync('cfn-lint', ['--version']).status === 0;

/** The framework writes that a function depends on its role, which the function names all the same. */
const ignored = ['W3005'];

interface Match {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Location: { readonly Path: readonly unknown[] };
}

/** @returns what cfn-lint finds in a template for any Region that AWS has published schemas of */
export function lint(templateFile: string): Finding[] {
  const args = [templateFile, '--regions', 'ALL_REGIONS', '--format', 'json', '--ignore-checks', ...ignored];
  const { stdout, stderr } = spawnSync('cfn-lint', args, { encoding: 'utf8', maxBuffer: 1e8 });
  if (stdout === '') throw new Error(`cfn-lint says nothing: ${stderr}`);
  const found: Match[] = JSON.parse(stdout);
  return found.map(({ Rule, Message, Location }) => ({
    rule: Rule.Id,
    resource: String(Location.Path[1] ?? ''),
    why: `${Location.Path.slice(2).join('.')}: ${Message}`,
  }));
}
