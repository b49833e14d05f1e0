import { createServer } from 'node:http';
import { beforeEach, expect, it, vi } from 'vitest';
import { listen, loopback } from '../../infra/local/ports.ts';
import { getApp } from '../../lib/contract/routes.ts';
import { errorTable } from '../../lib/domain/errors.ts';
import { endpoint } from '../../lib/http/endpoint.ts';
import { type CapturedLog, captureLog } from '../support/captured-log.ts';
import { environmentOf, setEnvironment } from '../support/environment.ts';
import { lambdaContext, restEvent } from '../support/events.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';

let log: CapturedLog;
let issuer: TestIssuer;

beforeEach(async () => {
  log = captureLog();
  issuer = await startIssuer('https://issuer.test', ['myrealm']);
  return () => issuer.stop();
});

/** Calls `getApp` of a service with these settings, which comes to no answer of its own. */
async function refusalWith(settings: { endpoint?: string } & Record<string, string>) {
  const { endpoint: database = 'http://127.0.0.1:9', ...others } = settings;
  const issuers = [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri, realms: ['myrealm'] }];
  const surroundings = { endpoint: database, tableName: 'a-table', kms: { endpoint: '' }, issuers };
  setEnvironment({ ...environmentOf(surroundings), ...others });
  const path = { app: 'hrn:here:account::myrealm:app/app' };
  const event = restEvent('getApp', { path, headers: { Authorization: `Bearer ${await issuer.sign()}` } });
  const { statusCode, headers, body } = await endpoint(getApp, async () => expect.fail())(event, lambdaContext());
  return { statusCode, headers, body: JSON.parse(body), logged: log.records().at(-1) };
}

it('503000 for a minute where a setting is missing', async () => {
  const { statusCode, headers, body, logged } = await refusalWith({ TOKEN_ISSUERS: '' });
  expect([statusCode, body.code, headers['Retry-After']]).toEqual([503, '503000', '60']);
  expect(log.records()[0]).toMatchObject({ event: 'start', why: 'ConfigError: TOKEN_ISSUERS is not set' });
  expect(logged).toMatchObject({ event: 'access', why: 'the function is not configured' });
});

it('503000 that says that nothing was changed, where it is not known whether the request was counted', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const broken = createServer(({ socket }) => {
    vi.setSystemTime(Date.now() + 10_000);
    socket.destroy();
  });
  const database = `http://${loopback}:${await listen(broken)}`;
  const { body, logged } = await refusalWith({ endpoint: database, RATE_LIMIT: '10,20' });
  expect(body).toMatchObject({ code: '503000', cause: errorTable['503000'].cause });
  expect(logged).toMatchObject({ event: 'access', why: expect.stringContaining('ECONNRESET') });
  broken.close();
  vi.useRealTimers();
});
