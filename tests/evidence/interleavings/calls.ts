import { createHmac } from 'node:crypto';
import { operations } from '../../../lib/contract/operations.ts';
import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import { type App, type Change, patchApp } from '../../../lib/domain/app.ts';
import { type AppRef, formatApiKeyHrn, formatAppHrn } from '../../../lib/domain/hrn.ts';
import { type RequestId, requestId } from '../../../lib/domain/idempotency.ts';
import { attachIssuer, detachIssuer } from '../../../lib/domain/issuers.ts';
import { deleteAllKeys, deleteKey, editKey, patchKey, requireKey } from '../../../lib/domain/keys-of-app.ts';
import { type Caller, callerRightsOn } from '../../../lib/domain/policy.ts';
import { change } from '../../../lib/service/use-cases/change.ts';
import { create } from '../../../lib/service/use-cases/create.ts';
import { generate, type NewApiKey } from '../../../lib/service/use-cases/generate.ts';
import { endApp, grantRights, revokeRights } from '../../../lib/service/use-cases/members.ts';
import { rotate } from '../../../lib/service/use-cases/rotate.ts';
import { type Announce, sweepApp } from '../../../lib/service/use-cases/sweep-app.ts';
import type { Deadline } from '../../../lib/store/settle.ts';
import type { Table } from '../../../lib/store/table.ts';
import { testSettings } from '../../support/settings.ts';
import type { Body, ModelCall, Who } from '../properties/model.ts';
import { handleIn } from '../properties/support.ts';

/** A call to create an application, under an Idempotency-Key. */
export interface CreateCall {
  readonly id: 'createApp';
  readonly who: Who;
  readonly body: { readonly name: string };
  readonly idempotencyKey: string;
}

/** A turn of the sweep at the application, which is no call of anybody's. */
export interface SweepCall {
  readonly id: 'sweep';
  readonly who: Who;
  readonly body?: undefined;
  readonly idempotencyKey?: undefined;
}

export type AnyCall = ModelCall | CreateCall | SweepCall;

/** What a call that was done tells: the key that it shows the secret of, if it does. */
export interface Done {
  readonly handle?: string;
  readonly isReplayed?: boolean;
  /** how many keys a turn of the sweep has ended */
  readonly ended?: number;
}

/** What a call works with: its own way to the table, its own clock. */
export interface Surroundings {
  readonly app: AppRef;
  readonly table: Table;
  readonly deadline: Deadline;
}

const partition = 'here';
export const settings = testSettings({ partition, eventBus: 'audit' });
const mac = async (message: Uint8Array) => createHmac('sha256', 'service key').update(message).digest();

/**
 * Does a call as its file in `functions/` does, from the use case on. The layers above it, middleware and token, make
 * no call to the store but the rate limit's, and cost more than all the rest: 4,500 token checks a second.
 * @throws ApiError as the use case does
 */
export function perform(call: AnyCall, surroundings: Surroundings): Promise<Done> {
  if (call.id === 'createApp') return doneAs.createApp(call, surroundings);
  if (call.id === 'sweep') return swept(surroundings);
  const doer = doneAs[call.id as keyof typeof doneAs] as Doer<ModelCall> | undefined;
  if (!doer) throw new Error(`${call.id} only reads`);
  return doer(call, surroundings);
}

/** The bus takes every notice. */
async function swept({ table, deadline, app }: Surroundings): Promise<Done> {
  const announce: Announce = async (_, notices) => notices.length;
  const { ended } = await sweepApp(
    { table, settings, announce, now: deadline.now(), newDeadline: () => deadline },
    app.appId,
  );
  return { ended };
}

type Doer<Kind> = (call: Kind, surroundings: Surroundings) => Promise<Done>;

/** Which change of the application a call is. */
function changing(
  edit: (call: ModelCall, handle: KeyHandle | undefined) => Parameters<typeof change>[1],
): Doer<ModelCall> {
  return async (call, surroundings) => {
    const handle = call.key as KeyHandle | undefined;
    await change(contextOf(call, surroundings), edit(call, handle), handle);
    return {};
  };
}

