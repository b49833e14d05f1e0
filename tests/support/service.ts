import { randomBytes } from 'node:crypto';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect, vi } from 'vitest';
import { type LocalKms, startLocalKms } from '../../infra/local/kms.ts';
import { localClient } from '../../infra/local/table.ts';
import { effectiveByHeader } from '../../lib/contract/effective-by.ts';
import { hasBareReceipt, type Operation, operations } from '../../lib/contract/operations.ts';
import { errorReply } from '../../lib/contract/schemas.ts';
import { type App, newApp } from '../../lib/domain/app.ts';
import { type ErrorCode, errorTable } from '../../lib/domain/errors.ts';
import type { GenerateApiKeyResult, VerifyApiKeyResult } from '../../lib/package/direct-client.ts';
import type { AuthorizerAnswer } from '../../lib/service/authorizer/events.ts';
import type { GatewayReply } from '../../lib/service/http/exchange.ts';
import { type CapturedLog, captureLog } from './captured-log.ts';
import { freshTable } from './engine.ts';
import {
  environmentOf,
  loadAuthorizer,
  loadHandlers,
  realmsOfIssuer,
  realmsOfOtherIssuer,
  setEnvironment,
  trusted,
} from './environment.ts';
import { lambdaContext, type OperationId, restEvent, type TestRequest } from './events.ts';
import { startIssuer, type TestIssuer } from './issuer.ts';
import type { SettingsParts } from './settings.ts';

/** A reply whose body was parsed, after it was held against its schema. */
export interface TestReply extends Omit<GatewayReply, 'body'> {
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the schema has been checked to hold
  readonly body: any;
  readonly text: string;
}

/** The real handlers on a new table of the real engine, with real tokens. */
export interface TestService {
  readonly tableName: string;
  readonly issuer: TestIssuer;
  readonly otherIssuer: TestIssuer;
  readonly kms: LocalKms;
  /** Calls as `demo`, who has `manage` on what `seed` makes, unless the headers say otherwise. */
  call(id: OperationId, request?: TestRequest): Promise<TestReply>;
  generate(app: App, body?: unknown, headers?: TestRequest['headers']): Promise<TestReply>;
  seed(parts?: Partial<App>): Promise<App>;
  item(app: App): Promise<App>;
  /** Invokes the function for direct invocation. */
  invoke(payload: unknown, remainingMs?: number): Promise<GenerateApiKeyResult>;
  /** Asks as a trusted Lambda function whether a key is valid. */
  invokeVerify(payload: unknown): Promise<VerifyApiKeyResult>;
  /** What the authorizer says of an event of a gateway. */
  authorize(event: unknown): Promise<AuthorizerAnswer>;
  /** every log record that this service has written, and their lines */
  readonly log: CapturedLog;
}

const [realm] = realmsOfIssuer;
let seeded = 0;

