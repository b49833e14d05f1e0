import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serverless } from '../support/package.ts';
import { authorizerIn, expected, invocable } from './authorizer.ts';
import { copyExamples, dropCache } from './examples.ts';

describe.each(['rest', 'http'] as const)('serverless package, %s', { timeout: 170_000 }, (kind) => {
  it.concurrent.for([true, false])('has the authorizer; cached: %s', async (isCached, { onTestFinished }) => {
    const folder = copyExamples(tmpdir(), onTestFinished);
    const config = `serverless-${kind}.yml`;
    if (!isCached) dropCache(folder, config);
    const { status, output } = await serverless(folder, ['package', '--config', config, '--package', 'package']);
    expect(status, output).toBe(0);
    expect(output).not.toMatch(/warning/i);
    const template = JSON.parse(
      readFileSync(join(folder, 'package/cloudformation-template-update-stack.json'), 'utf8'),
    );
    expect(authorizerIn(template)).toEqual(expected(kind, isCached));
    expect(invocable(template)).toEqual(['ListInvoicesLambdaFunction']);
  });
});
