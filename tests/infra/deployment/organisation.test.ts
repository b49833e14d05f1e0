import { describe, expect, it } from 'vitest';
import { requirePlace, requireTags, reserveConcurrency } from '../../../infra/deployment/organisation.ts';
import { everySetting } from '../../support/deployment.ts';
import { defaultSettings } from '../../support/settings.ts';

const place = { ...defaultSettings, stage: 'prod', region: 'eu-central-1' };
const withSettings = (parts: object) => ({ ...place, deployment: { ...place.deployment, ...parts } });
const arnOf = (service: string, resource: string, region = 'eu-central-1', account = '123456789012') =>
  `arn:aws:${service}:${region}:${account}:${resource}`;
const key = 'key/1234abcd-12ab-34cd-56ef-1234567890ab';
const boundary = 'arn:aws:iam::123456789012:policy/boundary';
const stream = 'table/appkeys-prod/stream/2026-11-27T04:00:00.000';

describe('what the settings name', () => {
  it.each([
    withSettings({}),
    { ...withSettings(everySetting.deployment), notices: everySetting.notices, region: 'us-east-1' },
    withSettings({ alarmTopicArn: arnOf('sns', 'alarms', 'eu-central-1', '210987654321') }),
    withSettings({ permissionsBoundaryArn: 'arn:aws:iam::aws:policy/PowerUserAccess', webAclArn: arnOf('wafv2', 'x') }),
    withSettings({ permissionsBoundaryArn: boundary, table: { streamArn: arnOf('dynamodb', stream) } }),
    { ...withSettings({ alarmTopicArn: 'arn:aws-us-gov:sns:us-gov-west-1:123456789012:x' }), region: 'us-gov-west-1' },
    { ...withSettings({ alarmTopicArn: 'arn:aws-cn:sns:cn-north-1:123456789012:x' }), region: 'cn-north-1' },
  ])('may be where the stage is: %j', (named) => {
    expect(() => requirePlace(named)).not.toThrow();
  });

  const elsewhere = (name: string) => `${name} must be of the Region eu-central-1, which the stage is in.`;
  const otherPartition = (name: string) => `${name} must begin with "arn:aws:", as all ARNs of eu-central-1.`;
  const otherAccount = (name: string, account: string, first: string) =>
    `${name} must be of the account ${account}, as ${first} is.`;
  const [west, other] = ['eu-west-1', '210987654321'] as const;
  it.each<[object, string]>([
    [withSettings({ alarmTopicArn: arnOf('sns', 'x', west) }), elsewhere('deployment.alarmTopicArn')],
    [withSettings({ webAclArn: arnOf('wafv2', 'x', west) }), elsewhere('deployment.webAclArn')],
    [withSettings({ logs: { kmsKeyArn: arnOf('kms', key, west) } }), elsewhere('deployment.logs.kmsKeyArn')],
    [withSettings({ table: { kmsKeyArn: arnOf('kms', key, west) } }), elsewhere('deployment.table.kmsKeyArn')],
    [withSettings({ table: { streamArn: arnOf('dynamodb', stream, west) } }), elsewhere('deployment.table.streamArn')],
    [{ ...place, notices: { topic: arnOf('sns', 'x', west) } }, elsewhere('notices.topic')],
    [
      withSettings({ alarmTopicArn: arnOf('sns', 'x').replace('aws', 'aws-cn') }),
      otherPartition('deployment.alarmTopicArn'),
    ],
    [
      withSettings({ permissionsBoundaryArn: boundary.replace('aws', 'aws-us-gov') }),
      otherPartition('deployment.permissionsBoundaryArn'),
    ],
    [
      withSettings({ permissionsBoundaryArn: boundary, webAclArn: arnOf('wafv2', 'x', 'eu-central-1', other) }),
      otherAccount('deployment.webAclArn', '123456789012', 'deployment.permissionsBoundaryArn'),
    ],
    [
      withSettings({
        webAclArn: arnOf('wafv2', 'x'),
        table: { streamArn: arnOf('dynamodb', stream, 'eu-central-1', other) },
      }),
      otherAccount('deployment.table.streamArn', '123456789012', 'deployment.webAclArn'),
    ],
    [
      withSettings({ table: { streamArn: arnOf('dynamodb', stream.replace('prod', 'dev')) } }),
      'deployment.table.streamArn must be of the table appkeys-prod.',
    ],
  ])('cannot be elsewhere: %j', (named, fault) => {
    expect(() => requirePlace(named as typeof place)).toThrow(fault);
  });
});

it('two tags that are one for IAM are refused', () => {
  const { deployment } = withSettings({ tags: { team: 'a', Team: 'b' } });
  expect(() => requireTags(deployment)).toThrow(
    'deployment.tags.Team is there twice, in other letters. Keep one of the two.',
  );
});

it('a function that there is not gets no reserved concurrency', () => {
  expect(() => reserveConcurrency({ read: {} }, { reed: 5 })).toThrow(
    'deployment.reservedConcurrency.reed is not a function. There are: read.',
  );
});
