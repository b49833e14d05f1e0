import { App, Duration, Fn, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';

const stack = new Stack(new App(), 'Invoices');

const handler = LambdaFunction.fromFunctionArn(stack, 'AuthorizeApiKey', Fn.importValue('appkeys-prod-authorizer'));
const authorizer = new HttpLambdaAuthorizer('ApiKeys', handler, {
  responseTypes: [HttpLambdaResponseType.SIMPLE],
  // Not cached: identitySource: [], Duration.seconds(0), and the stage variable appkeys_cached: 'no'
  identitySource: ['$request.header.x-api-key'],
  resultsCacheTtl: Duration.seconds(60),
});

const listInvoices = new LambdaFunction(stack, 'ListInvoices', {
  runtime: Runtime.NODEJS_24_X,
  code: Code.fromAsset('invoices'),
  handler: 'index.list',
});

const integration = new HttpLambdaIntegration('ListInvoices', listInvoices);
const httpApi = new HttpApi(stack, 'Api', { createDefaultStage: false });
httpApi.addStage('DefaultStage', {
  autoDeploy: true,
  stageVariables: { appkeys_realms: 'myrealm', appkeys_locations: 'x-api-key' },
});
httpApi.addRoutes({ path: '/invoices', methods: [HttpMethod.GET], integration, authorizer });
