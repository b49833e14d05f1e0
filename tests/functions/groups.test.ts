import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';
import { definitions } from '../../infra/local/functions.ts';
import { routes } from '../../infra/local/rest-event.ts';
import { type Operation, operations } from '../../lib/contract/operations.ts';
import type { GatewayHandler } from '../../lib/service/http/endpoint.ts';
import { type CapturedLog, captureLog } from '../support/captured-log.ts';
import { lambdaContext } from '../support/events.ts';

let log: CapturedLog;

beforeEach(() => {
  log = captureLog();
});

/** Every route of the operations table, and its operation. */
const contract = Object.values<Operation>(operations).flatMap(({ id, method = '', path, isPage }) => {
  const paths = path === undefined ? [] : [path, ...(isPage ? [`${path}/{file}`] : [])];
  return paths.map((resource) => ({ id, method: method.toUpperCase(), resource }));
});

const groups = Object.entries(definitions).filter(([, { handler }]) => handler.startsWith('functions/groups/'));

async function loadGroup(file: string): Promise<GatewayHandler> {
  return (await import(pathToFileURL(join(projectFolder, file)).href)).handler;
}

/** @returns the operation that takes a request of that route, as the log tells */
async function takerOf(handler: GatewayHandler, httpMethod: string, resource: string): Promise<unknown> {
  const path = resource.replace('{file}', 'x');
  await handler({ httpMethod, resource, path, headers: {}, pathParameters: {} } as never, lambdaContext());
  return log.records().find(({ event }) => event === 'access')?.operation;
}

it('there are groups', () => expect(groups.map(([name]) => name)).toHaveLength(5));

describe.each(groups)('security 25: the function %s', (name, { handler }) => {
  it.each(contract)(
    'answers $method $resource where serverless.yml gives it that route, and only there',
    async ({ id, method, resource }) => {
      const isOwn = routes.some(
        (route) => route.functionName === name && route.method === method && route.resource === resource,
      );
      expect(await takerOf(await loadGroup(handler.replace(/\.handler$/, '.ts')), method, resource)).toBe(
        isOwn ? id : 'none',
      );
    },
  );
});
