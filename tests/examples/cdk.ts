import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';
import { authorizerIn, expected, foreignArn, invocable } from './authorizer.ts';
import { copyExamples, dropCache } from './examples.ts';
import { expectedRotation, rotationIn } from './rotation.ts';

const here = import.meta.dirname;

function node(folder: string, args: readonly string[]): void {
  const env = { ...process.env, CDK_OUTDIR: 'cdk.out' }; // as the CDK's command line tells an application
  execFileSync(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] });
}

describe.each(['rest', 'http'] as const)('what the CDK synthesises, %s', { timeout: 300_000 }, (kind) => {
  it.each([true, false])('has the authorizer; cached: %s', (isCached) => {
    const folder = copyExamples(here);
    const name = `cdk-${kind}.ts`;
    if (!isCached) dropCache(folder, name);
    node(folder, [name]);
    const template = JSON.parse(readFileSync(join(folder, 'cdk.out/Invoices.template.json'), 'utf8'));
    expect(authorizerIn(template)).toEqual(expected(kind, isCached));
    expect(invocable(template)).toEqual([expect.stringMatching(/^ListInvoices/)]);
  });
});

describe('what the CDK synthesises, another account', { timeout: 300_000 }, () => {
  it('has the authorizer of that account, and gives nobody a right to it', () => {
    const folder = copyExamples(here);
    node(folder, ['account-cdk.ts']);
    const template = JSON.parse(readFileSync(join(folder, 'cdk.out/Invoices.template.json'), 'utf8'));
    expect(authorizerIn(template)).toEqual(expected('rest', true, foreignArn));
    expect(invocable(template)).toEqual([expect.stringMatching(/^ListInvoices/)]);
  });
});

describe('what the CDK synthesises, rotation', { timeout: 300_000 }, () => {
  it('has a secret that the function rotates', () => {
    const folder = copyExamples(here);
    node(folder, ['rotation-cdk.ts']);
    const template = JSON.parse(readFileSync(join(folder, 'cdk.out/InvoicesClient.template.json'), 'utf8'));
    expect(rotationIn(template)).toEqual(expectedRotation);
  });
});

describe('the CDK examples', { timeout: 300_000 }, () => {
  it('compile in strict mode', () => {
    const folder = copyExamples(here);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2024',
      types: [],
      skipLibCheck: true,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    node(folder, [join(projectFolder, 'node_modules/typescript/bin/tsc'), '-p', folder]);
  });
});
