import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSecrets, type Secrets } from '../../lib/service/secrets-manager.ts';
import { type ScriptedAnswer, startScriptedAws } from '../support/scripted-aws.ts';

let asked: unknown[];
let answerTo: () => ScriptedAnswer;

beforeAll(async () => {
  const server = await startScriptedAws('AWS_ENDPOINT_URL_SECRETS_MANAGER', (target, body) => {
    asked.push([target, body]);
    return answerTo();
  });
  return () => void server.close().closeAllConnections();
});

beforeEach(() => {
  asked = [];
});

const ok = (body: object) => ({ status: 200, body });
const rejected = (name: string, status = 400) => ({ status, body: { __type: name, message: 'no' } });
const calls: Record<keyof Secrets, (secrets: Secrets, withinMs?: number) => Promise<unknown>> = {
  describe: (secrets, withinMs = 5_000) => secrets.describe('arn', withinMs),
  read: (secrets, withinMs = 5_000) => secrets.read('arn', 'AWSCURRENT', withinMs),
  putPending: (secrets, withinMs = 5_000) => secrets.putPending('arn', 'token', 'value', withinMs),
  moveCurrent: (secrets, withinMs = 5_000) => secrets.moveCurrent('arn', { from: 'old', to: 'token' }, withinMs),
  removePending: (secrets, withinMs = 5_000) => secrets.removePending('arn', 'token', withinMs),
};

it.each([
  ['DescribeSecret', calls.describe, { SecretId: 'arn' }],
  ['GetSecretValue', calls.read, { SecretId: 'arn', VersionStage: 'AWSCURRENT' }],
  [
    'GetSecretValue',
    (secrets: Secrets) => secrets.read('arn', { versionId: 'token' }, 5_000),
    { SecretId: 'arn', VersionId: 'token' },
  ],
  [
    'PutSecretValue',
    calls.putPending,
    { SecretId: 'arn', ClientRequestToken: 'token', SecretString: 'value', VersionStages: ['AWSPENDING'] },
  ],
  [
    'UpdateSecretVersionStage',
    calls.moveCurrent,
    { SecretId: 'arn', VersionStage: 'AWSCURRENT', RemoveFromVersionId: 'old', MoveToVersionId: 'token' },
  ],
  [
    'UpdateSecretVersionStage',
    calls.removePending,
    { SecretId: 'arn', VersionStage: 'AWSPENDING', RemoveFromVersionId: 'token' },
  ],
] as const)('%s is asked for with what it needs', async (operation, call, input) => {
  answerTo = () => ok({});
  await call(openSecrets());
  expect(asked).toEqual([[`secretsmanager.${operation}`, input]]);
});

it.each([
  [
    { RotationEnabled: true, VersionIdsToStages: { v: ['AWSCURRENT'] } },
    { isRotated: true, stages: { v: ['AWSCURRENT'] } },
  ],
  [{ RotationEnabled: false }, { isRotated: false, stages: {} }],
  [{}, { isRotated: true, stages: {} }],
])('a secret is described as it is: %o', async (body, state) => {
  answerTo = () => ok(body);
  expect(await openSecrets().describe('arn', 5_000)).toEqual(state);
});

it.each([
  ['its text', ok({ SecretString: 'text' }), 'text'],
  ['nothing where it is binary', ok({ SecretBinary: 'AAAA' }), undefined],
  ['nothing where there is none', rejected('ResourceNotFoundException'), undefined],
])('a version gives %s', async (_, answer, value) => {
  answerTo = () => answer;
  expect(await openSecrets().read('arn', 'AWSCURRENT', 5_000)).toBe(value);
});

describe.each(Object.entries(calls))('503000 of %s', (name, call) => {
  const names = [
    'AccessDeniedException',
    'InvalidRequestException',
    ...(name === 'read' ? [] : ['ResourceNotFoundException']),
  ];

  it.each(names)('with what Secrets Manager says, such as %s', async (error) => {
    answerTo = () => rejected(error);
    await expect(call(openSecrets())).rejects.toMatchObject({ code: '503000', cause: `${error}: no` });
    expect(asked).toHaveLength(1);
  });

  it('after two failures', async () => {
    answerTo = () => rejected('InternalServiceError', 500);
    await expect(call(openSecrets())).rejects.toMatchObject({ code: '503000' });
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['stalls in its body', () => 'stalled' as const],
    ['does not come', () => undefined],
  ])('when an answer %s within its time', async (_, answer) => {
    answerTo = answer;
    const why = 'TimeUp: no response within 200 ms';
    await expect(call(openSecrets(), 200)).rejects.toMatchObject({ code: '503000', cause: why });
  });
});
