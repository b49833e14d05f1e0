import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';
import { writeStage } from '../support/package.ts';
import { copyProject, release } from '../support/release.ts';
import { entry } from '../support/settings-file.ts';
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

describe('what the CDK synthesises, appkeys itself', { timeout: 300_000 }, () => {
  it('is what a release deploys: the same resources, with the zips of the bucket', async () => {
    const project = copyProject();
    onTestFinished(project.remove);
    writeStage(project.folder, { issuers: [entry] }, 'prod');
    const folder = copyExamples(here);
    cpSync(await release(project.folder, '--stage', 'prod'), join(folder, 'release-prod'), { recursive: true });
    node(folder, ['service-cdk.ts']);
    const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const withZips = (text: string) =>
      text.replaceAll(/\{"Ref":"ZipBucket"\}/g, '"my-releases"').replaceAll(`\${ZipPrefix}`, 'appkeys');
    for (const [stack, file] of [
      ['appkeys-prod-data', 'data'],
      ['appkeys-prod', 'service'],
    ]) {
      const { Resources, Outputs } = read(`cdk.out/${stack}.template.json`);
      const released = JSON.parse(withZips(JSON.stringify(read(`release-prod/${file}.template.json`))));
      expect(Outputs).toEqual(released.Outputs);
      expect(inOrder(Resources)).toEqual(inOrder(released.Resources));
    }
  });
});

/** Resources whose lists of dependencies can be compared. */
function inOrder(resources: Readonly<Record<string, { readonly DependsOn?: string | string[] }>>) {
  return Object.entries(resources)
    .map(([id, { DependsOn = [], ...resource }]) => ({ id, ...resource, DependsOn: [DependsOn].flat().sort() }))
    .sort((one, other) => one.id.localeCompare(other.id));
}

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
