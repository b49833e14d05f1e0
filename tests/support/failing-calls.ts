import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import { type Operation, operations } from '../../lib/contract/operations.ts';
import { type ApiKeyId, formatApiKeyId, handleOf } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import type { ErrorBody } from '../../lib/domain/errors.ts';
import { memberItem } from '../../lib/store/members.ts';
import { handleIn } from '../evidence/properties/support.ts';
import { restRequest } from './authorizer-events.ts';
import { database, keyPath } from './calls.ts';
import type { OperationId } from './events.ts';
import { hrnOf, type TestService } from './service.ts';

const issuer = 'https://issuer.example.com';
const name = 'made by the call';
const scopes = ['pay'];
const direct = database();

/** What an answer tells: the code of a refusal, or what was made or shown; the authorizer refuses with one word. */
export interface Told {
  readonly refusal?: Pick<ErrorBody, 'code' | 'cause'> & { readonly retryAfter?: string };
  readonly text: string;
}

/** An application of a call's own, and a caller whom nobody else is. */
export interface Subject {
  readonly service: TestService;
  readonly app: App;
  readonly apiKeyId: ApiKeyId;
  readonly principal: string;
  readonly token: string;
}

/** A call that asks the database, on an application on which it has something to do. */
export interface FailingCall {
  readonly id: OperationId | 'authorizer';
  /** how many requests it makes of the database when none fails */
  readonly requests: number;
  /** how many of the last of those only tidy up after a change that stands */
  readonly tidying?: number;
  /** which request is tried once only: it reads a time of use, which the answer can do without */
  readonly optionalAt?: number;
  /** what the application is before, where it differs */
  readonly before?: (app: App) => Partial<App>;
  readonly body?: object;
  /** what is different afterwards; a call without it only reads, and shows what `shows` says */
  readonly changes?: (app: App, text: string) => Partial<App>;
  readonly shows?: (subject: Subject) => string;
}

/** Every operation that asks the database, and the authorizer. */
export const failingCalls: readonly FailingCall[] = [
  {
    id: 'generateApiKey',
    requests: 1,
    before: underCeiling,
    body: { name, scopes },
    changes: (app, text) => withNewKey(app, text, { name, scopes }),
  },
  { id: 'generateApiKeyDirect', requests: 1, changes: (app, text) => withNewKey(app, text, { name }) },
  { id: 'createApp', requests: 2, body: { name }, changes: () => ({}) },
  { id: 'putGrant', requests: 6, tidying: 1, body: { actions: ['read'] }, changes: withGrant },
  {
    id: 'deleteGrant',
    requests: 5,
    tidying: 1,
    before: withGrant,
    changes: ({ grants: { third: _, ...grants } }) => ({ grants }),
  },
  { id: 'putIssuer', requests: 2, before: withoutKeys, changes: () => ({ issuers: [issuer] }) },
  { id: 'deleteIssuer', requests: 2, before: withIssuer, changes: () => ({ issuers: [] }) },
  { id: 'updateApp', requests: 2, body: { name, scopes }, changes: () => ({ name, ...underCeiling() }) },
  {
    id: 'deleteApp',
    requests: 7,
    tidying: 5,
    before: underCeiling,
    changes: () => ({ ...withoutKeys(), status: 'deleted', name: '', restrictions: {}, grants: {} }),
  },
  {
    id: 'rotateApiKey',
    requests: 2,
    before: (app) => ({ ...underCeiling(), ...withKeyThat(app, { scopes: ['read', ...scopes] }) }),
    body: {},
    changes: withSuccessor,
  },
  {
    id: 'updateApiKey',
    requests: 3,
    optionalAt: 0,
    before: underCeiling,
    body: { name, scopes },
    changes: (app) => withKeyThat(app, { name, scopes }),
  },
  {
    id: 'enableApiKey',
    requests: 2,
    before: (app) => withKeyThat(app, { enabled: false }),
    changes: (app) => withKeyThat(app, { enabled: true }),
  },
  { id: 'disableApiKey', requests: 2, changes: (app) => withKeyThat(app, { enabled: false }) },
  { id: 'deleteApiKey', requests: 2, changes: withoutKeys },
  { id: 'deleteApiKeys', requests: 2, changes: withoutKeys },
  {
    id: 'revokeApiKey',
    requests: 2,
    changes: (app) => withKeyThat(app, { enabled: false, disabledReason: 'leaked' }),
  },
  { id: 'listApps', requests: 2, shows: ({ app }) => app.appId },
  { id: 'getApp', requests: 1, shows: ({ app }) => app.appId },
  { id: 'listApiKeys', requests: 2, optionalAt: 1, shows: ({ apiKeyId }) => handleOf(apiKeyId) },
  { id: 'getApiKey', requests: 2, optionalAt: 1, shows: ({ apiKeyId }) => handleOf(apiKeyId) },
  { id: 'listGrants', requests: 1, shows: ({ principal }) => principal },
  { id: 'listIssuers', requests: 1, before: withIssuer, shows: () => issuer },
  { id: 'verifyApiKey', requests: 1, shows: () => '"valid":true' },
  { id: 'verifyApiKeyDirect', requests: 1, shows: () => '"valid":true' },
  { id: 'authorizer', requests: 1, shows: () => '"Effect":"Allow"' },
];

