import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exceptions } from '../../infra/deployment/exceptions.ts';
import type { Template } from '../../infra/deployment/template.ts';
import { everySetting } from '../support/deployment.ts';
import { copyService, packageService } from '../support/package.ts';
import type { Finding } from './findings.ts';
import { guard } from './guard.ts';
import { nag } from './nag.ts';

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
});

describe('the exceptions', () => {
  it('are about something that a scanner finds', () => {
    const noted = exceptions.flatMap((each) => [...(each.nag ?? []), ...(each.guard ?? [])]);
    expect(noted.filter((rule) => !used.has(rule))).toEqual([]);
  });
});

describe('the scanners', () => {
  it('find a fault that nobody explained', () => {
    const file = join(folder, 'faulty.json');
    const Bucket = { Type: 'AWS::S3::Bucket', Properties: {} };
    writeFileSync(file, JSON.stringify({ Resources: { Bucket } }));
    expect(unexplained(file, nag(file)).join()).toContain('AwsSolutions-S1 Bucket');
    expect(unexplained(file, guard(file)).join()).toContain('s3_bucket_logging_enabled_check Bucket');
  });
});
