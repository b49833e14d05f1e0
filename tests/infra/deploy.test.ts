import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Aws, startAws } from '../support/aws.ts';
import { copyService, serverless, writeStage } from '../support/package.ts';
import { entry } from '../support/settings-file.ts';

const { folder, remove } = copyService();
afterAll(remove);

let aws: Aws;
beforeEach(async () => {
  aws = await startAws();
  writeStage(folder, { issuers: [entry] });
});
afterEach(() => aws.stop());

const run = async (...args: string[]) => {
  aws.asked.length = 0;
  return serverless(folder, args, aws.env);
};

/** What changed something: of each stack that was changed, its name; of objects, that there were some. */
const changes = () => {
  const told = aws.asked.flatMap((call) => {
    const [action, about] = call.split(' ');
    if (action === 'cloudformation:ExecuteChangeSet') return [`change ${about}`];
    if (action === 'cloudformation:DeleteStack') return [`delete ${about}`];
    return /^s3:(Put|Delete)Object$/.test(action ?? '') ? [`${action}`] : [];
  });
  return told.filter((each, index) => each !== told[index - 1]);
};

describe('npm run deploy', () => {
  it('deploys the data stack first, and protects it; the same commit again changes nothing', async () => {
    const first = await run('deploy');
    expect(first).toMatchObject({ status: 0, output: expect.stringContaining('Creating the stack appkeys-dev-data.') });
    expect(changes()).toEqual(['change appkeys-dev-data', 'change appkeys-dev', 's3:PutObject', 'change appkeys-dev']);
    expect(aws.stacks.get('appkeys-dev-data')).toMatchObject({ status: 'CREATE_COMPLETE', isProtected: true });
    const again = await run('deploy');
    expect(again).toMatchObject({ status: 0, output: expect.stringContaining('No changes to deploy') });
    expect(again.output).toContain('No changes to the stack appkeys-dev-data.');
    expect(changes()).toEqual([]);
  });

  it('that fails at the service touches nothing in the data stack, and can be repeated', async () => {
    aws.failNext('appkeys-dev', 'ServerlessDeploymentBucket');
    expect(await run('deploy')).toMatchObject({ status: 1, output: expect.stringContaining('It is not allowed.') });
    const data = { ...aws.stacks.get('appkeys-dev-data') };
    expect(data.status).toBe('CREATE_COMPLETE');
    expect(await run('remove')).toMatchObject({ status: 0 });
    expect(await run('deploy')).toMatchObject({ status: 0 });
    aws.failNext('appkeys-dev', 'MakeLambdaFunction');
    writeStage(folder, { issuers: [entry], keys: { maxPerApp: 3 } });
    expect(await run('deploy')).toMatchObject({ status: 1 });
    expect(aws.stacks.get('appkeys-dev-data')).toEqual(data);
    expect(await run('deploy')).toMatchObject({ status: 0 });
    expect(aws.stacks.get('appkeys-dev-data')).toEqual(data);
  });

  it('that fails the first time, after the bucket is there, can be repeated as it is', async () => {
    aws.failNext('appkeys-dev', 'MakeLambdaFunction');
    expect(await run('deploy')).toMatchObject({ status: 1, output: expect.stringContaining('It is not allowed.') });
    expect(aws.stacks.get('appkeys-dev')?.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await run('deploy')).toMatchObject({ status: 0 });
    expect(aws.stacks.get('appkeys-dev')?.status).toBe('UPDATE_COMPLETE');
  });

  it('that fails at the data stack is one line, and leaves nothing', async () => {
    aws.failNext('appkeys-dev-data', 'ServiceKey');
    const { status, output } = await run('deploy');
    expect([status, output.slice(output.indexOf('Error:'))]).toEqual([
      1,
      'Error: The stack appkeys-dev-data failed: ServiceKey: It is not allowed.\n',
    ]);
    expect([...aws.stacks.keys()]).toEqual([]);
    expect(await run('deploy')).toMatchObject({ status: 0 });
  });

  it('that would replace the table, or remove the service key, stops', async () => {
    await run('deploy');
    const file = join(folder, 'infra/templates/table.yml');
    const table = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      table.replace('{ AttributeName: sk, KeyType: RANGE }', '{ AttributeName: realm, KeyType: RANGE }'),
    );
    const { status, output } = await run('deploy');
    writeFileSync(file, table);
    expect([status, output.slice(output.indexOf('Error:'))]).toEqual([
      1,
      'Error: This deployment would replace or remove Table of the stack appkeys-dev-data. It stops.\n',
    ]);
    expect(changes()).toEqual([]);
  });

  it('of a folder that was packaged before deploys what is in it, the data stack too', async () => {
    writeStage(folder, { issuers: [entry], deployment: { logs: { retentionDays: 7 } } });
    expect(await run('package', '--package', 'before')).toMatchObject({ status: 0 });
    writeStage(folder, { issuers: [entry] });
    expect(await run('deploy', '--package', 'before')).toMatchObject({ status: 0 });
    expect(aws.stacks.get('appkeys-dev-data')?.template.Resources.ReadLogGroup?.Properties?.RetentionInDays).toBe(7);
  });

  it('uploads to a bucket of the adopter, and tags both stacks', async () => {
    const deployment = { deploymentBucket: 'my-bucket', tags: { team: 'keys' } };
    writeStage(folder, { issuers: [entry], deployment });
    expect(await run('deploy')).toMatchObject({ status: 0 });
    expect(changes()).toEqual(['change appkeys-dev-data', 's3:PutObject', 'change appkeys-dev']);
    for (const name of ['appkeys-dev', 'appkeys-dev-data']) expect(aws.stacks.get(name)?.tags).toContain('team');
    expect(JSON.stringify(aws.stacks.get('appkeys-dev')?.template)).not.toContain('AWS::S3::Bucket"');
  });
});

describe('npm run remove', () => {
  it('leaves the data stack, which the next deployment uses', async () => {
    await run('deploy');
    expect(await run('remove')).toMatchObject({ status: 0 });
    expect([...aws.stacks.keys()]).toEqual(['appkeys-dev-data']);
    expect(await run('deploy')).toMatchObject({ status: 0 });
    expect(changes()).toEqual(['change appkeys-dev', 's3:PutObject', 'change appkeys-dev']);
  });
});

describe('serverless rollback', () => {
  it('gives the service its former template, with its tags, and leaves the data stack', async () => {
    const tagged = { tags: { team: 'keys' } };
    writeStage(folder, { issuers: [entry], deployment: tagged });
    await run('deploy');
    const former = aws.stacks.get('appkeys-dev')?.template;
    writeStage(folder, { issuers: [entry], deployment: { ...tagged, memorySize: 1024 } });
    await run('deploy');
    const data = { ...aws.stacks.get('appkeys-dev-data') };
    expect(aws.stacks.get('appkeys-dev')?.template).not.toEqual(former);
    const { output } = await run('deploy', 'list');
    const [timestamp = ''] = /\b\d{13}\b/.exec(output) ?? [];
    expect(await run('rollback', '--timestamp', timestamp)).toMatchObject({ status: 0 });
    expect(aws.stacks.get('appkeys-dev')?.template).toEqual(former);
    expect(aws.stacks.get('appkeys-dev')?.tags).toContain('team');
    expect(aws.stacks.get('appkeys-dev-data')).toEqual(data);
  });
});