function withKeyThat({ keys }: App, parts: object): Partial<App> {
  return { keys: Object.fromEntries(Object.entries(keys).map(([handle, key]) => [handle, { ...key, ...parts }])) };
}

function withoutKeys(): Partial<App> {
  return { keys: {}, keyCount: 0 };
}

function withIssuer(): Partial<App> {
  return { ...withoutKeys(), issuers: [issuer] };
}

function withGrant({ grants }: App): Partial<App> {
  return { grants: { ...grants, third: ['read'] } };
}

/** The ceiling leaves what the calls ask for, and nothing more. */
function underCeiling(): Partial<App> {
  return { restrictions: { scopes } };
}

function withNewKey({ keys }: App, text: string, parts: object): Partial<App> {
  return { keys: { ...keys, ...newKey(text, parts) }, keyCount: 2 };
}

function withSuccessor({ keys }: App, text: string): Partial<App> {
  const [rotatedFrom] = Object.keys(keys);
  return { keys: newKey(text, { rotatedFrom, scopes }) };
}

/** The key that an answer tells of, by its secret and by its HRN, as it must be stored. */
function newKey(text: string, parts: object): App['keys'] {
  const made = JSON.parse(text);
  const { apiKey, apiKeyId } = made.apiKey?.apiKey ? made.apiKey : made;
  expect(handleIn(apiKey)).toBe(handleOf(apiKeyId));
  return { [handleIn(apiKey)]: expect.objectContaining(parts) };
}

let subjects = 0;

/** Seeds what a call is about: an application with one key, two who manage it, and the pointers that lead them to it. */
export async function seedFor({ before = () => ({}) }: FailingCall, service: TestService): Promise<Subject> {
  subjects += 1;
  const [appId, principal] = [`failing${subjects}x`, `caller${subjects}x`];
  const apiKeyId = formatApiKeyId('ak', appId, new Uint8Array(32).fill(subjects % 256));
  const key = { name: 'seeded', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: -1 };
  const keys = { [handleOf(apiKeyId)]: key };
  const grants = { [principal]: ['manage'], second: ['manage'] } as const;
  const listKey = `0000000000000001#${appId}`;
  const usual = { appId, listKey, keys, keyCount: 1, grants };
  const app = await service.seed({ ...usual, ...before(usual as unknown as App) });
  await Promise.all(
    Object.keys(app.grants).map((member) =>
      direct.send(new PutCommand({ TableName: service.tableName, Item: memberItem(app, member) })),
    ),
  );
  const token = await service.issuer.sign({ sub: principal, permissions: ['account:createApp', 'account:verify'] });
  return { service, app, apiKeyId, principal, token };
}

/** Makes the call, which has `remainingMs` to be answered in, as Lambda would. */
export async function make(call: FailingCall, subject: Subject, remainingMs: number): Promise<Told> {
  const { service, app, apiKeyId } = subject;
  const named = { app: decodeURIComponent(hrnOf(app)) };
  if (call.id === 'generateApiKeyDirect') return toldOf(await service.invoke({ ...named, name }, remainingMs));
  if (call.id === 'verifyApiKeyDirect') return toldOf(await service.invokeVerify({ apiKeyId }));
  if (call.id === 'authorizer') return authorized(subject);
  return called(call.id, call, subject, remainingMs);
}

