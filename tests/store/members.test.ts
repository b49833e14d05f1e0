import { expect, it } from 'vitest';
import { addMember, readMember, removeMember } from '../../lib/store/members.ts';
import { MemoryTable, openMemoryTable } from '../evidence/interleavings/memory-table.ts';
import { anApp } from '../support/apps.ts';
import { fakeDeadline } from '../support/fake-deadline.ts';

const app = anApp();
const key = { pk: 'member#myrealm#other', sk: app.listKey ?? 'none' };
const deadline = fakeDeadline();

it('a pointer goes by the stamp of the copy that was read, and a copy that was written since stays', async () => {
  const memory = new MemoryTable();
  const table = openMemoryTable(memory);
  expect(await readMember(table, app, 'other', deadline)).toBeUndefined();
  const first = await addMember(table, app, 'other', deadline);
  expect(memory.get(key)).toEqual({ ...key, appId: app.appId, stamp: first });
  expect(await readMember(table, app, 'other', deadline)).toBe(first);
  const second = await addMember(table, app, 'other', deadline);
  expect(second).not.toBe(first);
  await removeMember(table, app, 'other', first, deadline);
  expect(memory.get(key)).toMatchObject({ stamp: second });
  await removeMember(table, app, 'other', second, deadline);
  expect(memory.get(key)).toBeUndefined();
});

it('where no copy was read none is removed, and nothing is written', async () => {
  const memory = new MemoryTable();
  const attemptDelete = async () => expect.fail('something was written');
  await removeMember({ ...openMemoryTable(memory), attemptDelete }, app, 'other', undefined, deadline);
});
