import { App, Stack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';

// Prints what three packs of cdk-nag find in a template. JavaScript, because its packages are not there when types are checked.
const [templateFile] = process.argv.slice(2);
const stack = new Stack(new App(), 'Template');
new CfnInclude(stack, 'It', { templateFile });
const packs = [new AwsSolutionsChecks(), new ServerlessChecks(), new NIST80053R5Checks()];
const findings = packs.flatMap((pack) =>
  pack
    .validateScope(stack)
    .violations.flatMap(({ ruleName: rule, description: why, violatingResources }) =>
      violatingResources.map(({ constructPath }) => ({ rule, resource: constructPath.split('/').at(-1), why })),
    ),
);
process.stdout.write(JSON.stringify(findings));