async function called(
  id: OperationId,
  call: FailingCall,
  { service, app, apiKeyId, token }: Subject,
  remainingMs: number,
): Promise<Told> {
  const body = id === 'verifyApiKey' || id === 'revokeApiKey' ? { apiKeyId } : call.body;
  const reply = await service.call(id, {
    path: { ...keyPath(app, handleOf(apiKeyId)), principal: 'third', issuer: encodeURIComponent(issuer) },
    headers: { Authorization: `Bearer ${token}` },
    // Reports are counted by the address that they come from.
    source: `10.0.${Math.floor(subjects / 256)}.${subjects % 256}`,
    ...(body && { body }),
    remainingMs,
  });
  if (reply.statusCode < 400) return { text: reply.text };
  expect(reply.statusCode).toBe(reply.body.status);
  const retryAfter = reply.headers['Retry-After'];
  return { text: reply.text, refusal: { ...reply.body, ...(retryAfter !== undefined && { retryAfter }) } };
}

function toldOf(result: { readonly ok: true } | { readonly ok: false; readonly error: ErrorBody }): Told {
  return { text: JSON.stringify(result), ...(!result.ok && { refusal: result.error }) };
}

/** The gateway makes a 500 of the authorizer's refusal, and lets nobody in. */
async function authorized({ service, apiKeyId }: Subject): Promise<Told> {
  try {
    return { text: JSON.stringify(await service.authorize(restRequest({ headers: { 'x-api-key': apiKeyId } }))) };
  } catch (error) {
    expect(String(error)).toBe('Error: Unavailable');
    return { text: String(error), refusal: { code: '503000', cause: '' } };
  }
}

/** Holds the application against an answer that says that the call was done: it was, and once. */
export async function expectDone(call: FailingCall, subject: Subject, { text, refusal }: Told): Promise<void> {
  expect(refusal).toBeUndefined();
  if (call.id === 'createApp') expect(await appsOf(subject)).toEqual([JSON.parse(text).clientId]);
  else await expectApp(subject, call.changes && { rev: subject.app.rev + 1, ...call.changes(subject.app, text) });
  if (call.shows) expect(text).toContain(call.shows(subject));
}

/** Holds the application against an answer that says that nothing was changed. */
export async function expectUnchanged({ id }: FailingCall, subject: Subject): Promise<void> {
  if (id === 'createApp') expect(await appsOf(subject)).toEqual([]);
  await expectApp(subject);
}

async function expectApp({ service, app }: Subject, changes: Partial<App> = {}): Promise<void> {
  const partsOf = ({ rev, name, status, restrictions, keys, keyCount, grants, issuers }: App) => {
    const told = Object.entries(keys).map(([handle, { lastChange: _, ...key }]) => [handle, key]);
    return { rev, name, status, restrictions, keys: Object.fromEntries(told), keyCount, grants, issuers };
  };
  expect(partsOf(await service.item(app))).toEqual({ ...partsOf(app), ...changes });
}

/** @returns ids of the applications that the caller has created */
async function appsOf({ service: { tableName }, principal }: Subject): Promise<string[]> {
  const ids: string[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await direct.send(
      new ScanCommand({
        TableName: tableName,
        ConsistentRead: true,
        FilterExpression: 'createdBy = :by',
        ExpressionAttributeValues: { ':by': principal },
        ...(from && { ExclusiveStartKey: from }),
      }),
    );
    ids.push(...Items.map(({ pk }) => String(pk)));
    from = LastEvaluatedKey;
  } while (from);
  return ids;
}

/** @returns the operations that are missing from `failingCalls`: those that ask the database */
export function unlistedOperations(): string[] {
  const listed = new Set<string>(failingCalls.map(({ id }) => id));
  return Object.values<Operation>(operations).flatMap(({ id, access }) =>
    access === 'public' || listed.has(id) ? [] : [id],
  );
}
