import { isDeepStrictEqual } from 'node:util';
import type { DirectResult } from '../../../lib/contract/direct-result.ts';
import { type Operation, operations } from '../../../lib/contract/operations.ts';
import type { App } from '../../../lib/domain/app.ts';
import { decodeOnce } from '../../../lib/domain/hrn.ts';
import type { GatewayReply } from '../../../lib/service/http/exchange.ts';
import { hasLastSlash } from '../../../lib/service/http/path.ts';
import type { ItemKey } from '../../../lib/store/table.ts';
import { lambdaContext } from '../../support/events.ts';
import type { BodyPlan } from './bodies.ts';
import { requireLog, requireNoSecret, requirePrototypes, requireReply, requireResult, requireThat } from './checks.ts';
import { authorizerEventOf, eventOf, payloadOf } from './events.ts';
import { mangled } from './mangling.ts';
import type { AuthorizerPlan, CallPlan, InvocationPlan, Plan } from './requests.ts';
import type { HostileService } from './service.ts';
import {
  appIdIn,
  appNamedBy,
  believedClaims,
  holds,
  isScopedToProject,
  mayOn,
  signPlan,
  textInSegment,
} from './tokens.ts';
import { type AppName, allKeys, apiKeyIdOf, appNamed, isAppName, validKeys } from './world.ts';

/** What came of a request: that it was done, or the code or the reason of its refusal. */
export interface Came {
  readonly isDone: boolean;
  readonly as: string;
}

/** Sends what is planned, and holds everything that comes of it against the contract. @throws Violation */
export async function send(plan: Plan, service: HostileService): Promise<Came[]> {
  try {
    const came = await sendAll(plan, service);
    await service.world.restoreChanged();
    return came;
  } catch (why) {
    await service.world.create();
    throw why;
  } finally {
    service.takeWrites(); // of the world, by which the next request is not to be judged
  }
}

async function sendAll(plan: Plan, service: HostileService): Promise<Came[]> {
  if (plan.kind === 'authorizer') return [await authorize(plan, service)];
  if (plan.kind === 'invocation') return [await invoke(plan, service)];
  const token = signPlan(plan.token, service.issuer, service.otherIssuer);
  const first = await call(plan, plan.body, token, service);
  return plan.again ? [first, await call(plan, plan.again, token, service)] : [first];
}

async function call(plan: CallPlan, body: BodyPlan, token: string, service: HostileService): Promise<Came> {
  const operation: Operation = operations[plan.target];
  const event = mangled(eventOf(plan, body, token), plan.edits);
  const reply: GatewayReply = await service.handlers[plan.target](event, lambdaContext());
  const secrets = [...allKeys, ...[token, token.slice(token.lastIndexOf('.') + 1)].filter(isLong)];
  const told = requireReply(atPath(operation, event), reply, [...secrets, ...hidden(service)]) as Told;
  const isDone = reply.statusCode < 400;
  requireQuiet(service, [...secrets, ...(told?.apiKeyId ? [told.apiKeyId] : [])]);
  const { pathParameters } = (event ?? {}) as { pathParameters?: Record<string, unknown> | null };
  const hrn = textInSegment(pathParameters?.app);
  const principal = operation.id === 'deleteGrant' ? decodeOnce(pathParameters?.principal) : undefined;
  if (isDone) requireThat(mayDo(operation, plan, appNamedBy(hrn), principal), 'done without a right');
  if (isDone) requireCeiling(plan, told, appNamedBy(hrn));
  if (told?.valid) requireOwnKey(plan, told);
  await requireUntouched(service, appIdIn(hrn) ?? plan.app, operation, isDone);
  return { isDone, as: isDone ? String(reply.statusCode) : String(told?.code) };
}

/** The operation with the errors that it has at the path of the event: one that ends in a slash is no route. */
function atPath(operation: Operation, event: unknown): Operation {
  const { path } = (event ?? {}) as { path?: unknown };
  return hasLastSlash(path) ? { ...operation, errors: [...operation.errors, '404404'] } : operation;
}

/** What the log may tell, and an answer may not. */
function hidden({ tableName }: HostileService): string[] {
  return [tableName, process.cwd()];
}

/** Whether it can be looked for in a text that has other things to say. */
function isLong(secret: string): boolean {
  return secret.length > 40;
}

interface Told {
  readonly code?: string;
  readonly apiKeyId?: string;
  readonly valid?: boolean;
  readonly apiKey?: string;
  readonly scopes?: readonly string[];
}

/** @param leaving whose grant is deleted: that is done for the principal itself, whatever right it has */
function mayDo({ access }: Operation, { token }: CallPlan, app: AppName | undefined, leaving?: string): boolean {
  if (access === 'public' || access === 'key') return true;
  const said = believedClaims(token);
  if (!said) return false;
  if (access === 'list') return !isScopedToProject(said);
  if (access === 'createApp' || access === 'verify') return holds(said, `account:${access}`);
  return app !== undefined && mayOn(said, app, leaving !== undefined && leaving === said.sub ? 'read' : access);
}

