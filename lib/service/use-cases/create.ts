import { randomUUID } from 'node:crypto';
import { type App, type AppInput, completeAppInput, newApp, newAppId } from '../../domain/app.ts';
import { ApiError } from '../../domain/errors.ts';
import { type RepeatableRequest, type RequestId, repeatable } from '../../domain/idempotency.ts';
import { type Caller, callerRightsOn, includes, requireAccess } from '../../domain/policy.ts';
import { createApp } from '../../store/create-app.ts';
import type { Deadline } from '../../store/settle.ts';
import type { Service } from '../service.ts';

interface CreatingCall extends Service {
  readonly caller: Caller;
  readonly correlationId: string;
  readonly deadline: Deadline;
  readonly request: RequestId | undefined;
}

/**
 * Creates an application in the caller's realm. With an Idempotency-Key, its ID is derived from the request, so the
 * application itself is the idempotency record.
 * @throws ApiError 400200 if `referrers` is wrong
 * @throws ApiError 422409, 409306 or 404660 if the request was answered before, and the application has changed
 */
export async function create(
  { caller, settings, table, deadline, correlationId, request: id }: CreatingCall,
  input: AppInput,
): Promise<{ app: App; isReplayed: boolean }> {
  const { restrictions, ...texts } = completeAppInput(input);
  const request = id && repeatable(id, { ...texts, ...restrictions });
  const appId = request ? appIdOf(request) : newAppId();
  const made = {
    appId,
    realm: caller.realm,
    owner: caller.principal,
    now: deadline.now(),
    op: randomUUID(),
    correlationId,
  };
  const wanted = { ...newApp({ ...made, ...input }), ...(request && { bodyHash: request.bodyHash }) };
  const { app, isOurs } = await createApp(table, wanted, deadline);
  if (!isOurs) requireSame(app, caller, settings.partition, request);
  return { app, isReplayed: !isOurs };
}

function appIdOf({ hash }: RequestId): string {
  const bytes = Buffer.from(hash, 'base64url');
  return newAppId((below, index) => (bytes[index] ?? 0) % below);
}

function requireSame(app: App, caller: Caller, partition: string, request: RepeatableRequest | undefined): void {
  const callerRights = callerRightsOn(app, caller, partition);
  // Deletion ends every grant. So a caller without a right by the token, who has not deleted it, must not learn of it.
  const isTold = includes(callerRights.fromToken, 'read') || app.lastChange.by === caller.principal;
  if (app.status === 'deleted' && isTold) {
    throw new ApiError('409306', {
      cause: 'The application that this request created has been deleted since.',
      action: 'Create another application with a new Idempotency-Key.',
    });
  }
  requireAccess(app, app, callerRights, 'read');
  if (app.bodyHash !== request?.bodyHash) throw new ApiError('422409');
}
