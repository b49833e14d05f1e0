import { randomUUID } from 'node:crypto';
import type { App } from '../domain/app.ts';
import { type Action, grantedTo } from '../domain/policy.ts';
import { getApp } from './get-app.ts';
import { backOff, type Deadline, read, settle } from './settle.ts';
import type { Item, ItemKey, Table } from './table.ts';

/**
 * Pointers are items that lead from a principal to the applications on which it has rights, and for ever to those that
 * it created. Only the application decides about rights. A pointer has the rights too, so that a list is filtered and
 * counted without reading the applications. It can have more rights than the application gives, but never fewer: it
 * gains a right before the application gives it, and is corrected after every change. Each of these writes requires the
 * copy that was read before. So concurrent requests do not undo each other, and a late copy of a write does nothing.
 */
export function membersKey(realm: string, principal: string): string {
  return `member#${realm}#${principal}`;
}

/** One copy of a pointer. */
interface Pointer {
  readonly stamp: string;
  readonly actions: readonly Action[];
}

/**
 * @returns the position of an application in a principal's list, which is read backwards: own applications first, each
 * newest first
 */
export function sortKeyOf({ listKey = '', createdBy }: Pick<App, 'listKey' | 'createdBy'>, principal: string): string {
  return createdBy === principal && listKey ? `own#${listKey}` : listKey;
}

/** The item of a pointer. */
export function memberItem(app: App, principal: string, actions: readonly Action[] = grantedTo(app, principal) ?? []) {
  return { ...memberKey(app, principal), appId: app.appId, actions, stamp: randomUUID() };
}

function memberKey(app: App, principal: string): ItemKey {
  return { pk: membersKey(app.realm, principal), sk: sortKeyOf(app, principal) };
}

/** @returns the rights in a pointer; one without rights can stand for any */
export function actionsOf({ actions = ['manage'] }: Item): readonly Action[] {
  return actions as readonly Action[];
}

/**
 * Writes the pointer to a new application, before the application.
 * @returns the stamp of this copy
 */
export async function addMember(table: Table, app: App, principal: string, deadline: Deadline): Promise<string> {
  const put = { Item: memberItem(app, principal) };
  await settle(deadline, (ms) => table.attemptPut(put, ms));
  return put.Item.stamp;
}

/** @returns the current copy of the pointer */
export async function readMember(
  table: Table,
  app: App,
  principal: string,
  deadline: Deadline,
): Promise<Pointer | undefined> {
  const pointer = await read(deadline, (ms) => table.attemptGet(memberKey(app, principal), ms));
  return pointer && { stamp: String(pointer.stamp), actions: actionsOf(pointer) };
}

/**
 * Adds the rights that an application is about to give to the pointer.
 * @returns the stamp of the new copy
 */
export async function raiseMember(table: Table, app: App, principal: string, deadline: Deadline): Promise<string> {
  for (let conflicts = 0; ; conflicts += 1) {
    const before = await readMember(table, app, principal, deadline);
    const actions = new Set([...(before?.actions ?? []), ...(grantedTo(app, principal) ?? [])]);
    const item = memberItem(app, principal, [...actions]);
    if (await replaceMember(table, item, before?.stamp, deadline)) return item.stamp;
    await backOff(deadline, conflicts, othersFirst, false);
  }
}

/**
 * Makes the pointer match the application after a change.
 * @param stamp of the copy that was read or written before the change
 */
export async function settleMember(
  table: Table,
  app: App,
  principal: string,
  stamp: string | undefined,
  deadline: Deadline,
): Promise<void> {
  let found: App | undefined = app;
  for (let conflicts = 0; ; conflicts += 1) {
    const isSettled = isPointedTo(found, principal)
      ? await replaceMember(table, memberItem(found, principal), stamp, deadline)
      : await removeMember(table, app, principal, stamp, deadline);
    if (isSettled) return;
    await backOff(deadline, conflicts, othersFirst, false);
    stamp = (await readMember(table, app, principal, deadline))?.stamp;
    found = await getApp(table, app.appId, deadline);
  }
}

const othersFirst = 'another copy of the pointer came first every time';

function isPointedTo(app: App | undefined, principal: string): app is App {
  if (!app || app.status === 'deleted') return false;
  return app.createdBy === principal || grantedTo(app, principal) !== undefined;
}

/** @returns whether the pointer was written: in place of the copy with that stamp, or of none */
async function replaceMember(
  table: Table,
  Item: ReturnType<typeof memberItem>,
  stamp: string | undefined,
  deadline: Deadline,
): Promise<boolean> {
  const condition = stamp === undefined ? { ConditionExpression: 'attribute_not_exists(pk)' } : isCopy(stamp);
  return (await settle(deadline, (ms) => table.attemptPut({ Item, ...condition }, ms))).applied;
}

/**
 * Removes the pointer, if it is still the copy with that stamp.
 * @param inDoubt whether the application may have been changed already; a failure then says so
 * @returns whether that copy is gone because of this
 */
export async function removeMember(
  table: Table,
  app: App,
  principal: string,
  stamp: string | undefined,
  deadline: Deadline,
  inDoubt = false,
): Promise<boolean> {
  if (stamp === undefined) return true;
  const remove = { Key: { ...memberKey(app, principal) }, ...isCopy(stamp) };
  return (await settle(deadline, (ms) => table.attemptDelete(remove, ms), inDoubt)).applied;
}

function isCopy(stamp: string) {
  return { ConditionExpression: 'stamp = :stamp', ExpressionAttributeValues: { ':stamp': stamp } };
}
