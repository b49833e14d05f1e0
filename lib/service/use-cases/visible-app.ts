import type { App } from '../../domain/app.ts';
import { type Action, callerRightsOn, requireAccess } from '../../domain/policy.ts';
import { getApp } from '../../store/get-app.ts';
import type { ChangingCall } from './change.ts';

/**
 * @returns the application of a call, as it is now
 * @throws ApiError 404660 if the caller can't see it; 403403 if the caller can, but lacks the right
 */
export async function visibleApp(
  { app, caller, settings, operation, table, deadline }: ChangingCall,
  needed: Action = operation.access === 'manage' ? 'manage' : 'read',
): Promise<App> {
  const callerRights = callerRightsOn(app, caller, settings.partition);
  const found = await getApp(table, app.appId, deadline);
  requireAccess(found, app, callerRights, needed);
  return found;
}
