import { beforeEach, expect, it } from 'vitest';
import type { Route } from '../../../lib/contract/routes.ts';
import { publicEndpoint } from '../../../lib/service/http/endpoint.ts';
import { group } from '../../../lib/service/http/group.ts';
import { type CapturedLog, captureLog } from '../../support/captured-log.ts';
import { lambdaContext } from '../../support/events.ts';

let log: CapturedLog;

beforeEach(() => {
  log = captureLog();
});

const operation = (id: string, method: Route['method'], path: string, more: Partial<Route> = {}) =>
  publicEndpoint({ id, method, path, access: 'public', ...more } as Route, async () => ({ status: 200 }));

const handler = group(
  operation('getThing', 'get', '/things/{thing}'),
  operation('deleteThing', 'delete', '/things/{thing}'),
  operation('getPage', 'get', '/page', { isPage: true }),
);

async function ask(event: unknown) {
  const { statusCode } = await handler(event as never, lambdaContext());
  return [statusCode, log.records().at(-1)?.operation];
}

it.each([
  ['GET', '/things/{thing}', 'getThing'],
  ['DELETE', '/things/{thing}', 'deleteThing'],
  ['GET', '/page', 'getPage'],
  ['GET', '/page/{file}', 'getPage'],
])('%s %s is answered by its operation', async (httpMethod, resource, id) => {
  expect(await ask({ httpMethod, resource, path: '/x' })).toEqual([200, id]);
});

it.each([
  { httpMethod: 'POST', resource: '/things/{thing}' },
  { httpMethod: 'GET', resource: '/things/a', path: '/things/{thing}' },
  { httpMethod: 'GET', resource: '/things/{thing}/{file}' },
  { httpMethod: 'get', resource: '/things/{thing}' },
  { httpMethod: 'undefined', resource: 'undefined' },
  { resource: '__proto__' },
  {},
  [],
  'GET /page',
  null,
])('404404 for %j, which is no route of the group', async (event) => {
  expect(await ask(event)).toEqual([404, 'none']);
  expect(log.records().at(-1)).toMatchObject({ code: '404404', why: 'the function has no such route' });
});
