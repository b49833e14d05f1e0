import { App, Duration, Fn, Stack } from 'aws-cdk-lib';
import { IdentitySource, LambdaIntegration, RequestAuthorizer, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';

const stack = new Stack(new App(), 'Invoices');

const authorizer = new RequestAuthorizer(stack, 'ApiKeys', {
  handler: LambdaFunction.fromFunctionArn(stack, 'AuthorizeApiKey', Fn.importValue('appkeys-prod-authorizer')),
  // Not cached: identitySources: [], Duration.seconds(0), and the stage variable appkeys_cached: 'no'
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
