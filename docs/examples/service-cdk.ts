import { App, Stack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';

const app = new App();
const release = 'release-prod'; // a copy of dist/release-prod, whose folder functions is in the bucket

const data = new Stack(app, 'appkeys-prod-data', { terminationProtection: true });
new CfnInclude(data, 'Template', { templateFile: `${release}/data.template.json` });

const service = new Stack(app, 'appkeys-prod');
new CfnInclude(service, 'Template', {
  templateFile: `${release}/service.template.json`,
  parameters: { ZipBucket: 'my-releases', ZipPrefix: 'appkeys' },
});
service.addStackDependency(data);
