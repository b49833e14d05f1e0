import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { authorizerInBody, expected, foreignArn, invocable } from './authorizer.ts';
import { copyExamples, dropCache } from './examples.ts';
import type { Template } from './template.ts';

/** What AWS runs when it meets `Transform: AWS::Serverless-2016-10-31`. */
const transform = `
import json, sys
from samtranslator.translator.transform import transform
class NoPolicies:
    def load(self): return {}
print(json.dumps(transform(json.load(sys.stdin), {}, NoPolicies())))
`;

const customTags = ['Ref', 'ImportValue'].map((name) => ({
  tag: `!${name}`,
  resolve: (value: string) => ({ [name === 'Ref' ? name : `Fn::${name}`]: value }),
}));

/** As `sam deploy` does it: the code is uploaded, then the template is transformed. */
function transformed(yaml: string): Template {
  const uploaded = yaml.replace('CodeUri: invoices\n', 'CodeUri: s3://bucket/invoices\n');
  const input = JSON.stringify(parse(uploaded, { customTags }));
  const env = { ...process.env, AWS_DEFAULT_REGION: 'eu-central-1' };
  const { status, stdout, stderr } = spawnSync('python3', ['-c', transform], { input, env, encoding: 'utf8' });
  expect(status, `${stderr}\nThis needs Python 3 with AWS's transform: pip install aws-sam-translator`).toBe(0);
  return JSON.parse(stdout);
}

describe.each(['rest', 'http'] as const)("AWS's transform of the SAM template, %s", { timeout: 60_000 }, (kind) => {
  it.each([true, false])('has the authorizer; cached: %s', (isCached) => {
    const folder = copyExamples(tmpdir());
    const name = `sam-${kind}.yaml`;
    if (!isCached) dropCache(folder, name);
    const template = transformed(readFileSync(join(folder, name), 'utf8'));
    expect(authorizerInBody(template)).toEqual(expected(kind, isCached));
    expect(invocable(template)).toEqual(['ListInvoices']);
  });
});

describe("AWS's transform of the SAM template, another account", { timeout: 60_000 }, () => {
  it('has the authorizer of that account, and gives nobody a right to it', () => {
    const template = transformed(readFileSync(join(copyExamples(tmpdir()), 'account-sam.yaml'), 'utf8'));
    expect(authorizerInBody(template)).toEqual(expected('rest', true, foreignArn));
    expect(invocable(template)).toEqual(['ListInvoices']);
  });
});
