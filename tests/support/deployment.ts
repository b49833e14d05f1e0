const region = 'us-east-1';
const account = '123456789012';
const id = '1234abcd-12ab-34cd-56ef-1234567890ab';
const kmsKeyArn = `arn:aws:kms:${region}:${account}:key/${id}`;

/** A stage with all that a deployment can have. */
export const everySetting = {
  eventBus: 'audit',
  notices: { topic: `arn:aws:sns:${region}:${account}:notices` },
  deployment: {
    alarmTopicArn: `arn:aws:sns:${region}:${account}:alarms`,
    dashboard: true,
    contributorInsights: true,
    memorySize: 1024,
    reservedConcurrency: { authorizeApiKey: 50, read: 5 },
    pages: { rateLimit: 5, burstLimit: 6 },
    logs: { retentionDays: 400, kmsKeyArn },
    table: { kmsKeyArn },
    webAclArn: `arn:aws:wafv2:${region}:${account}:regional/webacl/api/${id}`,
    authorizerAccounts: ['210987654321'],
    permissionsBoundaryArn: `arn:aws:iam::${account}:policy/boundary`,
    tags: { team: 'keys', 'cost center': '42' },
  },
};
