import { randomUUID } from 'node:crypto';
import { type ApiKey, type ApiKeyInput, completeInput, formatNewApiKey, newApiKey } from '../../domain/api-key.ts';
import type { ApiKeyId } from '../../domain/api-key-id.ts';
import type { App } from '../../domain/app.ts';
import type { ApiError } from '../../domain/errors.ts';
import { type AppRef, formatApiKeyHrn } from '../../domain/hrn.ts';
import { findRecord, type RepeatableRequest, type RequestId, repeatable } from '../../domain/idempotency.ts';
import { endOf, expiryFault } from '../../domain/lifetime.ts';
import { type CallerRights, hasAccess, requireAccess } from '../../domain/policy.ts';
import { type Added, type Addition, addApiKey } from '../../store/add-api-key.ts';
import { getApp } from '../../store/get-app.ts';
import type { Deadline } from '../../store/settle.ts';
import type { Service } from '../service.ts';
import { lifetimeOf, sweepRulesOf } from '../settings.ts';
import { makeSecret, repeatSecret } from './secret.ts';

type GenerateContext = Service & { readonly deadline: Deadline };

/** Who requests which key of which application. */
interface Wanted {
  readonly app: AppRef;
  readonly input: ApiKeyInput;
  readonly by: string;
  /** Called after the body is checked, because it rejects an application of another realm. */
  readonly callerRights: () => CallerRights;
  readonly correlationId: string;
  /** Present if the request has an Idempotency-Key. */
  readonly request: RequestId | undefined;
  /** What repetitions of the request must have in common. Default: the input. */
  readonly asked?: object;
  /** Fields of the key besides the input. */
  readonly besides?: Pick<ApiKey, 'restrictions' | 'rotatedFrom' | 'pending'>;
}

/** The body of the response, the only place that ever has the secret, and whether it was given before. */
export interface NewApiKey {
  readonly body: ReturnType<typeof formatNewApiKey>;
  readonly isReplayed: boolean;
}

/**
 * Generates an API key, for any kind of request.
 * @throws ApiError 400200 if `expiresAt` is not in the future or too late, or `allowedSources` is wrong
 * @throws ApiError as `addApiKey` does
 */
export async function generate(context: GenerateContext, wanted: Wanted): Promise<NewApiKey> {
  const { settings, table, deadline } = context;
  const { app, input } = wanted;
  const now = deadline.now();
  const complete = completeInput(input);
  const request = wanted.request && repeatable(wanted.request, wanted.asked ?? complete);
  const fault = expiryFault(input.expiresAt, now, lifetimeOf(settings, app.realm));
  const { answered, dueAt } = await answeredBefore(context, { ...wanted, request }, fault);
  if (answered) return replay(context, wanted, answered);
  const callerRights = wanted.callerRights();
  for (let createdTime = now; ; ) {
    const { apiKeyId, addition } = await attemptOf(context, { ...wanted, request }, { now, createdTime, callerRights });
    const added = await addApiKey(table, { ...addition, dueAt }, deadline);
    if ('sealed' in added) {
      createdTime = Math.max(deadline.now(), added.sealed + 1);
      continue;
    }
    if (added.replayed) return replay(context, wanted, added);
    const body = formatNewApiKey(apiKeyId, added.handle, added.key, app, settings.partition);
    return { body, isReplayed: false };
  }
}

/** One attempt, with a secret and a `createdTime` that no other attempt has. */
async function attemptOf(
  context: GenerateContext,
  { app, input, by, correlationId, request, besides }: Wanted & { readonly request: RepeatableRequest | undefined },
  { now, createdTime, callerRights }: { now: number; createdTime: number; callerRights: CallerRights },
): Promise<{ apiKeyId: ApiKeyId; addition: Addition }> {
  const { keys, partition } = context.settings;
  const { prefix, maxPerApp: maxKeys } = keys;
  const rules = sweepRulesOf(context.settings, app.realm);
  const { apiKeyId, handle, record } = await makeSecret({ prefix, appId: app.appId, now }, request, context);
  const keyHrn = formatApiKeyHrn(app.realm, handle, partition);
  const change = { op: randomUUID(), at: now, by, action: 'generateApiKey', keyHrn, correlationId };
  const expiresAt = endOf(input.expiresAt, { createdTime }, lifetimeOf(context.settings, app.realm));
  const key = { ...besides, ...newApiKey({ ...input, expiresAt }, by, createdTime, besides?.restrictions) };
  return { apiKeyId, addition: { app, handle, key, callerRights, maxKeys, now, change, request, record, rules } };
}

/** The response to an earlier copy of a request, or else when the application is due for the sweep. */
interface Before {
  readonly answered?: Added & { readonly app: App };
  readonly dueAt?: number | undefined;
}

/**
 * Finds out whether a repeatable request has been answered, before a secret is made for it. Its `expiresAt` can have
 * passed since.
 * @param fault of `expiresAt`, which comes before everything that the application says
 * @throws ApiError `fault`, or 404660, 403403, 422409 or 409305
 */
export async function answeredBefore(
  { table, deadline }: Pick<GenerateContext, 'table' | 'deadline'>,
  {
    app: ref,
    callerRights,
    request,
  }: Pick<Wanted, 'app' | 'callerRights'> & { readonly request: RepeatableRequest | undefined },
  fault: ApiError | undefined,
): Promise<Before> {
  const app = request && (await getApp(table, ref.appId, deadline));
  if (fault && !(app && hasAccess(app, ref, callerRights, 'write'))) throw fault;
  if (!request) return {};
  requireAccess(app, ref, callerRights(), 'write');
  const replayed = findRecord(app, request, deadline.now());
  const key = replayed && app.keys[replayed.handle];
  if (key) return { answered: { app, key, handle: replayed.handle, replayed } };
  if (fault) throw fault;
  return { dueAt: app.dueAt };
}

/** The response to an earlier copy of the request: the same secret, and the key as it is now. */
export async function replay(
  context: Pick<GenerateContext, 'settings' | 'mac' | 'deadline'>,
  { app, request }: Pick<Wanted, 'app' | 'request'>,
  { key, handle, replayed }: Added,
): Promise<NewApiKey> {
  if (!request || !replayed) throw new Error('there is nothing to repeat');
  const apiKeyId = await repeatSecret(replayed, app.appId, request, context);
  return { body: formatNewApiKey(apiKeyId, handle, key, app, context.settings.partition), isReplayed: true };
}
