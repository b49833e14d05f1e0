import { describe, expect, it } from 'vitest';
import { everySetting } from '../../support/deployment.ts';
import { defaultSettings } from '../../support/settings.ts';
import { faultOf, readFileWith } from '../../support/settings-file.ts';

const withSetting = (deployment: object) => ({ issuers: [], deployment });

describe('settings of a deployment', () => {
  it('are taken as they are, beside the defaults of the others', async () => {
    const { deployment } = await readFileWith({ issuers: [], ...everySetting });
    const { accountLogRole, canary } = defaultSettings.deployment;
    const { pages } = everySetting.deployment;
    expect(deployment).toEqual({
      ...everySetting.deployment,
      accountLogRole,
      canary,
      pages: { enabled: true, ...pages },
    });
  });

  it.each<[object, string]>([
    [{ alarmTopicArn: 'alarms' }, 'alarmTopicArn must be an ARN such as arn:aws:sns:eu-central-1:123456789012:alarms.'],
    [{ alarmTopicArn: 'arn:aws:sns:eu-central-1:123:alarms' }, 'alarmTopicArn must be an ARN'],
    [{ alarmTopicArn: 'arn:aws:sqs:eu-central-1:123456789012:alarms' }, 'alarmTopicArn must be an ARN'],
    [{ alarmTopicArn: 'arn:aws:sns:eu-central-1:123456789012:alarms.fifo' }, 'alarmTopicArn must be an ARN'],
    [{ alarmTopicArn: 'arn:aws:sns::123456789012:alarms' }, 'alarmTopicArn must be an ARN'],
    [{ alarmTopicArn: 'arn:amazon:sns:eu-central-1:123456789012:alarms' }, 'alarmTopicArn must be an ARN'],
    [{ dashboard: 'on' }, 'dashboard must be true or false.'],
    [{ contributorInsights: 1 }, 'contributorInsights must be true or false.'],
    [{ canary: 'no' }, 'canary must be true or false.'],
    [{ accountLogRole: null }, 'accountLogRole must be true or false.'],
    [{ memorySize: 64 }, 'memorySize must be a whole number from 128 to 10240.'],
    [{ memorySize: 10_241 }, 'memorySize must be a whole number from 128 to 10240.'],
    [{ memorySize: '512' }, 'memorySize must be a whole number'],
    [{ memorySize: 512.5 }, 'memorySize must be a whole number'],
    [{ reservedConcurrency: { read: -1 } }, 'reservedConcurrency.read must be a whole number from 0 to 1000000.'],
    [{ reservedConcurrency: 5 }, 'reservedConcurrency must be a group of functions, each with a whole number.'],
    [{ pages: { enabled: 'no' } }, 'pages.enabled must be true or false.'],
    [{ pages: { rateLimit: 0 } }, 'pages.rateLimit must be a number above 0, at most 100000.'],
    [{ pages: { burstLimit: 0 } }, 'pages.burstLimit must be a whole number from 1 to 100000.'],
    [{ logs: { retentionDays: 31 } }, 'logs.retentionDays must be one of 1, 3, 5, 7, 14, 30,'],
    [{ logs: { retentionDays: 0 } }, 'logs.retentionDays must be one of'],
    [{ logs: { retentionDays: '30' } }, 'logs.retentionDays must be'],
    [{ logs: { kmsKeyArn: 'alias/logs' } }, 'logs.kmsKeyArn must be an ARN such as arn:aws:kms:'],
    [{ table: { kmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:alias/x' } }, 'table.kmsKeyArn must be an ARN'],
    [{ table: { kmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/mine' } }, 'table.kmsKeyArn must be an ARN'],
    [{ table: { streamArn: 'arn:aws:dynamodb:eu-central-1:123456789012:table/x' } }, 'table.streamArn must be an ARN'],
    [
      { table: { streamArn: 'arn:aws:dynamodb:eu-central-1:123456789012:table/appkeys-prod/stream/latest' } },
      'table.streamArn must be an ARN',
    ],
    [{ table: { kmsKeyArn: null } }, 'table.kmsKeyArn must be an ARN'],
    [{ table: { name: 'keys' } }, 'table.name is not a setting. The settings here are: kmsKeyArn, streamArn.'],
    [{ webAclArn: 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/x/1' }, 'webAclArn must be an ARN'],
    [
      { authorizerAccounts: [123456789012] },
      'authorizerAccounts[0] must be the 12 digits of an account ID, in quotes.',
    ],
    [{ authorizerAccounts: ['1234'] }, 'authorizerAccounts[0] must be the 12 digits'],
    [
      { authorizerAccounts: ['123456789012', '123456789012'] },
      'authorizerAccounts must be a list of account IDs, each once.',
    ],
    [
      { permissionsBoundaryArn: 'boundary' },
      'permissionsBoundaryArn must be an ARN such as arn:aws:iam::123456789012:policy/boundary.',
    ],
    [{ permissionsBoundaryArn: 'arn:aws:iam::123456789012:role/x' }, 'permissionsBoundaryArn must be an ARN'],
    [{ permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/x/' }, 'permissionsBoundaryArn must be an ARN'],
    [
      { permissionsBoundaryArn: `arn:aws:iam::123456789012:policy/${'x'.repeat(129)}` },
      'permissionsBoundaryArn must be an ARN',
    ],
    [{ tags: { 'AWS:x': 'y' } }, 'tags.AWS:x must be 1 to 128 letters'],
    [{ tags: { ['x'.repeat(129)]: 'y' } }, `tags.${'x'.repeat(129)} must be 1 to 128 letters`],
    [{ tags: { '': 'y' } }, 'tags. must be 1 to 128 letters'],
    [{ tags: { team: null } }, 'tags.team must be at most 256 letters'],
    [{ tags: { 'aws:x': 'y' } }, 'tags.aws:x must be 1 to 128 letters'],
    [{ tags: { team: 42 } }, 'tags.team must be at most 256 letters'],
    [{ tags: { team: 'a;b' } }, 'tags.team must be at most 256 letters'],
    [
      { tags: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`t${n}`, 'x'])) },
      'tags must be a group of at most 49 tags',
    ],
    ...[
      'My_Bucket',
      'ab',
      'a'.repeat(64),
      'a..b',
      '-ab',
      '192.168.5.4',
      'xn--ab',
      'sthree-ab',
      'amzn-s3-demo-ab',
      'ab-s3alias',
      'ab--ol-s3',
      'ab.mrap',
      'ab--use1-az4--x-s3',
      'ab--table-s3',
    ].map((deploymentBucket): [object, string] => [
      { deploymentBucket },
      'deploymentBucket must be the name of a general purpose S3 bucket.',
    ]),
    [{ extraResources: 'infra/.yml' }, 'extraResources must be the path'],
    [
      { extraResources: '../site.yml' },
      'extraResources must be the path of a YAML file in the project, such as infra/site.yml.',
    ],
    [{ extraResources: '/etc/site.yml' }, 'extraResources must be the path'],
    [{ extraResources: 'infra/site.json' }, 'extraResources must be the path'],
    [{ alarmTopic: 'x' }, 'alarmTopic is not a setting. The settings here are: alarmTopicArn,'],
  ])('%j is one line that names it', async (deployment, fault) => {
    const said = await faultOf(withSetting(deployment));
    expect(said).toContain(`stage.yml: deployment.${fault}`);
    expect(said).not.toContain('\n');
  });

  it.each([
    { permissionsBoundaryArn: 'arn:aws:iam::aws:policy/PowerUserAccess' },
    { table: { kmsKeyArn: 'arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab' } },
    { tags: { 'Kostenstelle Straße': '' } },
    { deploymentBucket: 'acme.deployments-1' },
    { deploymentBucket: '1.2.3.4-acme' },
    { permissionsBoundaryArn: `arn:aws:iam::123456789012:policy/teams/keys/${'x'.repeat(128)}` },
  ])('%j is accepted', async (deployment) => {
    expect(await faultOf(withSetting(deployment))).toBeUndefined();
  });
});
