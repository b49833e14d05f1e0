import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Aws, startAws } from '../support/aws.ts';
import { everySetting } from '../support/deployment.ts';
import {
  copyService,
  dataTemplateIn,
  packageService,
  serverless,
  type Template,
  writeStage,
} from '../support/package.ts';
import { entry } from '../support/settings-file.ts';

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const statements: readonly Statement[] = read('../../infra/deployment/deployer-policy.json').Statement;
/** What AWS's resource schemas say that CloudFormation calls for a type of resource, as of August 2026. */
const handlerActions: Readonly<Record<string, readonly string[]>> = read('./handler-actions.json');
const allowed = new Set(statements.flatMap(({ Action }) => Action));

/** What CloudFormation can call for these types, and does not for this service. */
const unused: readonly (readonly [actions: RegExp, why: string])[] = [
  [
    /^(amplify|apprunner|appsync|bedrock-agentcore|cognito-idp|ec2|elasticloadbalancing):.*Web[Aa][Cc][Ll]/,
    'no such target',
  ],
  [/^ec2:|^elasticfilesystem:|^s3files:/, 'no VPC, no file system'],
  [/^wafv2:(Get|Put)PermissionPolicy$/, 'the web ACL is one of the account'],
  [/^kinesis:|^s3tables:|^firehose:|KinesisStreaming(Dest)?|^s3:REST/, 'no stream but that of DynamoDB'],
  [
    /^dynamodb:(.*Replica|ImportTable|DescribeImport|.*Item|Query|Scan|(Put|Delete)ResourcePolicy)$/,
    'no replica, import or policy',
  ],
  [/^dynamodb:UpdateContributorInsights$|^iam:CreateServiceLinkedRole$/, 'no replica, no insights of the table'],
  [/^kms:(DisableKey|(En|Dis)ableKeyRotation)$/, 'a key for MACs is never disabled, and cannot be rotated'],
  [/^lambda:(Put|Delete)ProvisionedConcurrencyConfig$/, 'no provisioned concurrency'],
  [
    /^lambda:(.*CodeSigningConfig|GetLayerVersion|PassCapacityProvider|Put(FunctionRecursion|FunctionScaling|RuntimeManagement)Config)$/,
    'not used',
  ],
  [
    /^logs:(.*DataProtectionPolicy|.*ResourcePolic.*|CreateLogDelivery|.*LogStreams?|PutLogEvents)$/,
    'plain log groups',
  ],
  [
    /^s3:(Put(?!Object$)|DeleteBucket.)|^s3:(GetObject(Version|Metadata)|GetBucketAcl|CreateBucketMeta.*)$/,
    'a plain bucket',
  ],
  [/^codedeploy:RegisterOnPremisesInstance$/, 'no machines'],
];

const { folder, remove } = copyService();
const templates: Template[] = [];
let aws: Aws;

beforeAll(async () => {
  for (const [stage, settings] of [
    ['dev', {}],
    ['full', everySetting],
  ] as const)
    templates.push(await packageService(folder, settings, stage), dataTemplateIn(folder));
  aws = await startAws();
});
afterAll(() => {
  aws.stop();
  remove();
});

const types = () => new Set(templates.flatMap(({ Resources }) => Object.values(Resources).map(({ Type }) => Type)));
const needed = () => [...types()].flatMap((type) => handlerActions[type] ?? expect.fail(`${type} is not in the list.`));

describe('infra/deployment/deployer-policy.json', () => {
  it('allows what CloudFormation calls for each type of resource in the templates, but for what this service does not use', () => {
    const denied = needed().filter(
      (action) => !allowed.has(action) && !unused.some(([actions]) => actions.test(action)),
    );
    expect(denied).toEqual([]);
  });

  it('allows what the framework and this project call, from the first deployment to the removal', async () => {
    const called = new Set<string>();
    for (const [args, deployment] of [
      [['deploy'], {}],
      [['deploy'], { memorySize: 256 }],
      [['deploy'], { memorySize: 256 }],
      [['deploy', 'list'], {}],
      [['remove'], {}],
    ] as const) {
      writeStage(folder, { issuers: [entry], deployment });
      expect(await serverless(folder, args, aws.env)).toMatchObject({ status: 0 });
      for (const call of aws.asked) called.add(call.split(' ')[0] ?? '');
    }
    expect(called.size).toBeGreaterThan(12);
    // Everybody may ask who they are.
    expect([...called].filter((action) => !allowed.has(action))).toEqual(['sts:GetCallerIdentity']);
    const forNothing = [...allowed].filter((action) => !called.has(action) && !needed().includes(action));
    // Only for a bucket that is not the stack's own, and for a stack without changes.
    expect(forNothing).toEqual(['s3:GetBucketLocation']);
  });

  it('allows actions by their names, and any resource only where AWS takes no other', () => {
    const text = JSON.stringify(statements.map(({ Action }) => Action));
    expect(text).not.toContain('*');
    const everywhere = statements.filter(({ Resource }) => Resource.includes('*')).flatMap(({ Action }) => Action);
    expect(everywhere.sort()).toEqual([
      'cloudformation:ValidateTemplate',
      'cloudwatch:DescribeAlarms',
      'cloudwatch:DescribeInsightRules',
      'ecr:DescribeRepositories',
      'kms:CreateKey',
      'kms:ListAliases',
      'lambda:CreateEventSourceMapping',
      'lambda:DeleteEventSourceMapping',
      'lambda:GetEventSourceMapping',
      'lambda:ListTags',
      'lambda:UpdateEventSourceMapping',
      'logs:DescribeLogGroups',
    ]);
    for (const { Effect } of statements) expect(Effect).toBe('Allow');
  });

  it('fits into the inline policies of one role', () => {
    expect(JSON.stringify(read('../../infra/deployment/deployer-policy.json')).length).toBeLessThan(10_240);
  });
});
