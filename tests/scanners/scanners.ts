import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exceptions } from '../../infra/deployment/exceptions.ts';
import type { Template } from '../../infra/deployment/template.ts';
import { everySetting } from '../support/deployment.ts';
import { copyService, packageService } from '../support/package.ts';
import type { Finding } from './findings.ts';
import { guard } from './guard.ts';
import { hasLint, lint } from './lint.ts';
import { nag } from './nag.ts';
import { specification } from './spec.ts';

const { folder, remove } = copyService();
const files = ['update', 'data'].flatMap((stack) =>
  ['dev', 'full'].map((stage) => [stage, stack, join(folder, `${stage}-${stack}.json`)] as const),
);
const used = new Set<string>();

beforeAll(async () => {
  for (const [stage, settings] of [
    ['dev', {}],
    ['full', everySetting],
  ] as const) {
    await packageService(folder, settings, stage);
    for (const stack of ['update', 'data'])
      writeFileSync(
        join(folder, `${stage}-${stack}.json`),
        readFileSync(join(folder, `package/cloudformation-template-${stack}-stack.json`)),
      );
  }
});
afterAll(remove);

interface Metadata {
  readonly cdk_nag?: { readonly rules_to_suppress: readonly { readonly id: string; readonly reason: string }[] };
  readonly guard?: { readonly SuppressedRules: readonly string[] };
}

/** The rules that a resource says it is an exception from. */
function exceptedIn({ Resources }: Template, id: string): string[] {
  const { cdk_nag, guard: guarded } = (Resources[id]?.Metadata ?? {}) as Metadata;
  return [...(cdk_nag?.rules_to_suppress ?? []).map((rule) => rule.id), ...(guarded?.SuppressedRules ?? [])];
}

/** @returns what is found and is no exception; of a rule with parts, such as `AwsSolutions-IAM5[Resource::*]`, the rule counts */
function unexplained(file: string, findings: readonly Finding[]): string[] {
  const template: Template = JSON.parse(readFileSync(file, 'utf8'));
  return findings.flatMap(({ rule, resource, why }) => {
    const [name = ''] = rule.split('[');
    used.add(name);
    return exceptedIn(template, resource).includes(name) ? [] : [`${rule} ${resource}: ${why}`];
  });
}

describe.each(files)('the template of %s, stack %s', (_, __, file) => {
  it('cdk-nag: AwsSolutions, Serverless and NIST 800-53 find nothing that is neither fixed nor explained', () => {
    expect(unexplained(file, nag(file))).toEqual([]);
  });

  it('cfn-guard: the rules of Control Tower find nothing that is neither fixed nor explained', () => {
    expect(unexplained(file, guard(file))).toEqual([]);
  });

  it("AWS's service specification knows every type of resource, every property, and every value", () => {
    expect(specification(file)).toEqual([]);
  });

  it.skipIf(!hasLint)('cfn-lint finds nothing in the schemas of any Region (pip install cfn-lint)', () => {
    expect(lint(file)).toEqual([]);
  });
});

describe('the exceptions', () => {
  it('are about something that a scanner finds', () => {
    const noted = exceptions.flatMap((each) => [...(each.nag ?? []), ...(each.guard ?? [])]);
    expect(noted.filter((rule) => !used.has(rule))).toEqual([]);
  });
});

describe('the scanners', () => {
  const write = (Resources: object) => {
    const file = join(folder, 'faulty.json');
    writeFileSync(file, JSON.stringify({ Resources }));
    return file;
  };

  it('find a fault that nobody explained', () => {
    const file = write({ Bucket: { Type: 'AWS::S3::Bucket', Properties: {} } });
    expect(unexplained(file, nag(file)).join()).toContain('AwsSolutions-S1 Bucket');
    expect(unexplained(file, guard(file)).join()).toContain('s3_bucket_logging_enabled_check Bucket');
  });

  const lambda = { Code: { ZipFile: 'x' }, Role: 'arn:aws:iam::123456789012:role/x', Handler: 'x.y' };
  it.each<[why: string, type: string, properties: object]>([
    ['there is no type AWS::Lambda::Functions', 'AWS::Lambda::Functions', {}],
    ['Role is missing', 'AWS::Lambda::Function', { Code: lambda.Code }],
    ['there is no property Memory', 'AWS::Lambda::Function', { ...lambda, Memory: 512 }],
    ['MemorySize is no integer: "512 MB"', 'AWS::Lambda::Function', { ...lambda, MemorySize: '512 MB' }],
    ['Layers is no list', 'AWS::Lambda::Function', { ...lambda, Layers: 'x' }],
    ['TracingConfig is no group', 'AWS::Lambda::Function', { ...lambda, TracingConfig: 'Active' }],
    ['TracingConfig.Mode cannot be "On"', 'AWS::Lambda::Function', { ...lambda, TracingConfig: { Mode: 'On' } }],
  ])('the specification tells that %s', (why, Type, Properties) => {
    expect(specification(write({ It: { Type, Properties } }))).toEqual([
      { rule: 'specification', resource: 'It', why },
    ]);
  });

  it.skipIf(!hasLint)('cfn-lint finds a type that a Region does not have, and a value beyond a limit', () => {
    const Missing = { Type: 'AWS::AppRunner::Service', Properties: { SourceConfiguration: {} } };
    const Small = { Type: 'AWS::Lambda::Function', Properties: { ...lambda, Runtime: 'nodejs24.x', MemorySize: 64 } };
    const found = lint(write({ Missing, Small })).map(({ rule, resource, why }) => `${rule} ${resource} ${why}`);
    expect(found).toContainEqual(expect.stringMatching(/^E3006 Missing .* does not exist in 'cn-north-1'/));
    expect(found).toContainEqual('E3034 Small Properties.MemorySize: 64 is less than the minimum of 128');
  });
});
