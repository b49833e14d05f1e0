import { readFileSync } from 'node:fs';
import { beforeAll, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import type { App } from '../../../lib/domain/app.ts';
import { restRequest } from '../../support/authorizer-events.ts';
import { tokenOf } from '../../support/calls.ts';
import { hrnOf, startService, type TestService } from '../../support/service.ts';
import { calls, gatewayLogBytes } from './costs.ts';

/** So much the ids of a caller and the digits of times may differ. */
const tolerance = 20;
const owner = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';

let service: TestService;
let app: App;
let headers: { Authorization: string };

beforeAll(async () => {
  service = await startService({ verify: { cacheSeconds: 60 } });
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'appkeys-prod-generateApiKey');
  vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-6927d2fd-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0');
  headers = await tokenOf(service, { sub: owner, permissions: ['account:verify'] });
});

/** @returns bytes of the log lines that a piece of work writes */
async function bytesOf(work: () => Promise<unknown>): Promise<number> {
  const before = service.log.lines().length;
  await work();
  const lines = service.log.lines().slice(before);
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}

async function makeKey(more: Record<string, string> = {}): Promise<string> {
  app = await service.seed({
    appId: `lACE8kgYxsahjbXn${Math.floor(1_000 + Math.random() * 9_000)}`,
    grants: { [owner]: ['manage'] },
  });
  const { statusCode, body } = await service.generate(app, { name: 'a key' }, { ...headers, ...more });
  expect(statusCode).toBe(201);
  return body.apiKeyId;
}

function expectBytes(measured: number, stated: number): void {
  expect(Math.abs(measured - stated), `${measured} bytes were measured`).toBeLessThanOrEqual(tolerance);
}

it('generating a key writes as many bytes of log as the page says', async () => {
  expectBytes(await bytesOf(() => makeKey()), calls.generate.logBytes);
  expectBytes(await bytesOf(() => makeKey({ 'Idempotency-Key': 'once' })), calls.repeatable.logBytes);
  const payload = { app: decodeURIComponent(hrnOf(app)), name: 'direct', createdBy: 'signup' };
  expectBytes(await bytesOf(() => service.invoke(payload)), calls.direct.logBytes);
});

it('verifying a key does, by a call and by the authorizer', async () => {
  const body = { apiKeyId: await makeKey() };
  const verify = () => service.call('verifyApiKey', { headers, body });
  expectBytes(await bytesOf(verify), calls.call.logBytes);
  expectBytes(await bytesOf(verify), calls.remembered.logBytes);
  const authorize = () => service.authorize(restRequest({ headers: { 'x-api-key': body.apiKeyId } }));
  expectBytes(await bytesOf(authorize), calls.authorizer.logBytes);
  expectBytes(await bytesOf(authorize), calls.authorizerRemembered.logBytes);
});

it('so does the gateway', () => {
  const { AccessLogSetting } = parse(readFileSync('infra/templates/stage.yml', 'utf8')).Resources.Stage.Properties;
  const values: Record<string, string> = {
    extendedRequestId: 'JJbxmEPHCYcFXIw=',
    requestTime: '27/Nov/2026:04:23:41 +0000',
    'identity.sourceIp': '203.0.113.17',
    httpMethod: 'POST',
    resourcePath: '/apps/{app}/apiKeys',
    status: '201',
    responseLatency: '123',
    'integration.status': '200',
    'integration.latency': '120',
    'integration.error': '-',
    'error.responseType': '-',
    xrayTraceId: '1-6927d2fd-0123456789abcdef01234567',
  };
  const line = AccessLogSetting.Format.replace(/\$context\.([A-Za-z.]+)/g, (_: string, name: string) => values[name]);
  expectBytes(Buffer.byteLength(line), gatewayLogBytes);
});
