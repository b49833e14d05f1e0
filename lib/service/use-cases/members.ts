import { formatWhy, log } from '../../base/log.ts';
import { type App, deleteApp } from '../../domain/app.ts';
import { grant, revoke } from '../../domain/grants.ts';
import type { Action } from '../../domain/policy.ts';
import { addMember, readMember, removeMember } from '../../store/members.ts';
import { type ChangingCall, change } from './change.ts';
import { visibleApp } from './visible-app.ts';

/**
 * Gives a principal exactly these rights. Its pointer is written before, so that no right is without one, and once
 * more after, so that a revocation at the same time does not take it away.
 */
export async function grantRights(call: ChangingCall, principal: string, actions: readonly Action[]): Promise<void> {
  const { table, deadline } = call;
  await addMember(table, await visibleApp(call), principal, deadline);
  const granted = await change(call, (app) => grant(app, principal, actions));
  await tidyUp(() => addMember(table, granted, principal, deadline));
}

/** Takes all rights of a principal away. Its own grant every principal can delete, whatever right the grant gives. */
export async function revokeRights(call: ChangingCall, principal: string): Promise<void> {
  const { table, deadline, caller } = call;
  const needed = principal === caller.principal ? 'read' : 'manage';
  const app = await visibleApp(call, needed);
  // The pointer of the creator stays: a token may still give a right, and then the application is among its own.
  const stamp = principal === app.createdBy ? undefined : await readMember(table, app, principal, deadline);
  const revoked = await change(call, (found) => revoke(found, principal), undefined, needed);
  await tidyUp(() => removeMember(table, revoked, principal, stamp, deadline));
}

/** Deletes the application, then the pointers to it, which lead to nothing from then on. */
export async function endApp(call: ChangingCall): Promise<void> {
  const { table, deadline } = call;
  let before: App | undefined;
  await change(call, (app) => {
    before = app;
    return deleteApp(app);
  });
  const remove = async (app: App, principal: string) =>
    removeMember(table, app, principal, await readMember(table, app, principal, deadline), deadline);
  const principals = new Set(before && [before.createdBy, ...Object.keys(before.grants)]);
  await Promise.all([...principals].map((principal) => tidyUp(async () => before && remove(before, principal))));
}

/** What follows a change that is made: when it fails the change stands, and only a list may be a little off. */
async function tidyUp(step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (why) {
    log({ event: 'tidyUp', level: 'WARN', why: formatWhy(why) });
  }
}