const doneAs = {
  createApp: async (call: CreateCall, surroundings: Surroundings) => {
    const { isReplayed } = await create(
      { ...contextOf(call, surroundings), request: creationRequest(call) },
      call.body,
    );
    return { isReplayed };
  },
  generateApiKey: async (call: ModelCall, surroundings: Surroundings) => {
    const context = contextOf(call, surroundings);
    const callerRights = () => callerRightsOn(context.app, context.caller, partition);
    const input = { name: 'new', ...keyBody(call) };
    return madeKey(
      await generate(context, {
        ...context,
        input,
        by: call.who.principal,
        callerRights,
        request: requestOf(call, context.app),
      }),
    );
  },
  rotateApiKey: async (call: ModelCall, surroundings: Surroundings) => {
    const context = contextOf(call, surroundings);
    const from = call.key as KeyHandle | undefined;
    return madeKey(await rotate(context, from, keyBody(call), requestOf(call, context.app)));
  },
  updateApiKey: async (call: ModelCall, surroundings: Surroundings) => {
    const handle = call.key as KeyHandle | undefined;
    const edit = (found: App, { at }: Change) => patchKey(found, handle, keyBody(call), { now: at, lifetime: {} });
    const app = await change(contextOf(call, surroundings), edit, handle);
    requireKey(app, handle);
    return {};
  },
  enableApiKey: changing((_, handle) => (app) => editKey(app, handle, { enabled: true })),
  disableApiKey: changing((_, handle) => (app) => editKey(app, handle, { enabled: false })),
  deleteApiKey: changing((_, handle) => (app, made) => deleteKey(app, handle, made)),
  deleteApiKeys: changing(() => deleteAllKeys),
  updateApp: async (call: ModelCall, surroundings: Surroundings) => {
    const { body = {} } = call;
    const needed = body.scopes === undefined ? 'write' : 'manage';
    await change(contextOf(call, surroundings), (app) => patchApp(app, body), undefined, needed);
    return {};
  },
  putIssuer: changing((call) => (app, made) => attachIssuer(app, call.subject ?? '', made)),
  deleteIssuer: changing((call) => (app) => detachIssuer(app, call.subject ?? '')),
  deleteApp: async (call: ModelCall, surroundings: Surroundings) => {
    await endApp(contextOf(call, surroundings));
    return {};
  },
  putGrant: async (call: ModelCall, surroundings: Surroundings) => {
    await grantRights(contextOf(call, surroundings), call.subject ?? '', call.body?.actions ?? []);
    return {};
  },
  deleteGrant: async (call: ModelCall, surroundings: Surroundings) => {
    await revokeRights(contextOf(call, surroundings), call.subject ?? '');
    return {};
  },
};

/** What a call says of a key; only an application's scopes can be null. */
function keyBody({ body = {} }: ModelCall): Omit<Body, 'scopes'> & { readonly scopes?: readonly string[] } {
  const { scopes, ...rest } = body;
  return { ...rest, ...(scopes && { scopes }) };
}

function contextOf({ id, who }: Exclude<AnyCall, SweepCall>, { app, table, deadline }: Surroundings) {
  const operation = operations[id];
  const caller = callerOf(who);
  return { settings, mac, table, deadline, app, caller, operation, correlationId: 'c' };
}

function callerOf({ principal, realm, fromToken }: Who): Caller {
  const permissions = fromToken.map((action) => `account:${action}:*`);
  return { principal, realm, issuer: 'https://issuer.test', permissions, hasProjectScope: false };
}

function requestOf({ who, id, key, idempotencyKey }: ModelCall, app: AppRef): RequestId | undefined {
  if (idempotencyKey === undefined) return undefined;
  const keyHrn = key ? formatApiKeyHrn(app.realm, key, partition) : '';
  const resource = [formatAppHrn(app, partition), keyHrn];
  return requestId(['https://issuer.test', who.principal, who.realm, id, ...resource, idempotencyKey]);
}

function creationRequest({ who, id, idempotencyKey }: CreateCall): RequestId {
  return requestId(['https://issuer.test', who.principal, who.realm, id, idempotencyKey]);
}

function madeKey({ body, isReplayed }: NewApiKey): Done {
  return { handle: handleIn(body.apiKey), isReplayed };
}

/** @returns the id of the application that a call creates, which its request gives */
export async function createdAppId(call: CreateCall): Promise<string> {
  let appId = '';
  const table = {
    attemptPut: async ({ Item }: { Item?: Record<string, unknown> }) => {
      appId = String(Item?.sk === 'app' ? Item.pk : appId);
      return { outcome: 'applied' } as const;
    },
  } as unknown as Table;
  const deadline = { at: 1, now: () => 0, sleep: async () => {}, random: () => 0 };
  await perform(call, { app: { realm: call.who.realm, appId }, table, deadline });
  return appId;
}
