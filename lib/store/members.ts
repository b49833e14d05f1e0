import { randomUUID } from 'node:crypto';
import type { App } from '../domain/app.ts';
import { type Deadline, read, settle } from './settle.ts';
import type { Item, ItemKey, Table } from './table.ts';

/** Items that lead from a principal to the applications on which it has rights. The application alone decides. */
export function membersKey(realm: string, principal: string): string {
  return `member#${realm}#${principal}`;
}

/** The pointer itself. */
export function memberItem(app: App, principal: string): Item {
  return { ...memberKey(app, principal), appId: app.appId, stamp: randomUUID() };
}

function memberKey({ realm, listKey }: App, principal: string): ItemKey {
  return { pk: membersKey(realm, principal), sk: listKey ?? '' };
}

/** Writes the pointer; before the right is granted, so that no right is without one. */
export async function addMember(table: Table, app: App, principal: string, deadline: Deadline): Promise<void> {
  const put = { Item: memberItem(app, principal) };
  await settle(deadline, () => table.attemptPut(put));
}

/**
 * Removes the pointer after the right is gone, unless another request grants a right meanwhile: that one writes the
 * pointer once more after it has granted.
 */
export async function removeMember(table: Table, app: App, principal: string, deadline: Deadline): Promise<void> {
  const Key = { ...memberKey(app, principal) };
  const pointer = await read(deadline, () => table.attemptGet(memberKey(app, principal)));
  if (!pointer) return;
  await settle(deadline, () =>
    table.attemptDelete({
      Key,
      ConditionExpression: 'stamp = :stamp',
      ExpressionAttributeValues: { ':stamp': pointer.stamp },
    }),
  );
}
