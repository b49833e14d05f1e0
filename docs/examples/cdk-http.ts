import { App, Duration, Fn, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';

const stack = new Stack(new App(), 'Invoices');

const handler = LambdaFunction.fromFunctionArn(stack, 'AuthorizeApiKey', Fn.importValue('appkeys-prod-authorizer'));
const authorizer = new HttpLambdaAuthorizer('ApiKeys', handler, {
  responseTypes: [HttpLambdaResponseType.SIMPLE],
  // Cached: the setting verify.places is [x-api-key]. Not cached: identitySource: [] and Duration.seconds(0)
  identitySource: ['$request.header.x-api-key'],
  resultsCacheTtl: Duration.seconds(60),
});

const listInvoices = new LambdaFunction(stack, 'ListInvoices', {
  runtime: Runtime.NODEJS_24_X,
  code: Code.fromAsset('invoices'),
  handler: 'index.list',
});

const integration = new HttpLambdaIntegration('ListInvoices', listInvoices);
new HttpApi(stack, 'Api').addRoutes({ path: '/invoices', methods: [HttpMethod.GET], integration, authorizer });
