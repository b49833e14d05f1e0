import { App, Fn, SecretValue, Stack } from 'aws-cdk-lib';
import { CfnRotationSchedule, Secret } from 'aws-cdk-lib/aws-secretsmanager';

const stack = new Stack(new App(), 'InvoicesClient');

// Not to be changed later: CloudFormation would replace the key with it.
const first = { app: 'hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w', overlapSeconds: 43_200 };
const apiKey = new Secret(stack, 'ApiKey', {
  secretName: 'invoices-client/api-key',
  secretStringValue: SecretValue.unsafePlainText(JSON.stringify(first)),
});

new CfnRotationSchedule(stack, 'ApiKeyRotation', {
  secretId: apiKey.secretArn,
  rotationLambdaArn: Fn.importValue('appkeys-prod-rotate-secret'),
  rotationRules: { scheduleExpression: 'cron(0 4 * * ? *)', duration: '1h' },
});
