import { randomUUID } from 'node:crypto';
import type { KeyHandle } from '../../domain/api-key-id.ts';
import type { App, Change } from '../../domain/app.ts';
import { type AppRef, formatApiKeyHrn } from '../../domain/hrn.ts';
import { type Action, type Caller, type CallerRights, callerRightsOn } from '../../domain/policy.ts';
import type { Changed } from '../../domain/taken-away.ts';
import { changeApp } from '../../store/change-app.ts';
import type { Deadline } from '../../store/settle.ts';
import type { Service } from '../service.ts';
import { sweepRulesOf } from '../settings.ts';

/** What a change needs of its call. */
export interface ChangingCall extends Service {
  readonly operation: { readonly id: string; readonly access: string };
  readonly caller: Caller;
  readonly app: AppRef;
  readonly correlationId: string;
  readonly deadline: Deadline;
}

/** Returns the changed application. `change` has the operation's ID and time. */
type Edit = (app: App, change: Change) => App;

/**
 * Changes the application of a call, with the right that its operation needs.
 * @param handle of the key to change, if it is about one
 * @param needed another right than the operation's own
 * @throws ApiError as `changeApp` and `edit` do
 */
export function change(
  call: ChangingCall,
  edit: Edit,
  handle?: KeyHandle,
  needed: Action = call.operation.access === 'manage' ? 'manage' : 'write',
): Promise<App> {
  const { app, caller, settings, deadline } = call;
  const made = newChange(call, handle);
  const callerRights: CallerRights = callerRightsOn(app, caller, settings.partition);
  const rules = sweepRulesOf(settings, app.realm);
  const wanted = { app, callerRights, needed, change: made, rules, edit: (found: App) => edit(found, made) };
  return changeApp(call.table, wanted, deadline);
}

/** The same, but also returns the application before the change. */
export async function changeFrom(
  call: ChangingCall,
  edit: (app: App) => App,
  handle?: KeyHandle,
  needed?: Action,
): Promise<Changed> {
  let before: App | undefined;
  const after = await change(
    call,
    (found) => {
      before = found;
      return edit(found);
    },
    handle,
    needed,
  );
  return { before: before ?? after, after };
}

/** @returns the record of a change that a call makes now */
export function newChange(
  { app, caller, settings, operation, correlationId, deadline }: ChangingCall,
  handle?: KeyHandle,
): Change {
  return {
    op: randomUUID(),
    at: deadline.now(),
    by: caller.principal,
    action: operation.id,
    correlationId,
    ...(handle && { keyHrn: formatApiKeyHrn(app.realm, handle, settings.partition) }),
  };
}
