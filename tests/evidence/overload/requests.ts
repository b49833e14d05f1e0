import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { Readable } from 'node:stream';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { formatApiKeyId, handleOf } from '../../../lib/domain/api-key-id.ts';
import { type App, newApp } from '../../../lib/domain/app.ts';
import { appOf } from '../../../lib/store/app-item.ts';
import { lambdaContext, restEvent, type TestRequest } from '../../support/events.ts';
import { settingsFolder, testIssuer, testSettings } from '../../support/settings.ts';
import type { MemoryTable } from '../interleavings/memory-table.ts';
import { keyHrnOf } from '../properties/support.ts';

type Handler = (
  event: unknown,
  context: unknown,
) => Promise<{
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}>;

/** What is asked for in turn, each time of an application of its own: the request, what it needs, and what it leaves. */
const kinds = ['generateApiKey', 'verifyApiKey', 'getApp', 'verifyApiKey', 'rotateApiKey', 'deleteApiKey'] as const;
type Kind = (typeof kinds)[number];

/** An answer, and what the store must show of it in the end. Times in ms, by the virtual clock. */
export interface Answered {
  readonly kind: Kind;
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly answeredAt: number;
  readonly tookMs: number;
  /** Whether the application is as the answer says, once everything is carried out. */
  isTrue(): boolean;
}

/** Sends a request to its handler: of one of many principals, or of the one who sends too many. */
export type Ask = (isGreedy: boolean) => Promise<Answered>;

const realm = 'myrealm';
const issuer = 'https://issuer.test';
const principals = 60;
/** The handlers, which live as long as the process, remember the issuer's keys. */
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });

/** The real handlers, for callers with real tokens, on applications that are put into the table as they are needed. */
export async function openRequests(table: MemoryTable): Promise<Ask> {
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }] });
  answerAtOnce(keys);
  setEnvironment();
  const sign = (sub: string) => {
    const permissions = ['account:verify', 'account:manage:*'];
    const claims = { iss: issuer, aud: 'appkeys', sub, rlm: realm, permissions };
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k' }).setExpirationTime('1d').sign(privateKey);
  };
  const tokens = await Promise.all(Array.from({ length: principals }, (_, nth) => sign(`principal${nth}`)));
  const greedy = await sign('greedy');
  const handlers: Record<Kind, Handler> = {
    generateApiKey: (await import('../../../functions/generate-api-key.ts')).handler as never,
    verifyApiKey: (await import('../../../functions/verify-api-key.ts')).handler as never,
    getApp: (await import('../../../functions/get-app.ts')).handler as never,
    rotateApiKey: (await import('../../../functions/rotate-api-key.ts')).handler as never,
    deleteApiKey: (await import('../../../functions/delete-api-key.ts')).handler as never,
  };
  let asked = 0;
  return async (isGreedy) => {
    asked += 1;
    const token = isGreedy ? greedy : tokens[asked % principals];
    const kind = isGreedy ? 'getApp' : (kinds[asked % kinds.length] ?? 'getApp');
    const { request, app } = prepare(kind, `app${asked}x`, table);
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const begun = Date.now();
    const reply = await handlers[kind](restEvent(kind, { ...request, headers }), lambdaContext());
    return {
      kind,
      status: reply.statusCode,
      retryAfter: reply.headers['Retry-After'],
      answeredAt: Date.now(),
      tookMs: Date.now() - begun,
      isTrue: () => isTold(kind, reply, app, appOf(table.get({ pk: app.appId, sk: 'app' }))),
    };
  };
}

function prepare(kind: Kind, appId: string, table: MemoryTable): { request: TestRequest; app: App } {
  const apiKeyId = formatApiKeyId('ak', appId, randomBytes(32));
  const handle = handleOf(apiKeyId);
  const key = { name: 'a key', enabled: true, createdTime: 1, createdBy: 'owner', expiresAt: -1 };
  const made = { appId, realm, name: 'an app', owner: 'owner', now: 1, op: 'seed', correlationId: 'seed' };
  const app = { ...newApp(made), keys: { [handle]: key }, keyCount: 1 };
  table.write({ kind: 'put', put: { Item: { ...app, pk: appId, sk: 'app' } } });
  const path = { app: encodeURIComponent(`hrn:here:account::${realm}:app/${appId}`), apiKey: keyHrnOf(app, handle) };
  const bodies: Partial<Record<Kind, object>> = {
    generateApiKey: { name: 'new' },
    verifyApiKey: { apiKeyId },
    rotateApiKey: {},
  };
  const body = bodies[kind];
  return { request: { path, ...(body && { body }) }, app };
}

/** Done is done; and what says that nothing was changed has changed nothing. Of what is not known nothing is said. */
function isTold(kind: Kind, reply: { statusCode: number; body: string }, before: App, after: App | undefined): boolean {
  if (!after || after.keyCount !== Object.keys(after.keys).length || after.keyCount > 2) return false;
  if (reply.statusCode >= 300) return reply.body.includes('not known') || after.rev === before.rev;
  const [old = ''] = Object.keys(before.keys);
  const handles = Object.keys(after.keys);
  if (kind === 'deleteApiKey') return handles.length === 0;
  if (kind !== 'generateApiKey' && kind !== 'rotateApiKey') return after.rev === before.rev;
  const made = handleOf(JSON.parse(reply.body).apiKeyId);
  return handles.includes(made) && handles.includes(old) === (kind === 'generateApiKey');
}

/** Puts the issuer's answer in the place of a request, which would take real time. */
function answerAtOnce(keys: string): void {
  https.get = ((_url: string, _options: object, answer: (message: IncomingMessage) => void) => {
    answer(
      Object.assign(Readable.from([Buffer.from(keys)]), { statusCode: 200, headers: {} }) as unknown as IncomingMessage,
    );
    return new EventEmitter();
  }) as unknown as typeof https.get;
  syncBuiltinESMExports();
}

function setEnvironment(): void {
  const issuers = [testIssuer({ issuer, jwksUri: `${issuer}/jwks.json`, realms: [realm] })];
  const settings = testSettings({ tableName: 'appkeys', rateLimit: '10,20', issuers });
  Object.assign(process.env, { AWS_REGION: 'us-east-1', LAMBDA_TASK_ROOT: settingsFolder(settings) });
}
