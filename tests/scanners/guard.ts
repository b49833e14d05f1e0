import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Finding } from './findings.ts';

const guardFolder = join(import.meta.dirname, 'node_modules/@cdklabs/cdk-validator-cfnguard');
const platform = process.platform === 'darwin' ? 'macos' : 'ubuntu';
const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

interface Report {
  readonly not_compliant: readonly { readonly Rule: { readonly name: string } }[];
}

/** @returns what the rules of Control Tower find in a template, by the program that AWS publishes with them */
export function guard(templateFile: string): Finding[] {
  const args = ['validate', '--data', templateFile, '--rules', join(guardFolder, 'rules/control-tower/cfn-guard')];
  const program = join(guardFolder, 'bin', platform, architecture, 'cfn-guard');
  const shape = ['--output-format', 'json', '--structured', '--show-summary', 'none'];
  const { stdout, stderr } = spawnSync(program, [...args, ...shape], { encoding: 'utf8', maxBuffer: 1e8 });
  if (stdout === '') throw new Error(`cfn-guard says nothing: ${stderr}`);
  const reports: Report[] = JSON.parse(stdout);
  return reports.flatMap(({ not_compliant }) =>
    not_compliant.flatMap((found) => {
      const paths = JSON.stringify(found).matchAll(/"path":"\/Resources\/([^/"]+)/g);
      const resources = new Set([...paths].map(([, id = '']) => id));
      return [...resources].map((resource) => ({ rule: found.Rule.name, resource, why: 'Control Tower' }));
    }),
  );
}
