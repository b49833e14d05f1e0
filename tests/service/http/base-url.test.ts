import { expect, it } from 'vitest';
import * as routes from '../../../lib/contract/routes.ts';
import { baseUrlOf } from '../../../lib/service/http/base-url.ts';
import type { GatewayHandler } from '../../../lib/service/http/endpoint.ts';
import { openExchange } from '../../../lib/service/http/exchange.ts';
import { captureLog } from '../../support/captured-log.ts';
import { lambdaContext, restEvent } from '../../support/events.ts';

/** A request as API Gateway tells of it. */
function requestTo(context: object, headers: Record<string, string> = {}) {
  const event = restEvent('getOpenapi', { headers });
  return { ...event, requestContext: { ...event.requestContext, ...context } };
}

const baseUrl = (context: object, headers?: Record<string, string>) =>
  baseUrlOf(openExchange(routes.getOpenapi, requestTo(context, headers), lambdaContext()));

const gateway = 'abc123.execute-api.eu-central-1.amazonaws.com';

it.each([
  ["the stage of the gateway's own domain", gateway, '/prod/openapi.json', `https://${gateway}/prod`],
  ['the base path of a custom domain', 'api.example.com', '/keys/v1/openapi.json', 'https://api.example.com/keys/v1'],
  ['a custom domain without a base path', 'api.example.com', '/openapi.json', 'https://api.example.com'],
  ['a slash at the end', 'api.example.com', '/keys/openapi.json/', 'https://api.example.com/keys'],
])('is the URL of the deployment: %s', (_, domainName, path, url) => {
  expect(baseUrl({ domainName, path }, { Host: domainName })).toBe(url);
});

it.each(['127.0.0.1:3000', 'localhost:3001', 'LOCALHOST:3001', '[::1]:3000', '127.0.0.2'])(
  'is http at the local host %s',
  (host) => {
    const context = { domainName: 'offlineContext_domainName', path: '/openapi.json' };
    expect(baseUrl(context, { Host: host })).toBe(`http://${host}`);
  },
);

it('heeds no header that any client can set', () => {
  const forwarded = {
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-Port': '1',
    'X-Forwarded-Prefix': '/evil',
    Forwarded: 'host=evil.example;proto=http',
    Host: 'evil.example',
  };
  expect(baseUrl({ domainName: gateway, path: '/prod/openapi.json' }, forwarded)).toBe(`https://${gateway}/prod`);
});

it.each([
  {},
  { domainName: gateway },
  { path: '/openapi.json' },
  { domainName: gateway, path: '/elsewhere' },
  { domainName: 'a b', path: '/openapi.json' },
])('is not known from %j', (context) => {
  expect(baseUrl(context)).toBeUndefined();
});

it.each([
  [{ domainName: gateway, path: '/prod/openapi.json' }, `https://${gateway}/prod`],
  [{}, '/'],
])('the OpenAPI document has it as its server: %j', async (context, url) => {
  captureLog();
  const { handler } = (await import('../../../functions/get-openapi.ts')) as { handler: GatewayHandler };
  const { body } = await handler(requestTo(context), lambdaContext());
  expect(JSON.parse(body).servers).toEqual([expect.objectContaining({ url })]);
});
