import type { KeyHandle } from '../domain/api-key-id.ts';
import type { App, Change, Tombstone } from '../domain/app.ts';
import type { SweepRules } from '../domain/due.ts';
import { ApiError } from '../domain/errors.ts';
import { prune } from '../domain/housekeeping.ts';
import type { AppRef } from '../domain/hrn.ts';
import { withKeyChanges } from '../domain/key-change.ts';
import { type Action, type CallerRights, requireAccess } from '../domain/policy.ts';
import { replacementOf } from './app-item.ts';
import { getApp, refusedApp } from './get-app.ts';
import { backOff, type Deadline, settle } from './settle.ts';
import type { Table } from './table.ts';

/** A change to an application that was read before. */
export interface AppChange {
  readonly app: AppRef;
  readonly callerRights: CallerRights;
  readonly needed: Action;
  readonly change: Change;
  readonly rules: SweepRules;
  /** Handle of the key that the change creates, if it creates one. */
  readonly makes?: KeyHandle;
  /**
   * @returns the changed application; the same application if there is nothing to do
   * @throws ApiError if the change is not allowed
   */
  readonly edit: (app: App) => App;
}

/**
 * Changes an application: a strongly consistent read, and one write that requires the `rev` of the read. A late copy of
 * the write finds another `rev` and does nothing. So an older change never undoes an acknowledged one.
 * @param read the application, if it has just been read
 * @returns the application after the change
 * @throws ApiError 404660 or 403403 if the caller lacks the right; 503000 if the outcome is unknown
 */
export async function changeApp(table: Table, wanted: AppChange, deadline: Deadline, read?: App): Promise<App> {
  let app = read ?? (await getApp(table, wanted.app.appId, deadline));
  for (let conflicts = 0; ; conflicts += 1) {
    requireAccess(app, wanted.app, wanted.callerRights, wanted.needed);
    const changed = wanted.edit(app);
    if (changed === app) return app;
    const edited = prune(withKeyChanges(app, changed, wanted.change), wanted.change.at);
    const update = replacementOf(app, edited, wanted.change, wanted.rules);
    const settled = await settle(deadline, (ms) => table.attemptUpdate(update, ms));
    const { applied, inDoubt } = settled;
    const next = { ...edited, rev: app.rev + 1, lastChange: wanted.change };
    if (applied) return next;
    const found = await refusedApp(table, wanted.app.appId, settled, deadline);
    if (inDoubt && found) {
      if (bears(found, wanted)) return asMade(found, next, wanted);
      if (found.rev > next.rev) throw unknowable();
    }
    app = found;
    await backOff(deadline, conflicts, 'another change came first every time', false);
  }
}

/**
 * Whether an application shows that the change was made: as its last change, or by a key that it removed or created.
 */
function bears({ lastChange, removed, keys }: App, { change: { op }, makes }: AppChange): boolean {
  const isOurs = (tombstone: Tombstone) => tombstone.op === op;
  const isMade = makes !== undefined && (Object.hasOwn(keys, makes) || Object.hasOwn(removed, makes));
  return lastChange.op === op || isMade || Object.values(removed).some(isOurs);
}

/** @throws ApiError 409305 if the created key is already gone */
function asMade(found: App, next: App, { makes }: AppChange): App {
  if (makes === undefined) return next;
  if (!Object.hasOwn(found.keys, makes)) throw new ApiError('409305');
  return found;
}

function unknowable(): ApiError {
  return new ApiError('503000', {
    cause:
      'Database responses were lost while other requests changed the application, so it is not known whether this change was made.',
    action: 'Check the application, and send the request again if the change is missing.',
    retryAfterSeconds: 1,
  });
}
