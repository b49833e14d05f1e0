import { formatWhy, log } from '../../base/log.ts';
import { type App, deleteApp } from '../../domain/app.ts';
import { grant, revoke } from '../../domain/grants.ts';
import type { Action } from '../../domain/policy.ts';
import { raiseMember, readMember, removeMember, settleMember } from '../../store/members.ts';
import { type ChangingCall, change, changeFrom } from './change.ts';
import { visibleApp } from './visible-app.ts';

/** Gives a principal exactly these rights. If the application rejects them, no pointer remains. */
export async function grantRights(call: ChangingCall, principal: string, actions: readonly Action[]): Promise<void> {
  const { table, deadline } = call;
  const give = (app: App) => grant(app, principal, actions);
  const stamp = await raiseMember(table, give(await visibleApp(call)), principal, deadline);
  const granted = await change(call, give);
  await tidyUp(() => settleMember(table, granted, principal, stamp, deadline));
}

/** Revokes all rights of a principal. Every principal can delete its own grant, with any right. */
export async function revokeRights(call: ChangingCall, principal: string): Promise<void> {
  const { table, deadline, caller } = call;
  const needed = principal === caller.principal ? 'read' : 'manage';
  const app = await visibleApp(call, needed);
  const pointer = await readMember(table, app, principal, deadline);
  const revoked = await change(call, (found) => revoke(found, principal), undefined, needed);
  await tidyUp(() => settleMember(table, revoked, principal, pointer?.stamp, deadline));
}

/** Deletes the application, then the pointers to it, which then lead to nothing. */
export async function endApp(call: ChangingCall): Promise<void> {
  const { table, deadline } = call;
  const { before } = await changeFrom(call, deleteApp);
  const remove = async (app: App, principal: string) => {
    const pointer = await readMember(table, app, principal, deadline);
    await removeMember(table, app, principal, pointer?.stamp, deadline);
  };
  const principals = new Set([before.createdBy, ...Object.keys(before.grants)]);
  await Promise.all([...principals].map((principal) => tidyUp(() => remove(before, principal))));
}

/** A step after a change that is made. If it fails, the change stands, and only a list can be slightly wrong. */
async function tidyUp(step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (why) {
    log({ event: 'tidyUp', level: 'WARN', why: formatWhy(why) });
  }
}
