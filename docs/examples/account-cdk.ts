import { App, Duration, Stack } from 'aws-cdk-lib';
import { IdentitySource, LambdaIntegration, RequestAuthorizer, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';

const stack = new Stack(new App(), 'Invoices');

// The output AuthorizeApiKeyFunctionArn of appkeys, in the account 111122223333. deployment.authorizerAccounts has this account.
const functionArn = 'arn:aws:lambda:eu-central-1:111122223333:function:appkeys-prod-authorizeApiKey:live';
const authorizer = new RequestAuthorizer(stack, 'ApiKeys', {
  handler: LambdaFunction.fromFunctionAttributes(stack, 'AuthorizeApiKey', { functionArn, skipPermissions: true }),
  identitySources: [IdentitySource.header('x-api-key')],
  resultsCacheTtl: Duration.seconds(60),
});

const listInvoices = new LambdaFunction(stack, 'ListInvoices', {
  runtime: Runtime.NODEJS_24_X,
  code: Code.fromAsset('invoices'),
  handler: 'index.list',
});

const variables = { appkeys_realms: 'myrealm', appkeys_locations: 'x-api-key' };
const api = new RestApi(stack, 'Api', { deployOptions: { variables } });
api.root.addResource('invoices').addMethod('GET', new LambdaIntegration(listInvoices), { authorizer });
