import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serverless } from '../support/package.ts';
import { authorizerIn, expected, invocable } from './authorizer.ts';
import { copyExamples, dropCache } from './examples.ts';
import { expectedRotation, rotationIn } from './rotation.ts';
import type { Template } from './template.ts';

describe.each(['rest', 'http'] as const)('serverless package, %s', { timeout: 170_000 }, (kind) => {
  it.concurrent.for([true, false])('has the authorizer; cached: %s', async (isCached, { onTestFinished }) => {
    const folder = copyExamples(tmpdir(), onTestFinished);
    const config = `serverless-${kind}.yml`;
    if (!isCached) dropCache(folder, config);
    const template = await packaged(folder, config);
    expect(authorizerIn(template)).toEqual(expected(kind, isCached));
    expect(invocable(template)).toEqual(['ListInvoicesLambdaFunction']);
  });
});

describe('serverless package, rotation', { timeout: 170_000 }, () => {
  it('has a secret that the function rotates', async ({ onTestFinished }) => {
    const folder = copyExamples(tmpdir(), onTestFinished);
    expect(rotationIn(await packaged(folder, 'rotation-serverless.yml'))).toEqual(expectedRotation);
  });
});

async function packaged(folder: string, config: string): Promise<Template> {
  const { status, output } = await serverless(folder, ['package', '--config', config, '--package', 'package']);
  expect(status, output).toBe(0);
  expect(output).not.toMatch(/warning/i);
  return JSON.parse(readFileSync(join(folder, 'package/cloudformation-template-update-stack.json'), 'utf8'));
}
