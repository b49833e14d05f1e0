import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalSecretsManager, startLocalSecretsManager } from '../../../infra/local/secrets-manager.ts';

/** As https://docs.aws.amazon.com/secretsmanager/latest/apireference/ describes the operations. */
let manager: LocalSecretsManager;
let name = 0;
let SecretId: string;
const folder = mkdtempSync(join(tmpdir(), 'appkeys-secrets-'));

beforeAll(async () => {
  manager = await startLocalSecretsManager();
});
afterAll(() => {
  manager.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  name += 1;
  SecretId = `secret${name}`;
  manager.run('CreateSecret', { Name: SecretId, SecretString: 'one', ClientRequestToken: 'v1' });
});

const stages = () => (manager.run('DescribeSecret', { SecretId }) as { VersionIdsToStages: object }).VersionIdsToStages;
const read = (which: object = {}) => manager.run('GetSecretValue', { SecretId, ...which });
const put = (ClientRequestToken: string, SecretString: string, VersionStages?: string[]) =>
  manager.run('PutSecretValue', {
    SecretId,
    ClientRequestToken,
    SecretString,
    ...(VersionStages && { VersionStages }),
  });
const move = (VersionStage: string, RemoveFromVersionId?: string, MoveToVersionId?: string) =>
  manager.run('UpdateSecretVersionStage', {
    SecretId,
    VersionStage,
    ...(RemoveFromVersionId && { RemoveFromVersionId }),
    ...(MoveToVersionId && { MoveToVersionId }),
  });
const nameOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return (error as Error).name;
  }
  return undefined;
};

it('a new value is the current one, and the one before the previous', () => {
  put('v2', 'two');
  put('v3', 'three');
  expect(stages()).toEqual({ v2: ['AWSPREVIOUS'], v3: ['AWSCURRENT'] });
  expect(read()).toMatchObject({ SecretString: 'three', VersionId: 'v3' });
  expect(read({ VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'two' });
  expect(read({ VersionId: 'v1' })).toMatchObject({ SecretString: 'one', VersionStages: [] });
});

it('lists the versions that have labels', () => {
  put('v2', 'two');
  put('v3', 'three');
  expect(manager.run('ListSecretVersionIds', { SecretId })).toMatchObject({
    Versions: [
      { VersionId: 'v2', VersionStages: ['AWSPREVIOUS'] },
      { VersionId: 'v3', VersionStages: ['AWSCURRENT'] },
    ],
  });
});

it('a version keeps its value: the same again is ignored, another is rejected', () => {
  put('v2', 'two', ['AWSPENDING']);
  put('v2', 'two');
  expect(stages()).toEqual({ v1: ['AWSCURRENT'], v2: ['AWSPENDING'] });
  expect(nameOf(() => put('v2', 'other'))).toBe('ResourceExistsException');
});

describe('a rotation', () => {
  it('labels a version without a value, and is under way until that is the current one', () => {
    manager.run('RotateSecret', { SecretId, ClientRequestToken: 'v2' });
    expect(manager.run('DescribeSecret', { SecretId })).toMatchObject({
      RotationEnabled: true,
      VersionIdsToStages: { v1: ['AWSCURRENT'], v2: ['AWSPENDING'] },
    });
    expect(nameOf(() => read({ VersionId: 'v2' }))).toBe('ResourceNotFoundException');
    expect(nameOf(() => manager.run('RotateSecret', { SecretId, ClientRequestToken: 'v3' }))).toBe(
      'InvalidRequestException',
    );
    manager.run('RotateSecret', { SecretId, ClientRequestToken: 'v2' });
    put('v2', 'two', ['AWSPENDING']);
    move('AWSCURRENT', 'v1', 'v2');
    expect(stages()).toEqual({ v1: ['AWSPREVIOUS'], v2: ['AWSPENDING', 'AWSCURRENT'] });
    manager.run('RotateSecret', { SecretId, ClientRequestToken: 'v3' });
  });

  it('can be given up, and switched off', () => {
    manager.run('RotateSecret', { SecretId, ClientRequestToken: 'v2' });
    manager.run('CancelRotateSecret', { SecretId });
    expect(manager.run('DescribeSecret', { SecretId })).toMatchObject({ RotationEnabled: false });
    move('AWSPENDING', 'v2');
    expect(stages()).toEqual({ v1: ['AWSCURRENT'] });
  });
});

it.each([
  ['InvalidParameterException', 'a label that is at another version', () => move('AWSCURRENT', 'v2', 'v1')],
  [
    'InvalidParameterException',
    'a label that is somewhere, without its version',
    () => move('AWSCURRENT', undefined, 'v1'),
  ],
  ['InvalidParameterException', 'the current label to nowhere', () => move('AWSCURRENT', 'v1')],
  ['ResourceNotFoundException', 'a label to no version', () => move('AWSCURRENT', 'v1', 'v9')],
])('%s moving %s', (error, _, act) => {
  expect(nameOf(act)).toBe(error);
  expect(stages()).toEqual({ v1: ['AWSCURRENT'] });
});

it('a secret that is marked for deletion is described, and nothing else, until it is restored', () => {
  manager.run('DeleteSecret', { SecretId });
  expect(stages()).toEqual({ v1: ['AWSCURRENT'] });
  for (const act of [read, () => put('v2', 'x'), () => move('AWSCURRENT', 'v1', 'v1')])
    expect(nameOf(act)).toBe('InvalidRequestException');
  manager.run('RestoreSecret', { SecretId });
  expect(read()).toMatchObject({ SecretString: 'one' });
});

it.each([
  ['ResourceNotFoundException', 'DescribeSecret', { SecretId: 'none' }],
  ['UnknownOperationException', 'ListSecrets', {}],
  ['UnknownOperationException', 'constructor', {}],
])('%s for %s over HTTP', async (error, operation, body) => {
  const headers = { 'x-amz-target': `secretsmanager.${operation}` };
  const answer = await fetch(manager.endpoint, { method: 'POST', headers, body: JSON.stringify(body) });
  expect([answer.status, await answer.json()]).toEqual([400, { __type: error, Message: expect.any(String) }]);
});

it('secrets outlive the process in a file that only its user reads', async () => {
  const file = join(folder, 'secrets.json');
  const first = await startLocalSecretsManager({ file });
  first.run('CreateSecret', { Name: 'kept', SecretString: 'value' });
  first.stop();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const second = await startLocalSecretsManager({ file });
  expect(second.run('GetSecretValue', { SecretId: 'kept' })).toMatchObject({ SecretString: 'value' });
  expect(nameOf(() => second.run('CreateSecret', { Name: 'kept' }))).toBe('ResourceExistsException');
  second.stop();
});