/** Only who manages an application changes its ceiling, and no key is answered with a scope above the ceiling. */
function requireCeiling({ target, token }: CallPlan, told: Told | null, name: AppName | undefined): void {
  const app: Partial<App> = (name && appNamed(name)) ?? {};
  const ceiling = app.restrictions?.scopes;
  if (target === 'updateApp') {
    const said = believedClaims(token);
    const isManager = said !== undefined && name !== undefined && mayOn(said, name, 'manage');
    requireThat(isManager || isDeepStrictEqual(told?.scopes, ceiling), 'the ceiling was changed without a right');
  } else if (told?.apiKey && ceiling) {
    requireThat(
      (told.scopes ?? []).every((scope) => ceiling.includes(scope)),
      'a key has a scope above the ceiling',
    );
  }
}

/** A key that is said to be valid is the one that was asked about, and it is. */
function requireOwnKey({ app, nth }: Plan, { apiKey }: Told): void {
  requireThat(validKeys.get(apiKeyIdOf(app, nth)) === apiKey, `${apiKey} is said to be valid`);
}

/**
 * A refusal, a question and a look change nothing. A write is sent for no other application than the one that is named,
 * which need not be there: the condition of the write finds that out.
 */
async function requireUntouched(
  service: HostileService,
  appId: string,
  { method, isVerification, access }: Operation,
  isDone: boolean,
): Promise<void> {
  // Whoever presents a key is counted, whatever comes of it.
  const written = service.takeWrites().filter(({ pk }) => access !== 'key' || !pk.startsWith('rate##'));
  if (written.length === 0) return;
  for (const key of written) requireThat(isOf(key, appId, access), `another item is written: ${JSON.stringify(key)}`);
  const mayChange = isDone && method !== 'get' && !isVerification;
  if (mayChange) await service.world.acceptChange(appId);
  else requireThat(await service.world.isUntouched(appId), 'an application was changed');
}

/** Whether an item is the application's own or leads to it; to create one is to write none that is there. */
function isOf({ pk, sk }: ItemKey, appId: string, access: Operation['access']): boolean {
  const [written = ''] = pk.startsWith('member#') ? sk.split('#').slice(-1) : [pk];
  return access === 'createApp' ? !isAppName(written) : written === appId;
}

function requireQuiet(service: HostileService, secrets: readonly string[]): Record<string, unknown>[] {
  requirePrototypes();
  return requireLog(service.takeLog(), secrets);
}

async function invoke(plan: InvocationPlan, service: HostileService): Promise<Came> {
  const operation: Operation = operations[plan.target];
  const payload = mangled(payloadOf(plan), plan.edits);
  const result = (await service.handlers[plan.target](payload, lambdaContext())) as DirectResult<object>;
  const told = requireResult(operation, result, [...allKeys, ...hidden(service)]) as Told;
  requireQuiet(service, [...allKeys, ...(told.apiKeyId ? [told.apiKeyId] : [])]);
  if (told.valid) requireOwnKey(plan, told);
  const { app: hrn } = (payload ?? {}) as { app?: unknown };
  await requireUntouched(service, appIdIn(hrn) ?? plan.app, operation, result.ok);
  return { isDone: result.ok, as: result.ok ? 'ok' : String(told.code) };
}

async function authorize(plan: AuthorizerPlan, service: HostileService): Promise<Came> {
  const event = mangled(authorizerEventOf(plan), plan.edits);
  const text = JSON.stringify(event);
  const answer = await service.handlers.authorizeApiKey(event, lambdaContext()).then(allowed, refused);
  const [record, ...more] = requireQuiet(service, allKeys);
  requireThat(record?.event === 'verification' && more.length === 0, 'not one record of one verification');
  requireNoSecret(JSON.stringify(answer), allKeys, 'the answer');
  const as = String(record.result);
  requireThat(service.takeWrites().length === 0, 'the authorizer has written');
  if (!answer.isAllowed) {
    const isOdd = plan.edits.length > 0 && as === 'unavailable';
    requireThat(
      answer.word === (isOdd ? 'Unavailable' : 'Unauthorized'),
      `thrown: ${answer.word}, ${as}: ${record.why}`,
    );
    return { isDone: false, as };
  }
  const hrn = validKeys.get(apiKeyIdOf(plan.app, plan.nth));
  requireThat(hrn !== undefined && text.includes(apiKeyIdOf(plan.app, plan.nth)), 'let in without a valid key');
  requireThat(answer.context.keyHrn === hrn && as === 'valid', `let in as ${answer.context.keyHrn}, ${as}`);
  requireThat(
    Object.values(answer.context).every((value) => typeof value === 'string'),
    'a context that is no text',
  );
  requireThat(isPolicyOf(answer), `no answer that a gateway understands: ${JSON.stringify(answer)}`);
  return { isDone: true, as };
}

interface Allowed {
  readonly isAllowed: true;
  readonly isAuthorized?: unknown;
  readonly principalId?: unknown;
  readonly policyDocument?: { readonly Statement: readonly { readonly Resource: string }[] };
  readonly context: Readonly<Record<string, unknown>>;
}

function allowed(answer: object): Allowed {
  return { ...(answer as Allowed), isAllowed: true };
}

function refused(thrown: unknown): { readonly isAllowed: false; readonly word: string } {
  const isPlain = thrown instanceof Error && thrown.stack === String(thrown);
  return { isAllowed: false, word: isPlain ? thrown.message : `${thrown}, with a stack` };
}

function isPolicyOf({ isAuthorized, principalId, policyDocument }: Allowed): boolean {
  if (!policyDocument) return isAuthorized === true;
  const [statement] = policyDocument.Statement;
  return typeof principalId === 'string' && /^arn:[^/*]+\/[^/*]+\/\*$/.test(statement?.Resource ?? '');
}