/** @param settings that differ from the usual ones; @param env variables that do */
export async function startService(
  settings: SettingsParts = {},
  env: Record<string, string | undefined> = {},
): Promise<TestService> {
  const { endpoint, tableName } = await freshTable();
  const kms = await startLocalKms(randomBytes(32));
  const issuer = await startIssuer('https://issuer.test', realmsOfIssuer);
  const otherIssuer = await startIssuer('https://other-issuer.test', realmsOfOtherIssuer);
  const surroundings = { endpoint, tableName, kms, issuers: trusted(issuer, otherIssuer) };
  setEnvironment({ ...environmentOf(surroundings, settings), ...env });
  const database = DynamoDBDocumentClient.from(localClient(endpoint), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const token = await issuer.sign({ permissions: ['account:createApp'] });
  const log = captureLog();
  vi.resetModules();
  const [handlers, authorizer] = [await loadHandlers(), await loadAuthorizer()];

  const call: TestService['call'] = async (id, request = {}) => {
    const headers = {
      Authorization: `Bearer ${token}`,
      ...((operations[id] as Operation).body && { 'Content-Type': 'application/json' }),
    };
    const event = restEvent(id, { ...request, headers: { ...headers, ...request.headers } });
    return checked(id, await handlers[id](event, lambdaContext(request.remainingMs)));
  };
  return {
    tableName,
    issuer,
    otherIssuer,
    kms,
    log,
    call,
    generate: (app, body = { name: 'a key' }, headers = {}) =>
      call('generateApiKey', { path: { app: hrnOf(app) }, body, headers }),
    invoke: (payload, remainingMs) => handlers.generateApiKeyDirect(payload, lambdaContext(remainingMs)),
    invokeVerify: (payload) => handlers.verifyApiKeyDirect(payload, lambdaContext()),
    authorize: (event) => authorizer(event, lambdaContext()),
    async seed(parts = {}) {
      seeded += 1;
      const made = {
        appId: `seeded${seeded}`,
        realm,
        name: 'seeded',
        owner: 'demo',
        now: 1,
        op: 'seed',
        correlationId: 'seed',
      };
      const app = { ...newApp(made), ...parts };
      const { appId, ...attributes } = app;
      await database.send(new PutCommand({ TableName: tableName, Item: { pk: appId, sk: 'app', ...attributes } }));
      return app;
    },
    async item({ appId }) {
      const Key = { pk: appId, sk: 'app' };
      const { Item } = await database.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
      return Item as unknown as App;
    },
  };
}

/** @returns the application's HRN as it stands in a URL's path */
export function hrnOf({ realm, appId }: Pick<App, 'realm' | 'appId'>): string {
  return encodeURIComponent(`hrn:here:account::${realm}:app/${appId}`);
}

/** Holds a refusal against the contract: its status and title, and that it has words for this request. */
export function expectRefusal(reply: TestReply, code: ErrorCode): void {
  const { status, title } = errorTable[code];
  expect(reply.body).toMatchObject({ code, status, title });
  expect(reply.statusCode).toBe(status);
}

const ajv = new Ajv2020({ allErrors: true, formats: { int32: true, int64: true } });
const validators = new Map<object, ValidateFunction>();

function validatorOf(schema: object): ValidateFunction {
  const validate = validators.get(schema) ?? ajv.compile(schema);
  validators.set(schema, validate);
  return validate;
}

/** Every reply of every test: its body fits its schema, and the headers of every answer are there. */
function checked(id: OperationId, reply: GatewayReply): TestReply {
  const { reply: promised } = operations[id] as Operation;
  const schema = reply.statusCode < 400 ? promised.schema : errorReply;
  const body = schema && JSON.parse(reply.body);
  if (schema) expect(validatorOf(schema)(body), JSON.stringify(validatorOf(schema).errors)).toBe(true);
  else expect(reply.body).toBe('');
  expect(reply.headers['X-Correlation-ID']).toMatch(/^[\x21-\x7e]{1,128}$/);
  expect(reply.headers['X-Request-ID']).toMatch(/^[\x21-\x7e]{1,128}$/);
  expect(reply.headers).toMatchObject({
    ...(schema && { 'Content-Type': 'application/json' }),
    'X-Content-Type-Options': 'nosniff',
    'Strict-Transport-Security': expect.stringMatching(/^max-age=\d+$/),
    'Cache-Control': 'no-store',
  });
  if (reply.statusCode < 400) requireReceipt(operations[id], reply, body);
  if (reply.statusCode >= 400) expect(body.correlationId).toBe(reply.headers['X-Correlation-ID']);
  else expect(reply.statusCode).toBe(promised.status);
  return { ...reply, body, text: reply.body };
}

/** A revocation without a body always says from when on it is effective; one with a body says it there too, if at all. */
function requireReceipt(operation: Operation, { headers }: GatewayReply, body?: { effectiveBy?: number }) {
  const told = headers[effectiveByHeader];
  if (hasBareReceipt(operation)) expect(told).toMatch(/^\d{13}$/);
  else expect(told).toBe(body?.effectiveBy?.toString());
}
