import { randomUUID } from 'node:crypto';
import type { App } from '../domain/app.ts';
import { type Deadline, read, settle } from './settle.ts';
import type { ItemKey, Table } from './table.ts';

/**
 * Items that lead from a principal to the applications on which it has rights, and for ever to those that it created.
 * The application alone decides.
 */
export function membersKey(realm: string, principal: string): string {
  return `member#${realm}#${principal}`;
}

/** @returns the place of an application in the list of a principal, which is read backwards: its own come first, each newest first */
export function placeOf({ listKey = '', createdBy }: Pick<App, 'listKey' | 'createdBy'>, principal: string): string {
  return createdBy === principal && listKey ? `own#${listKey}` : listKey;
}

/** The pointer itself. */
export function memberItem(app: App, principal: string) {
  return { ...memberKey(app, principal), appId: app.appId, stamp: randomUUID() };
}

function memberKey(app: App, principal: string): ItemKey {
  return { pk: membersKey(app.realm, principal), sk: placeOf(app, principal) };
}

/** Writes the pointer; before the right is granted, so that no right is without one. @returns the stamp of this copy */
export async function addMember(table: Table, app: App, principal: string, deadline: Deadline): Promise<string> {
  const put = { Item: memberItem(app, principal) };
  await settle(deadline, (ms) => table.attemptPut(put, ms));
  return put.Item.stamp;
}

/** @returns which copy of the pointer is there; to be read before the right is taken away */
export async function readMember(
  table: Table,
  app: App,
  principal: string,
  deadline: Deadline,
): Promise<string | undefined> {
  const pointer = await read(deadline, (ms) => table.attemptGet(memberKey(app, principal), ms));
  return pointer && String(pointer.stamp);
}

/**
 * Removes the pointer after the right is gone, if it is still the copy with that stamp: a request that grants a right
 * meanwhile writes the pointer before and after, each time with another stamp.
 * @param doubt whether the application may have been changed already, which a failure then says
 */
export async function removeMember(
  table: Table,
  app: App,
  principal: string,
  stamp: string | undefined,
  deadline: Deadline,
  doubt = false,
): Promise<void> {
  if (stamp === undefined) return;
  const condition = { ConditionExpression: 'stamp = :stamp', ExpressionAttributeValues: { ':stamp': stamp } };
  const remove = { Key: { ...memberKey(app, principal) }, ...condition };
  await settle(deadline, (ms) => table.attemptDelete(remove, ms), doubt);
}
